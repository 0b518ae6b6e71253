"""The folder of compiled schemas does not grow without end."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

CACHE_SIZE = 256 * 2**20  # bytes of vectors kept on disk: some 40,000 types


def keep_small(folder: Path, size: int | None = None) -> None:
    """Remove the vectors that were not used for longest, so that those in the folder take at most `size` bytes
    (CACHE_SIZE, if none is given)."""
    try:
        with os.scandir(folder) as entries:
            files = [(e.stat(), e.path) for e in entries if e.name.startswith("types-")]
    except OSError:
        return
    room = CACHE_SIZE if size is None else size
    for stat, path in sorted(files, key=lambda file: -file[0].st_mtime_ns):
        room -= stat.st_size
        if room < 0:
            with suppress(OSError):  # another process removed it, or reads it where that forbids it
                os.unlink(path)
