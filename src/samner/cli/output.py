"""Where a command writes: standard output, or a file that appears only when it is complete."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from samner.cli.shared import Usage, report


def check_output(path: Path | None) -> None:
    """Usage, in plain words, for a place where no file can be written; to be called before the work begins."""
    if path is None or str(path) == "-":
        return
    folder = path.parent
    if path.is_dir():
        raise Usage(f"expected a file to write, found the folder {path}; name a file in it")
    if not folder.is_dir():
        raise Usage(f"expected a folder to write {path.name} to, found none at {folder}; make it first")
    place = path if path.exists() and not path.is_file() else folder  # the file is written beside its place
    if not os.access(place, os.W_OK):
        raise Usage(
            f"expected a place that may be written to, found {place} write-protected; name another one"
        )


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or `path` in UTF-8.

    A file is written beside its place and moved there at the end, so that an input may be its own output and a
    half-written result is never taken for a whole one. What was done before a failure stays in `PATH.part`.
    """
    check_output(path)
    if path is None or str(path) == "-":
        yield sys.stdout
        return
    if path.exists() and not path.is_file():  # a device or a pipe must not be replaced by a file
        with path.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            yield out
    except BaseException:
        if part.exists():
            report(f"what was done before is in {part}")
        raise
    os.replace(part, path)
