"""Documents from files, folders and standard input, one after another.

A file that cannot be read, or a bad line of JSON Lines, gives a `Failure` in its place; the rest comes through.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from samner.errors import FormatError, InputError
from samner.types import Document, Failure

Read: TypeAlias = "Document | Failure"

TEXT_SUFFIXES = (".txt", ".md")
LINE_SUFFIXES = (".jsonl", ".ndjson")
STDIN = "-"
_HEAD = 8192  # bytes looked at to tell a binary file


def read_documents(
    paths: Iterable[str | Path], encoding: str = "utf-8", stdin: BinaryIO | None = None
) -> Iterator[Read]:
    """Read lazily, in order.

    A text file is one document with its path as id; a `.jsonl` file holds one a line (`text` or `tokens`, `id`
    optional, else `path:line`); a folder stands for its `.txt`, `.md` and `.jsonl` files, sorted; `-` is standard
    input, one document. `encoding` must be known (`check_encoding`).
    """
    for path in paths:
        if str(path) == STDIN:
            source = stdin if stdin is not None else sys.stdin.buffer
            yield _one(STDIN, source.read, encoding)
        elif Path(path).is_dir():
            yield from _read_folder(Path(path), encoding)
        else:
            yield from _read_file(str(path), encoding)


def check_encoding(name: str) -> str:
    """The name, if Python can decode text with it; InputError otherwise."""
    try:
        if codecs.lookup(name)._is_text_encoding:
            return name
    except (LookupError, ValueError):
        pass
    raise InputError("the name of a text encoding", repr(name), "try utf-8, latin-1, cp1252 or utf-16")


def _read_folder(folder: Path, encoding: str) -> Iterator[Read]:
    paths = sorted(_walk(folder))
    if not paths:
        known = ", ".join((*TEXT_SUFFIXES, *LINE_SUFFIXES))
        error = InputError(f"files ending in {known}", f"none in {folder}", "name the files themselves")
        yield Failure(error, str(folder))
    for path in paths:
        yield from _read_file(str(path), encoding)


def _walk(folder: Path) -> Iterator[Path]:
    """Files with a known suffix; hidden ones and linked folders (they may form a loop) are passed over."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name.lower().endswith((*TEXT_SUFFIXES, *LINE_SUFFIXES)):
                yield Path(root, name)


def _read_file(name: str, encoding: str) -> Iterator[Read]:
    """`name` stays as the user wrote it, in ids and in errors."""
    if name.lower().endswith(LINE_SUFFIXES):
        yield from _read_lines(name, encoding)
    else:
        yield _one(name, Path(name).read_bytes, encoding)


def _one(name: str, read: Callable[[], bytes], encoding: str) -> Read:
    try:
        return Document(decode(read(), name, encoding), name)
    except OSError as error:
        return Failure(unreadable_file(name, error), name)
    except FormatError as error:
        return Failure(error, name)


def _read_lines(name: str, encoding: str) -> Iterator[Read]:
    for place, row in read_rows(name, encoding):
        if isinstance(row, Failure):
            yield row
            continue
        try:
            yield read_row(row, place)
        except (FormatError, InputError) as error:
            yield Failure(error, place)


def read_rows(name: str, encoding: str = "utf-8") -> Iterator[tuple[str, Any]]:
    """What each line of a JSON Lines file holds, with its place `name:line`; a `Failure` for a line that is no JSON,
    and for a file that cannot be read."""
    try:
        with open(name, "rb") as file:
            _refuse_binary(file.peek(_HEAD)[:_HEAD], name, encoding)
            for number, line in enumerate(_lines(file, name, encoding), 1):
                if line.strip():
                    yield _placed(line, f"{name}:{number}", encoding)
    except OSError as error:
        yield name, Failure(unreadable_file(name, error), name)
    except FormatError as error:
        yield name, Failure(error, name)


def _placed(line: bytes | str, place: str, encoding: str) -> tuple[str, Any]:
    try:
        return place, parse_line(line, place, encoding)
    except FormatError as error:
        return place, Failure(error, place)


def _lines(file: BinaryIO, name: str, encoding: str) -> Iterator[bytes | str]:
    """Lines as bytes, so that one that does not decode spoils no other; as text where bytes cannot be cut."""
    if is_wide(encoding):
        yield from decode(file.read(), name, encoding).split("\n")
    else:
        yield from file


def read_line(line: bytes | str, place: str, encoding: str) -> Read:
    """The document of a line of JSON Lines; `place` is its id where it has none, and stands in errors."""
    try:
        return read_row(parse_line(line, place, encoding), place)
    except (FormatError, InputError) as error:
        return Failure(error, place)


def parse_line(line: bytes | str, place: str, encoding: str) -> object:
    """What a line of JSON Lines holds; FormatError where it is no JSON."""
    try:
        return json.loads(line if isinstance(line, str) else decode(line, place, encoding))
    except FormatError:
        raise
    except RecursionError:
        raise FormatError("a JSON object", f"deep nesting at {place}", "flatten it") from None
    except ValueError as error:
        found = f"a syntax error ({getattr(error, 'msg', error)}) at {place}"
        raise FormatError("a JSON object a line", found, "mend or remove the line") from None


def read_row(row: object, place: str) -> Document:
    """The document of a JSON object. FormatError or InputError for what is none."""
    remedy = 'write {"text": "..."} or {"tokens": ["...", ...]}'
    if not isinstance(row, dict):
        raise FormatError("a JSON object a line", f"{type(row).__name__} at {place}", remedy)
    id = row.get("id")
    id = place if id is None else id  # null is what `samner extract` writes for a text without one
    if not isinstance(id, (str, int)) or isinstance(id, bool):
        raise FormatError("a string or number as id", f"{id!r:.40} at {place}", "quote it or leave it out")
    if isinstance(row.get("text"), str):
        return Document(row["text"], str(id))
    tokens = row.get("tokens")
    if "text" in row or not isinstance(tokens, list) or not all(isinstance(t, str) and t for t in tokens):
        raise FormatError("a string `text` or `tokens` as a list of words", f"neither at {place}", remedy)
    return Document.from_tokens(tokens, str(id))


def decode(data: bytes, name: str, encoding: str) -> str:
    """The text of a file's bytes; FormatError for another encoding or a binary file."""
    _refuse_binary(data, name, encoding)
    try:
        return data.decode("utf-8-sig" if _is_utf8(encoding) else encoding)
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x} at offset {error.start} of {name}"
        remedy = "pass --encoding with the file's own, such as latin-1"
        raise FormatError(f"{encoding} text", found, remedy) from None
    except UnicodeError as error:
        raise FormatError(
            f"{encoding} text", f"{error} in {name}", "pass --encoding with the file's own"
        ) from None


def _refuse_binary(data: bytes, name: str, encoding: str) -> None:
    if is_wide(encoding):
        return
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FormatError(f"{encoding} text", f"a UTF-16 mark in {name}", "pass --encoding utf-16")
    at = data.find(b"\0")
    if at >= 0:
        remedy = "extract its text first, or pass --encoding utf-16 if it is text"
        raise FormatError("a text file", f"a NUL byte at offset {at} of {name}, so a binary one", remedy)


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"


def is_wide(encoding: str) -> bool:
    """Does a character take several bytes, zeros among them (UTF-16, UTF-32)?"""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def unreadable_file(name: str, error: OSError) -> InputError:
    return InputError(
        "a readable file", f"{name}: {error.strerror or error}", "check the name and its permissions"
    )
