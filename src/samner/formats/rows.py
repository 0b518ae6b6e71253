"""Rows of JSON and other files: read with their places, checked part by part, written as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from samner.errors import FormatError, InputError, SamnerError
from samner.formats.base import Marked, Mention, Read
from samner.reading import read_rows
from samner.strict import loads, read_text
from samner.types import Failure
from samner.writing.base import dumps


class Fault(Exception):
    """What is wrong with one row; who reads the file adds where."""


def checked(
    text: str, start: Any, end: Any, label: Any, surface: Any = None, score: Any = None, **more: Any
) -> Mention:
    """A mention whose every part is what it should be. Raises Fault.

    `surface` is its text as the file repeats it: a difference is the usual sign of byte or UTF-16 offsets.
    """
    if type(start) is not int or type(end) is not int:  # bool is an int to isinstance
        raise Fault(f"start and end that are no whole numbers: {start!r}, {end!r}")
    if not 0 <= start < end <= len(text):
        raise Fault(f"offsets {start}..{end} outside 0..{len(text)} (half-open, code points)")
    if not isinstance(label, str) or not label.strip():
        raise Fault(f"a label that is no name: {label!r:.80}")
    if surface is not None and surface != text[start:end]:
        raise Fault(f"the entity text {surface!r:.80} but {text[start:end]!r:.80} at {start}..{end}")
    return Mention(start, end, label, checked_score(score), **more)


def checked_score(score: Any) -> float | None:
    """None, or a number from 0 to 1. Raises Fault."""
    if score is None:
        return None
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise Fault(f"a score that is no number from 0 to 1: {score!r:.80}")
    return float(score)


def checked_text(row: Any, key: str = "text") -> str:
    """The string under the key. Raises Fault."""
    if not isinstance(row, Mapping) or not isinstance(row.get(key), str):
        raise Fault(f'no object with a string "{key}"')
    text: str = row[key]
    return text


def listed(row: Mapping[str, Any], key: str) -> list[Any]:
    """The list under the key. Raises Fault."""
    value = row.get(key)
    if not isinstance(value, list):
        raise Fault(f'no list "{key}"')
    return value


def objects(row: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The list of objects under the key, empty where there is none. Raises Fault."""
    items = [] if row.get(key) is None else listed(row, key)
    for item in items:
        if not isinstance(item, Mapping):
            raise Fault(f'an item of "{key}" that is no object: {item!r:.80}')
    return items


def given_id(row: Mapping[str, Any]) -> str | None:
    """The row's own id, a string or a number. Raises Fault for anything else."""
    id = row.get("id")
    if id is not None and (not isinstance(id, (str, int)) or isinstance(id, bool)):
        raise Fault(f"an id that is neither string nor number: {id!r:.40}")
    return None if id is None else str(id)


def json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a JSON Lines file, or of a JSON file with one list; each with its place, a `Failure` for a bad
    one."""
    if not _is_list(path):
        yield from read_rows(str(path))
        return
    try:
        rows = loads(read_text(path), str(path), as_json=True)
    except SamnerError as error:
        yield str(path), Failure(error, str(path))
        return
    for number, row in enumerate(rows, 1):
        yield f"{path}, item {number}", row


def _is_list(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def each(
    rows: Iterable[tuple[str, Any]], make: Callable[[Any], Marked | None], expected: str
) -> Iterator[Read]:
    """`make` on each row; a Fault becomes a `Failure` that names the place. None stands for a row to pass over."""
    for place, row in rows:
        if isinstance(row, Failure):
            yield row
            continue
        try:
            made = make(row)
        except (Fault, InputError) as fault:
            yield Failure(FormatError(expected, f"{place}: {fault}", "mend that place"), place)
        else:
            if made is not None:
                yield made


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """JSON Lines."""
    with open_text(path) as out:
        for row in rows:
            out.write(dumps(row) + "\n")


def write_list(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON list, an item a line, written as items come."""
    with open_text(path) as out:
        between = "["
        for row in rows:
            out.write(f"{between}\n{dumps(row)}")
            between = ","
        out.write("\n]\n" if between == "," else "[]\n")


def open_text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")
