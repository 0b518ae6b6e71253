"""The folder of compiled schemas stays small, and what was used last stays in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from samner import SamNER
from samner.engines.embedded import cached, compiled
from samner.engines.embedded.cached import keep_small


def vectors(folder: Path, name: str, size: int, used: int) -> None:
    path = folder / f"types-{name}.npz"
    path.write_bytes(b"x" * size)
    os.utime(path, (used, used))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    for n, name in enumerate("abcd"):
        vectors(tmp_path, name, 10, used=n)
    (tmp_path / "answers.sqlite").write_bytes(b"x" * 1000)
    keep_small(tmp_path, 40)
    assert len(left(tmp_path)) == 5
    keep_small(tmp_path, 39)
    assert left(tmp_path) == ["answers.sqlite", "types-b.npz", "types-c.npz", "types-d.npz"]
    keep_small(tmp_path, 5)
    assert left(tmp_path) == ["answers.sqlite"]
    keep_small(tmp_path / "gone", 5)


@pytest.mark.model
def test_a_schema_that_is_used_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ner = SamNER(cache_dir=tmp_path, threads=1)
    ner.compile(["first"])
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    used = set(tmp_path.iterdir())
    for path in used:
        os.utime(path, (0, 0))
    monkeypatch.setattr(cached, "CACHE_SIZE", 4 * size)
    for n in range(8):
        ner.compile([f"other {n}"])
        SamNER(cache_dir=tmp_path, threads=1).compile(["first"])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 * size
    assert used <= set(tmp_path.iterdir())


@pytest.mark.model
def test_another_release_of_the_runtime_compiles_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers differ in their last bits, and answers must not depend on what was asked before."""
    SamNER(cache_dir=tmp_path, threads=1).compile(["first"])
    made = len(left(tmp_path))
    monkeypatch.setattr(compiled, "RUNTIME", "0.0")
    SamNER(cache_dir=tmp_path, threads=1).compile(["first"])
    assert len(left(tmp_path)) == 2 * made > 0
