"""Lists of names in files."""

from __future__ import annotations

from pathlib import Path

from samner.errors import FormatError
from samner.strict import Lined, LinedList, load, place, read_text

_STRUCTURED = (".yaml", ".yml", ".json")


def read_lists(path: Path) -> dict[str, list[str]]:
    """Surfaces by the name of their list, "" for those of none (see `Gazetteer.from_file`)."""
    lists = _structured(path) if path.suffix.lower() in _STRUCTURED else _lines(path)
    if not any(lists.values()):
        raise FormatError("at least one surface", f"none in {path}", "write one a line")
    return lists


def _lines(path: Path) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        surface, *more = (part.strip() for part in line.split("\t"))
        if not surface or len(more) > 1:
            found = f"{line!r:.60} at {place(str(path), number)}"
            raise FormatError("a surface and its list", found, "write the surface, a tab, the list's name")
        lists.setdefault(more[0] if more else "", []).append(surface)
    return lists


def _structured(path: Path) -> dict[str, list[str]]:
    data = load(path)
    if isinstance(data, Lined):
        return {name: _surfaces(data[name], path, data.lines.get(name, 0)) for name in data}
    return {"": _surfaces(data, path, 0)}


def _surfaces(value: object, path: Path, line: int) -> list[str]:
    if not isinstance(value, list):
        where = place(str(path), line)
        raise FormatError("a list of surfaces", f"{value!r:.60} at {where}", "write [Queen, The Who]")
    lines = value.lines if isinstance(value, LinedList) else [line] * len(value)
    for item, at in zip(value, lines, strict=True):
        if not isinstance(item, str):
            raise FormatError("surfaces", f"{item!r:.60} at {place(str(path), at)}", "quote it")
    return list(value)
