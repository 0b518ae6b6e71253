"""Model folders and the cache folder: damaged, foreign, missing, read-only. A bad model never answers; a bad cache only
costs time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import MODEL
from material import SENTENCE, TYPES
from samner import MissingExtraError, ModelError, SamNER
from samner.engines.embedded.store import FILES
from samner.locate import cache_folder

pytestmark = pytest.mark.model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped model; files are links until a test replaces one."""
    copy = tmp_path / "model"
    copy.mkdir()
    for file in MODEL.iterdir():
        os.link(file, copy / file.name) if same_device(file, copy) else shutil.copy(file, copy)
    return copy


def same_device(file: Path, folder: Path) -> bool:
    return file.stat().st_dev == folder.stat().st_dev


def replace(file: Path, content: bytes) -> None:
    """A new file in its place: what it was linked to stays."""
    file.unlink()
    file.write_bytes(content)


def edit(folder: Path, **fields: Any) -> None:
    """Change fields of the manifest, or drop those given as None; hashes follow the files."""
    data = json.loads((folder / "model.json").read_text("utf-8"))
    data["files"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    data = {key: value for key, value in {**data, **fields}.items() if value is not None}
    replace(folder / "model.json", json.dumps(data).encode())


def refused(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        SamNER(folder, cache_dir=False).extract("Ada", ["person"])
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_a_folder_is_a_model(ner: SamNER, folder: Path) -> None:
    copy = SamNER.from_pretrained(folder, cache_dir=False)
    assert copy.info.hash == ner.info.hash
    assert copy.extract(SENTENCE, TYPES) == ner.extract(SENTENCE, TYPES)
    assert SamNER.from_pretrained(str(folder), threads=1, cache_dir=False).threads == 1


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    for wrong in (content[: len(content) // 2], content[:-1] + bytes([content[-1] ^ 1]), b""):
        replace(folder / name, wrong)
        message = refused(folder)
        assert str(folder / name) in message
        assert "copy or export the model again" in message


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refused(folder)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b"null", b'{"format": 1}', b'{"format": 1, "files": 7}']
)
def test_a_damaged_manifest_is_named(folder: Path, content: bytes) -> None:
    replace(folder / "model.json", content)
    assert str(folder / "model.json") in refused(folder)


def test_a_foreign_format_is_refused(folder: Path) -> None:
    edit(folder, format=99)
    message = refused(folder)
    assert "99" in message
    assert "the samner release that wrote it" in message


@pytest.mark.parametrize("field", ["sizes", "fitted", "every_threshold"])
def test_a_manifest_without_a_field_is_refused(folder: Path, field: str) -> None:
    edit(folder, **{field: None})
    assert str(folder / "model.json") in refused(folder)
    edit(folder, **{field: {"": {"unheard": 1}}})
    assert str(folder / "model.json") in refused(folder)


@pytest.mark.parametrize("name", ["text.onnx", "tables.npz", "tokenizer.json"])
def test_what_is_whole_but_no_model_is_refused(folder: Path, name: str) -> None:
    replace(folder / name, b"not at all")
    edit(folder)
    assert str(folder / name) in refused(folder)


def test_tables_without_a_table_are_refused(folder: Path) -> None:
    (folder / "tables.npz").unlink()
    np.savez(folder / "tables.npz", pieces=np.zeros((1, 1), np.int8))
    edit(folder)
    assert "pieces_scale" in refused(folder)


def test_what_is_no_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "model.json" in refused(tmp_path)
    assert "gone" in refused(tmp_path / "gone")
    file = tmp_path / "file"
    file.write_text("x")
    assert str(file) in refused(file)


def test_a_hub_id_without_a_network_or_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises((ModelError, MissingExtraError), match=r"nobody/nothing|samner\[hub\]"):
        SamNER("nobody/nothing")


def in_cache(folder: Path) -> list[Path]:
    return sorted(folder.glob("**/*")) if folder.is_dir() else []


def test_a_cache_gives_the_same_and_is_used(ner: SamNER, tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    wanted = ner.extract(SENTENCE, TYPES)
    assert SamNER(cache_dir=cache).extract(SENTENCE, TYPES) == wanted
    files = in_cache(cache)
    assert files
    assert all(file.suffix == ".npz" for file in files)
    before = [file.stat().st_ino for file in files]
    assert SamNER(cache_dir=cache).extract(SENTENCE, dict(reversed(TYPES.items()))) == wanted
    assert in_cache(cache) == files
    assert [file.stat().st_ino for file in files] == before  # a file that is written anew is another one


def test_another_definition_is_another_cache_file(tmp_path: Path) -> None:
    ner = SamNER(cache_dir=tmp_path)
    one = ner.compile({"a": "A town."})
    files = in_cache(tmp_path)
    other = ner.compile({"a": "A tune."})
    assert len(in_cache(tmp_path)) == len(files) + 1
    assert ner.extract(SENTENCE, one, threshold=0.0) != ner.extract(SENTENCE, other, threshold=0.0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x00" * 1000])
def test_a_damaged_cache_file_is_made_anew(ner: SamNER, tmp_path: Path, content: bytes) -> None:
    wanted = SamNER(cache_dir=tmp_path).extract(SENTENCE, TYPES)
    sizes = {}
    for file in in_cache(tmp_path):
        sizes[file] = file.stat().st_size
        file.write_bytes(content)
    assert SamNER(cache_dir=tmp_path).extract(SENTENCE, TYPES) == wanted
    assert {file: file.stat().st_size for file in in_cache(tmp_path)} == sizes


def unusable(tmp_path: Path) -> Iterator[Path]:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    yield locked
    file = tmp_path / "file"
    file.write_text("x")
    yield file
    yield file / "below"
    yield Path(os.devnull) / "cache"


def test_a_cache_folder_that_cannot_be_written_only_costs_time(ner: SamNER, tmp_path: Path) -> None:
    wanted = ner.extract(SENTENCE, TYPES)
    for cache in unusable(tmp_path):
        assert SamNER(cache_dir=cache).extract(SENTENCE, TYPES) == wanted


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder(False) is None
    assert cache_folder(tmp_path) == tmp_path
    monkeypatch.setenv("SAMNER_CACHE", str(tmp_path / "named"))
    assert cache_folder(None) == cache_folder(True) == tmp_path / "named"
    ner = SamNER()
    ner.extract("Ada", ["person"])
    assert in_cache(tmp_path / "named")
    monkeypatch.delenv("SAMNER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_folder(None) == tmp_path / "samner"
