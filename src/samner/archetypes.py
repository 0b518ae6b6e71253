"""The archetypes: the small, domain-invariant set of kinds between a mention and the user's types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from samner.errors import FormatError
from samner.strict import Lined, LinedList, hint, load as load_file, place

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_NEUTRAL = "#D5D5D5"


@dataclass(frozen=True, slots=True)
class Archetype:
    """One kind of thing.

    `kinds` are typical types under it, `anchors` maps an ontology's name to its class (IRI or id), `colour` is the
    #RRGGBB under which outputs show it. Of a distilled set, `parent` is the broader kind and `members` are all types
    that it was made from.
    """

    name: str
    definition: str
    kinds: tuple[str, ...] = ()
    anchors: Mapping[str, str] = field(default_factory=dict)
    colour: str = _NEUTRAL
    parent: str = ""
    members: tuple[str, ...] = ()


def load(path: str | Path | None = None) -> tuple[Archetype, ...]:
    """The archetypes of a YAML file, in its order; the shipped set without `path`. FormatError names file and line."""
    return _shipped() if path is None else _read(Path(path))


@lru_cache(maxsize=1)
def _shipped() -> tuple[Archetype, ...]:
    with as_file(files("samner") / "archetypes.yaml") as path:
        return _read(path)


def _read(path: Path) -> tuple[Archetype, ...]:
    data = load_file(path, FormatError)
    rows = data.get("archetypes") if isinstance(data, Lined) else None
    if not isinstance(rows, list) or not rows:
        raise FormatError(
            "a list under `archetypes:`", f"none in {path}", "write archetypes: [{name, definition}]"
        )
    lines = rows.lines if isinstance(rows, LinedList) else [0] * len(rows)
    found: dict[str, Archetype] = {}
    for row, line in zip(rows, lines, strict=True):
        archetype = _archetype(row, where := place(str(path), line))
        if archetype.name in found:
            raise FormatError(
                "every archetype once", f"{archetype.name!r} again at {where}", "remove or rename it"
            )
        found[archetype.name] = archetype
    return tuple(found.values())


_KEYS = ("name", "definition", "kinds", "anchors", "colour", "parent", "members")


def _archetype(row: Any, where: str) -> Archetype:
    if not isinstance(row, dict):
        raise FormatError("a mapping", f"{row!r} at {where}", "write {name: ..., definition: ...}")
    for key in row:
        if key not in _KEYS:
            raise FormatError("a known key", f"{key!r} at {where}", hint(key, _KEYS))
    for key in ("name", "definition"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise FormatError(f"a {key} for each archetype", f"none at {where}", f"give it a {key}")
    kinds, members = (_words(row, key, where) for key in ("kinds", "members"))
    anchors, colour, parent = row.get("anchors") or {}, row.get("colour") or _NEUTRAL, row.get("parent") or ""
    if not isinstance(parent, str):
        raise FormatError("a name as parent", f"{parent!r} at {where}", "write parent: entity")
    if not isinstance(anchors, dict) or not all(isinstance(iri, str) for iri in anchors.values()):
        raise FormatError(
            "anchors as ontology: class", f"{anchors!r} at {where}", "write anchors: {wordnet: id}"
        )
    if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
        raise FormatError("a colour as #RRGGBB", f"{colour!r} at {where}", "quote it: colour: '#8FC6FF'")
    return Archetype(row["name"], row["definition"], kinds, dict(anchors), colour, parent, members)


def _words(row: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    words = row.get(key) or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise FormatError(f"a list of words as {key}", f"{words!r} at {where}", f"write {key}: [a, b]")
    return tuple(words)
