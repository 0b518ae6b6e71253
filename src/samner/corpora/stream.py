"""The input as one stream of documents, from any position on, and where it is cut into shards and chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from samner.corpora.readers import START, Fields, Place, records
from samner.corpora.sources import Source
from samner.errors import FormatError, InputError, SamnerError, in_one_line
from samner.reading import unreadable_file
from samner.types import Document


class Position(NamedTuple):
    """Where a document begins: the number of its source, and the place in it."""

    source: int
    at: int
    number: int


BEGINNING = Position(0, *START)


class Item(NamedTuple):
    """A document of the stream, still to be read (`load` raises what is wrong with it), and where the next begins.
    `name` says where it lies, `source` of which file it is, `known` is its row where that is there already."""

    name: str
    source: str
    before: Position
    after: Position
    size: int
    load: Callable[[], Document]
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Most documents and bytes of a shard (or a chunk of one); the document that crosses a limit is its last."""

    documents: int
    size: int

    def reached(self, documents: int, size: int) -> bool:
        return documents >= self.documents or size >= self.size


CHUNK = Limits(
    32, 16_384
)  # what is read together and lost at most when a run is killed: under a second of work


def items(sources: Sequence[Source], start: Position, fields: Fields) -> Iterator[Item]:
    """Every document from `start` on. Where a source cannot be read any further, an item that says so stands for the
    rest of it, and the next source follows."""
    for n in range(start.source, len(sources)):
        source = sources[n]
        at = Position(n, *((start.at, start.number) if n == start.source else START))
        try:
            for record in records(source, Place(at.at, at.number), fields):
                after = Position(n, *record.after)
                load = partial(_loaded, record.load, record.name)
                yield Item(record.name, source.name, at, after, record.size, load)
                at = after
        except Exception as error:  # each format and file system has errors of its own
            yield _rest(source, at, _told(source.name, error))


def shard_items(
    stream: Iterable[Item], limits: Limits, documents: int = 0, size: int = 0, stop: Position | None = None
) -> Iterator[Item]:
    """The items of one shard, of which `documents` with `size` bytes are behind already. It ends at its limits, or,
    when it has been cut before, at `stop`."""
    if limits.reached(documents, size):
        return
    for item in stream:
        if stop is not None and item.before >= stop:
            return
        yield item
        documents, size = documents + 1, size + item.size
        if item.after == stop or (stop is None and limits.reached(documents, size)):
            return


def windows(stream: Iterable[Item], limits: Limits = CHUNK) -> Iterator[list[Item]]:
    """The stream in lists that reach the limits."""
    window: list[Item] = []
    size = 0
    for item in stream:
        window.append(item)
        size += item.size
        if limits.reached(len(window), size):
            yield window
            window, size = [], 0
    if window:
        yield window


def _rest(source: Source, at: Position, error: SamnerError) -> Item:
    def load() -> Document:
        raise error

    return Item(source.name, source.name, at, Position(at.source + 1, *START), 0, load)


def _loaded(load: Callable[[], Document], name: str) -> Document:
    try:
        return load()
    except Exception as error:
        raise _told(name, error) from None


def _told(name: str, error: Exception) -> SamnerError:
    if isinstance(error, SamnerError):
        return error
    if isinstance(error, OSError) and (error.errno is not None or "://" in name):
        return unreadable_file(name, error)
    # Libraries raise OSError of their own, without a number, where what they read is damaged.
    kind = FormatError if isinstance(error, (OSError, ValueError, EOFError)) else InputError
    found = f"{in_one_line(error)} in {name}"
    return kind("a source that can be read to its end", found, "mend the file or leave it out")
