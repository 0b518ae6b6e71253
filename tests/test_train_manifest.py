"""The manifest that training writes is the one that the engine accepts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from samner.engines.embedded.store import FILES, FORMAT, read_manifest
from samner.errors import ModelError
from samner.train.fit import UNFITTED
from samner.train.manifest import write_manifest

SIZES = {"hidden": 4, "pair": 2, "token": 2, "match": 4, "widest": 3}
FIELDS = {"format": FORMAT, "id": "mine", "sizes": SIZES, "every_threshold": 0.25}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_what_is_written_is_read(folder: Path) -> None:
    write_manifest(folder, {**FIELDS, "fitted": {"": asdict(UNFITTED)}})
    read = read_manifest(folder)
    assert (read.id, read.sizes, read.every_threshold) == ("mine", SIZES, 0.25)
    assert read.fitted == {"": UNFITTED}
    assert read.hash == hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()


def test_every_file_is_held_by_its_hash(folder: Path) -> None:
    write_manifest(folder, {**FIELDS, "fitted": {"": asdict(UNFITTED)}})
    hashes = json.loads((folder / "model.json").read_text("utf-8"))["files"]
    assert hashes == {name: hashlib.sha256(name.encode()).hexdigest() for name in FILES}
    (folder / "types.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"types\.onnx with SHA-256"):
        read_manifest(folder)


def test_without_fitted_numbers_a_model_does_not_load(folder: Path) -> None:
    write_manifest(folder, FIELDS)
    with pytest.raises(ModelError, match="samner export"):
        read_manifest(folder)


def test_the_same_model_has_the_same_manifest(folder: Path) -> None:
    write_manifest(folder, {**FIELDS, "fitted": {}})
    first = (folder / "model.json").read_bytes()
    write_manifest(folder, {"fitted": {}, **dict(reversed(FIELDS.items()))})
    assert (folder / "model.json").read_bytes() == first


def test_a_missing_file_is_no_model(folder: Path) -> None:
    (folder / "span.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"span\.onnx"):
        write_manifest(folder, FIELDS)
