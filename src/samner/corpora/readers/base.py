"""What readers share: opening a source, unpacked and at a position, and taking a document out of a row."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from samner.corpora.readers import Fields
from samner.corpora.sources import Source, filesystem
from samner.errors import FormatError, MissingExtraError
from samner.reading import read_row
from samner.types import Document

_BLOCK = 1 << 20


@contextmanager
def opened(source: Source, at: int = 0) -> Iterator[BinaryIO]:
    """The source's bytes, unpacked, from byte `at` on. A packed file has to be read up to there."""
    with _raw(source.name) as raw, unpacked(raw, source.packed) as file:
        if at and not source.packed:
            file.seek(at)
        elif at:
            _skip(file, at)
        yield file


def _raw(name: str) -> BinaryIO:
    if "://" not in name:
        return open(name, "rb")
    fs, path = filesystem(name)
    file = fs.open(path, "rb")
    if not name.startswith("http") or _seeks(file):
        return cast(BinaryIO, file)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it closes it
    fs.get_file(path, copy)
    copy.seek(0)
    return cast(BinaryIO, copy)


def _seeks(file: Any) -> bool:
    """Does the web server send a part of a file? Many a plain one sends the whole, and fsspec cannot go on in it."""
    try:
        file.seek(1)
        file.read(1)
        file.seek(0)
    except ValueError:
        return False
    return True


def unpacked(raw: BinaryIO, packed: str) -> BinaryIO:
    """`raw`, or what it holds in one of `sources.PACKED`."""
    if packed == ".gz":
        return cast(BinaryIO, gzip.open(raw))
    if packed == ".bz2":
        return cast(BinaryIO, bz2.open(raw))
    if packed == ".xz":
        return cast(BinaryIO, lzma.open(raw))
    if packed == ".zst":
        try:
            import zstandard
        except ImportError:
            raise MissingExtraError("zstandard", "corpora") from None
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return cast(BinaryIO, io.BufferedReader(reader, _BLOCK))
    return raw


def _skip(file: BinaryIO, at: int) -> None:
    while at > 0:
        block = file.read(min(at, _BLOCK))
        if not block:
            return
        at -= len(block)


def document(row: object, place: str, fields: Fields) -> Document:
    """The document of a row whose text and id stand under the names of `fields`; `place` is its id otherwise."""
    if isinstance(row, Mapping):
        names = {"text": fields.text, "id": fields.id, "tokens": "tokens"}
        renamed = {ours: row[theirs] for ours, theirs in names.items() if row.get(theirs) is not None}
        if fields.text != "text" and "text" not in renamed:
            found = f"{_listed(row)} at {place}"
            raise FormatError(f"a string {fields.text!r}", found, "name the right one with --text-field")
        row = renamed
    return read_row(row, place)


def check_columns(names: Any, source: Source, fields: Fields) -> list[str]:
    """The columns worth reading; FormatError for a table that has none with text."""
    wanted = [name for name in (fields.text, "tokens", fields.id) if name in names]
    if not wanted or wanted == [fields.id]:
        found = f"{', '.join(map(str, names)) or 'none'} in {source.name}"
        raise FormatError(f"a column {fields.text!r}", found, "name the right one with --text-field")
    return wanted


def _listed(row: Mapping[Any, Any]) -> str:
    return ", ".join(str(name) for name in row)[:80] or "nothing"
