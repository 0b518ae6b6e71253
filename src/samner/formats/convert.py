"""From a file of one format to a file of another, in bounded memory where the formats allow it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from samner.errors import FormatError
from samner.formats.base import Format, Marked, Notes, Read
from samner.types import Failure


@dataclass
class Conversion:
    """What a conversion did. `unread` is what the reader, `unwritten` what the writer could not carry over."""

    documents: int = 0
    mentions: int = 0
    failures: int = 0
    unread: Notes = field(default_factory=Notes)
    unwritten: Notes = field(default_factory=Notes)


def convert(
    source: Path, target: Path, reads: Format, writes: Format, tell: Callable[[Failure], None]
) -> Conversion:
    """Write what `source` holds to `target`, which appears only when it is complete.

    What cannot be read is told and passed over. Raises FormatError where nothing could be read: then there is no
    target.
    """
    done = Conversion()
    part = target.with_name(target.name + ".part")
    remove(part)
    try:
        writes.write(part, _counted(reads.read(source, done.unread), done, tell), done.unwritten)
        if not done.documents:
            bad = ", only what could not be read" if done.failures else ""
            remedy = "check the file and the format that it is in"
            raise FormatError(f"documents in the format {reads.name}", f"none in {source}{bad}", remedy)
        if part.is_dir() and target.is_file():
            target.unlink()
        os.replace(part, target)
    finally:
        remove(part)
    return done


def _counted(read: Iterable[Read], done: Conversion, tell: Callable[[Failure], None]) -> Iterator[Marked]:
    for item in read:
        if isinstance(item, Failure):
            done.failures += 1
            tell(item)
        else:
            done.documents += 1
            done.mentions += len(item.mentions)
            yield item


def remove(part: Path) -> None:
    """Take away what an unfinished conversion left."""
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
