"""JSON Lines: a document a line, `text` or `tokens`, and `id` perhaps. A bad line spoils no other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from samner.corpora.readers import Fields, Place, Record
from samner.corpora.readers.base import document, opened
from samner.corpora.sources import Source
from samner.errors import FormatError
from samner.reading import is_wide, parse_line
from samner.types import Document


def lines(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """`at` counts bytes of the unpacked file, `number` lines."""
    refuse_wide(source, fields)
    at, number = start
    with opened(source, at) as file:
        while line := file.readline():
            at, number = at + len(line), number + 1
            if line.strip():
                name = f"{source.name}:{number}"
                yield Record(name, Place(at, number), len(line), partial(_load, line, name, fields))


def _load(line: bytes, name: str, fields: Fields) -> Document:
    return document(parse_line(line, name, fields.encoding), name, fields)


def refuse_wide(source: Source, fields: Fields) -> None:
    """FormatError for an encoding whose lines do not end in the byte of a line end."""
    if is_wide(fields.encoding):
        found = f"{fields.encoding} for {source.name}"
        raise FormatError("an encoding that can be cut at line ends", found, "convert the file to UTF-8")
