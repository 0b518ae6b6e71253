"""What makes a valid type and a valid set of types. Everything that enters a `Schema` goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from samner.errors import SchemaError
from samner.strict import hint
from samner.types import EntityType, Schema

TYPE_KEYS = ("name", "definition", "examples", "threshold", "archetypes", "parent")
# Carried by schema files and ignored by extraction: the label of the data set that a type stands for, the class of an
# ontology that `samner graph` makes its entities members of.
TYPE_EXTRAS = ("gold", "note", "iri")


@dataclass(frozen=True, slots=True)
class Row:
    """A type as it was written, not yet checked. `where` is `file:line`, or "" for a type from Python."""

    name: Any
    fields: Mapping[str, Any]
    where: str = ""


def build(rows: Iterable[Row], name: str | None, source: str) -> Schema:
    """Check every row, then the set as a whole. `source` names the whole in errors about it."""
    rows = list(rows)
    if not rows:
        raise SchemaError("at least one type", f"none in {source}", "name a type, such as person")
    types = [_entity_type(row) for row in rows]
    where: dict[str, str] = {}
    for row, kind in zip(rows, types, strict=True):
        key = kind.name.strip()
        if key in where:
            _fail("every label once", f"{kind.name!r} repeated", row.where, "remove or rename the duplicate")
        where[key] = row.where
    _check_parents(types, where)
    return Schema(tuple(types), name)


def check_archetypes(schema: Schema, known: Iterable[str]) -> None:
    """SchemaError if a type states an archetype that is not among `known`."""
    names = tuple(known)
    for kind in schema:
        for archetype in kind.archetypes:
            if archetype not in names:
                found = f"{archetype!r} as archetype of {kind.name!r}"
                raise SchemaError("a known archetype", found, hint(archetype, names))


def _entity_type(row: Row) -> EntityType:
    name, fields, at = row.name, row.fields, row.where
    if not isinstance(name, str) or not name.strip():
        shown = (
            "an empty label" if name is None or name == "" or isinstance(name, str) else f"the label {name!r}"
        )
        _fail(
            "every label a non-empty string", shown, at, "name the type, in quotes if it is a number or null"
        )
    of = f"type {name!r}"
    for key in fields:
        if key not in TYPE_KEYS and key not in TYPE_EXTRAS:
            _fail("a known key", f"{key!r} in {of}", at, hint(str(key), TYPE_KEYS))
    return EntityType(
        name,
        _string(fields.get("definition"), f"definition of {of}", at) or "",
        _strings(fields.get("examples"), f"examples of {of}", at),
        _threshold(fields.get("threshold"), of, at),
        _strings(fields.get("archetypes"), f"archetypes of {of}", at),
        _string(fields.get("parent"), f"parent of {of}", at),
    )


def _string(value: Any, what: str, at: str) -> str | None:
    if value is not None and not isinstance(value, str):
        _fail(f"a string as {what}", _shown(value), at, "quote it, or write one sentence")
    return value


def _strings(value: Any, what: str, at: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        _fail(f"a list as {what}", _shown(value), at, "write it as a list: [a, b]")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            _fail(f"non-empty strings as {what}", _shown(item), at, "remove it or quote it")
    return tuple(dict.fromkeys(value))


def _threshold(value: Any, of: str, at: str) -> float | None:
    if value is None:
        return None
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not 0 <= number <= 1:
        _fail(f"a threshold from 0 to 1 for {of}", _shown(value), at, "write a number such as 0.5")
    return number


def _check_parents(types: list[EntityType], where: Mapping[str, str]) -> None:
    parents = {kind.name: kind.parent for kind in types if kind.parent is not None}
    names = [kind.name for kind in types]
    known = set(names)
    for name, parent in parents.items():
        if parent not in known:
            found = f"{parent!r} as parent of {name!r}"
            _fail("a parent among the types", found, where[name.strip()], hint(parent, names))
    cleared: set[str] = set()
    for name in parents:
        chain: dict[str, None] = {}
        at: str | None = name
        while at is not None and at not in cleared:
            if at in chain:
                loop = " -> ".join([*list(chain)[list(chain).index(at) :], at])
                _fail("parents without a cycle", loop, where[at.strip()], "remove one parent")
            chain[at] = None
            at = parents.get(at)
        cleared.update(chain)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fail(expected: str, found: str, at: str, remedy: str) -> NoReturn:
    raise SchemaError(expected, f"{found} at {at}" if at else found, remedy)
