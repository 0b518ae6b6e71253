"""The journal of a shard that is being worked off: rows and errors as they come, and a mark after each chunk.

A line is a letter and JSON: `R` a row of the output, `E` a document that failed, `P` what a stretch of a long document
gave, `M` the mark. A mark says how far the
input has been read and carries a checksum of the lines since the last one. What stands behind the last good mark was
torn by a kill or by a loss of power, and is cut off when the journal is opened again.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from samner.corpora.folder import lock
from samner.corpora.stream import Position
from samner.corpora.tally import Tally

SYNC = (
    1.0  # seconds of work that a loss of power may take; what it leaves half written is known by the checksum
)


@dataclass(slots=True)
class Progress:
    """How far a shard is: `after` is where to read on, None at its beginning; `documents` and `size` are behind it.
    `parts` are the stretches of a long document that follows."""

    after: Position | None = None
    documents: int = 0
    size: int = 0
    parts: list[list[Any]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class Journal:
    """Opened with what an earlier run left. Where another process is at it still, one of our own is begun."""

    def __init__(self, path: Path) -> None:
        self.progress = Progress()
        self.path = path
        self._synced = 0.0
        self._pool = ThreadPoolExecutor(1)  # starts its thread when there is work
        self._syncing: Future[None] | None = None
        self._file = _open(path)
        if not lock(self._file):
            self._file.close()
            self.path = path.with_name(f"{path.name}-{os.getpid()}")
            self._file = _open(self.path)
            self._file.truncate(0)
        self._file.seek(0)
        self._recover()

    def append(
        self,
        lines: Sequence[tuple[str, str]],
        after: Position | None,
        documents: int,
        size: int,
        tally: Tally,
    ) -> None:
        """Write a chunk: (letter, JSON) lines of `documents` input documents, of which the last one ends at `after`.
        When this returns they survive the end of this process; the disk has them about a second later."""
        body = b"".join(f"{letter} {text}\n".encode() for letter, text in lines)
        progress = self.progress
        progress.after, progress.documents = after, progress.documents + documents
        progress.size += size
        progress.parts = [] if documents else progress.parts
        progress.tally.merge(tally)
        mark = {
            "after": after,
            "documents": progress.documents,
            "size": progress.size,
            "tally": tally.to_dict(),
            "crc": zlib.crc32(body),
        }
        self._file.write(body + b"M " + json.dumps(mark).encode() + b"\n")
        self._file.flush()
        if time.monotonic() - self._synced > SYNC:
            self._sync()

    def append_part(self, part: list[Any]) -> None:
        """Write what a stretch of the next document gave, as JSON keeps it."""
        at = self.progress
        self.append([("P", json.dumps(part))], at.after, 0, 0, Tally())
        at.parts.append(part)

    def lines(self, letter: str) -> Iterator[bytes]:
        """The JSON of all rows (`R`) or errors (`E`), in the input's order, each with its line end."""
        wanted = f"{letter} ".encode()
        with self.path.open("rb") as file:
            for line in file:
                if line.startswith(wanted):
                    yield line[2:]

    def close(self) -> None:
        self._pool.shutdown()
        self._file.close()

    def remove(self) -> None:
        self.close()
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _sync(self) -> None:
        """Have the disk take what is written, while reading goes on: a busy disk, or a shared folder, may take seconds
        for it. OSError where the last time failed."""
        if self._syncing is not None:
            if not self._syncing.done():
                return
            self._syncing.result()
        self._syncing = self._pool.submit(os.fsync, self._file.fileno())
        self._synced = time.monotonic()

    def _recover(self) -> None:
        good, at, crc = 0, 0, 0
        pending: list[bytes] = []
        for line in self._file:
            at += len(line)
            if not line.startswith(b"M "):
                crc = zlib.crc32(line, crc)
                pending += [line[2:]] if line.startswith(b"P ") else []
                continue
            mark = _mark(line)
            if mark is None or mark["crc"] != crc:
                break
            self._take(mark, pending)
            good, crc, pending = at, 0, []
        self._file.truncate(good)
        self._file.seek(good)

    def _take(self, mark: dict[str, Any], parts: list[bytes]) -> None:
        progress = self.progress
        same = mark["documents"] == progress.documents
        progress.parts = [*progress.parts, *map(json.loads, parts)] if same else []
        progress.after = Position(*mark["after"]) if mark["after"] else None
        progress.documents, progress.size = mark["documents"], mark["size"]
        progress.tally.merge(Tally.of(mark["tally"]))


def _open(path: Path) -> BinaryIO:
    return path.open("r+b" if path.exists() else "w+b")


def _mark(line: bytes) -> dict[str, Any] | None:
    """A mark, None for one that is not whole."""
    try:
        mark = json.loads(line[2:]) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return mark if isinstance(mark, dict) else None
