"""CSV and TSV: a header, and a document a row."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from samner.corpora.readers import Fields, Place, Record
from samner.corpora.readers.base import check_columns, document, opened
from samner.corpora.readers.lines import refuse_wide
from samner.corpora.sources import Source
from samner.errors import FormatError
from samner.types import Document

_WIDEST = 2**31 - 1  # code points of a cell; the csv module stops at 131,072 unless told


class _Lines:
    """Decoded lines for the csv module, and how many bytes it has taken. It takes them row by row."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._encoding, self.taken = file, encoding, 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline():
            first = self.taken == 0
            self.taken += len(line)
            if first and line.startswith(codecs.BOM_UTF8):
                line = line[len(codecs.BOM_UTF8) :]
            # What does not decode stays where it is, so that one bad row spoils no other.
            yield line.decode(self._encoding, "surrogateescape")


def rows(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """`at` counts bytes of the unpacked file, `number` rows below the header."""
    refuse_wide(source, fields)
    csv.field_size_limit(_WIDEST)
    delimiter = "\t" if ".tsv" in source.name.lower() else ","
    with opened(source) as file:
        lines = _Lines(file, fields.encoding)
        header = next(csv.reader(lines, delimiter=delimiter), [])
        head = lines.taken
    check_columns(header, source, fields)
    begin, number = max(start.at, head), start.number
    with opened(source, begin) as file:
        lines = _Lines(file, fields.encoding)
        last = 0
        for row in csv.reader(lines, delimiter=delimiter):
            number += 1
            size, last = lines.taken - last, lines.taken
            if row:
                name = f"{source.name}:{number}"
                load = partial(_load, dict(zip(header, row, strict=False)), name, fields)
                yield Record(name, Place(begin + last, number), size, load)


def _load(row: dict[str, str], name: str, fields: Fields) -> Document:
    text = row.get(fields.text, "")
    if any("\udc80" <= char <= "\udcff" for char in text):
        remedy = "pass --encoding with the file's own, such as latin-1"
        raise FormatError(f"{fields.encoding} text", f"bytes that are none at {name}", remedy)
    return document({key: value for key, value in row.items() if key != "tokens"}, name, fields)
