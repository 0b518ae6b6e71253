"""The output folder: which file lies where, and how each gets there whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from samner.errors import InputError

RUN = "run.json"
ERRORS = "errors.jsonl"
REPORT = "report"  # .json, .txt, .html
_STATE = ".state"  # receipts, journals, the lock


class Folder:
    """`shard-000000.jsonl` and so on, `errors.jsonl` and the report are for the user; `.state` is the run's own."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.state = self.path / _STATE

    def create(self) -> None:
        try:
            self.state.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError("a folder to write to", f"a file, {self.path}", "choose another --out") from None

    def shard(self, number: int, format: str) -> Path:
        return self.path / f"shard-{number:06d}.{format}"

    def shards(self) -> list[Path]:
        return sorted(p for p in self.path.glob("shard-*") if p.suffix in (".jsonl", ".parquet"))

    def receipt(self, number: int) -> Path:
        return self.state / f"{number:06d}.json"

    def receipts(self) -> Iterator[tuple[int, Path]]:
        """The number and file of each receipt, in order."""
        with os.scandir(self.state) as found:
            stems = [entry.name.removesuffix(".json") for entry in found if entry.name.endswith(".json")]
        for number, stem in sorted((int(stem), stem) for stem in stems if stem.isdigit()):
            yield number, self.state / f"{stem}.json"

    def journal(self, number: int) -> Path:
        return self.state / f"{number:06d}.journal"

    def clean(self) -> None:
        """Remove what killed processes left half written."""
        for folder in (self.path, self.state):
            for part in folder.glob(".*.part"):
                part.unlink(missing_ok=True)

    def read_json(self, name: str) -> Any:
        """What a file of the folder holds; None where there is none."""
        try:
            return json.loads((self.path / name).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            remedy = "remove the folder, or choose another --out"
            raise InputError(f"JSON in {self.path / name}", "none", remedy) from None

    def write(self, name: str, text: str) -> None:
        write_whole(self.path / name, lambda file: file.write(text.encode("utf-8", "replace")))


def write_whole(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    """A file that is there whole or not at all, whatever happens: written beside its place, synced, moved there."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """The name too must survive a loss of power; where a folder cannot be opened (Windows) the system sees to it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:  # a network file system may refuse
        pass
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Hold the folder, so that no second run writes to it; the system lets go of it when the process ends."""
    with (folder.state / "lock").open("ab") as file:
        if not lock(file):
            raise InputError(
                "an output folder that no run is at work in",
                f"another one in {folder.path}",
                "wait for it to end",
            )
        yield


def lock(file: BinaryIO) -> bool:
    """Lock an open file if nobody else has; True where the system cannot lock."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    except OSError:  # a network file system without locks
        return True
