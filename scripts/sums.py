"""Lists of SHA-256 sums as `sha256sum` writes them, for the scripts of this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_sums(file: Path) -> dict[str, str]:
    """Path -> sum. ValueError names the line that is no sum."""
    sums = {}
    for n, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise ValueError(f"{file}:{n}: expected 'SHA-256, two spaces, path', found {line!r}")
        sums[name] = digest
    return sums


def write_sums(file: Path, sums: Mapping[str, str]) -> None:
    file.write_text("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)), encoding="utf-8")
