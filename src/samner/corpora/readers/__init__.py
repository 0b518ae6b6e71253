"""Readers: one small file a kind of source. Each walks a source from a position on and gives one `Record` a document,
cheap to make: reading or parsing the document is left to `load`, which may run on another thread or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import NamedTuple

from samner.corpora.sources import Source
from samner.types import Document

READERS = {
    "text": "samner.corpora.readers.files:texts",
    "html": "samner.corpora.readers.files:pages",
    "lines": "samner.corpora.readers.lines:lines",
    "csv": "samner.corpora.readers.tables:rows",
    "parquet": "samner.corpora.readers.columnar:parquet",
    "arrow": "samner.corpora.readers.columnar:arrow",
}


class Place(NamedTuple):
    """A point in a source: `at` is the reader's own measure (bytes, rows, files), `number` the records before it."""

    at: int
    number: int


START = Place(0, 0)


class Record(NamedTuple):
    """One document that is still to be read. `name` says where it lies, `after` is where the next one begins, `size`
    its bytes (or code points, whichever the format tells for nothing)."""

    name: str
    after: Place
    size: int
    load: Callable[[], Document]


class Fields(NamedTuple):
    """Where tables and JSON Lines keep what we read, and how bytes become text."""

    text: str = "text"
    id: str = "id"
    encoding: str = "utf-8"


def records(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """The documents of a source from `start` on. OSError or SamnerError where it cannot be read any further."""
    module, _, name = READERS[source.kind].partition(":")
    read = getattr(import_module(module), name)
    yield from read(source, start, fields)
