"""From whatever a user has (names, mappings, objects, a file, a built-in name) to a checked `Schema`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from samner.errors import SchemaError
from samner.schema_rules import TYPE_EXTRAS, TYPE_KEYS, Row, build, check_archetypes
from samner.strict import Lined, LinedList, hint, load, place
from samner.types import EntityType, Schema

if TYPE_CHECKING:
    from importlib.abc import Traversable

__all__ = [
    "SchemaFile",
    "SchemaLike",
    "as_schema",
    "builtin_names",
    "check_archetypes",
    "load_builtin",
    "parse_labels",
    "read_schema",
]

# A str is a built-in name or a file, never a label.
SchemaLike: TypeAlias = (
    "Schema | Mapping[str, Any] | Iterable[str | EntityType | Mapping[str, Any]] | str | Path"
)

_TOP_KEYS = ("types", "name")
# Read and kept in `SchemaFile.about`, ignored by extraction.
_TOP_EXTRAS = ("description", "licence", "license", "source", "version", "gold", "catch_all")
SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A schema as its file states it: the schema, the file's further keys, and the further keys of each type
    (`gold`, the name that a data set uses for it)."""

    schema: Schema
    about: Mapping[str, Any] = field(default_factory=dict)
    type_about: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def catch_all(self) -> EntityType | None:
        """The type for "anything else", kept out of `schema`, where the file names one."""
        raw = self.about.get("catch_all")
        return None if raw is None else build(_rows([raw], "catch_all"), None, "catch_all").types[0]


def as_schema(types: SchemaLike) -> Schema:
    """Check and convert. SchemaError says what is wrong, in which file, line and label, and how to mend it.

    - a `Schema`, a list of names, `EntityType`s or mappings with the keys of `EntityType`;
    - a mapping name -> definition, or name -> mapping;
    - the path of a YAML or JSON file, or the name of a built-in schema such as "crossner/music".
    """
    if isinstance(types, Schema):
        return build((_row_of(kind) for kind in types), types.name, "the schema")
    if isinstance(types, (str, Path)):
        return read_schema(types).schema
    if isinstance(types, Mapping) and _is_document(types):
        return _read_document(types, "the schema").schema
    return build(_rows(types, ""), None, "the schema")


def read_schema(name_or_path: str | Path) -> SchemaFile:
    """A schema file or a built-in schema, with what its file says beside the types."""
    path = Path(name_or_path)
    if isinstance(name_or_path, str):
        if name_or_path in _builtins():
            return _read_builtin(name_or_path)
        if path.suffix.lower() not in SUFFIXES and not path.is_file():
            remedy = f'{hint(name_or_path, builtin_names())}; labels go in a list: ["person"]'
            raise SchemaError("a schema file or a built-in name", repr(name_or_path), remedy)
    return _read_document(load(path, SchemaError), str(path))


def builtin_names() -> tuple[str, ...]:
    """The names that `load_builtin` knows, sorted."""
    return tuple(sorted(_builtins()))


def load_builtin(name: str) -> Schema:
    """A schema of the package by name, such as "crossner/music"."""
    if name not in _builtins():
        raise SchemaError("the name of a built-in schema", repr(name), hint(name, builtin_names()))
    return _read_builtin(name).schema


def to_rows(schema: Schema) -> list[dict[str, Any]]:
    """The types in the plain form that `as_schema` reads back: strings, numbers and lists, nothing that is empty."""
    return [
        {
            key: list(value) if isinstance(value, tuple) else value
            for key in TYPE_KEYS
            if (value := getattr(kind, key)) not in (None, "", ())
        }
        for kind in schema
    ]


def parse_labels(labels: str) -> Schema:
    """The types of `--labels "a, b"`: names between commas, white space around them dropped."""
    names = [name.strip() for name in labels.split(",")]
    return build((Row(name, {}, f"--labels {labels!r}") for name in names), None, "--labels")


def _read_document(data: Any, source: str) -> SchemaFile:
    if not isinstance(data, (Mapping, list)):
        found = f"an empty file, {source}" if data is None else f"{data!r:.60} in {source}"
        raise SchemaError("a list or mapping of types", found, "write types: [{name: person}]")
    if not (isinstance(data, Mapping) and _is_document(data)):
        return SchemaFile(build(_rows(data, source), None, source))
    for key in data:
        if key not in (*_TOP_KEYS, *_TOP_EXTRAS):
            where = place(source, data.lines.get(key, 0)) if isinstance(data, Lined) else source
            raise SchemaError(
                "a known key", f"{key!r} at {where}", hint(str(key), (*_TOP_KEYS, *_TOP_EXTRAS))
            )
    rows = list(_rows(data["types"], source))
    name = data.get("name")
    if name is not None and not isinstance(name, str):
        raise SchemaError("a string as the schema's name", f"{name!r} in {source}", "quote it")
    extras = {row.name: {k: row.fields[k] for k in TYPE_EXTRAS if k in row.fields} for row in rows}
    about = {key: data[key] for key in _TOP_EXTRAS if key in data}
    return SchemaFile(build(rows, name, source), about, extras)


def _is_document(data: Mapping[str, Any]) -> bool:
    """`types: [...]` makes a mapping a document; `types: "a definition"` is a label like any other."""
    return isinstance(data.get("types"), (list, tuple, Mapping)) or (
        "types" in data and data["types"] is None
    )


def _rows(types: Any, source: str) -> Iterator[Row]:
    if isinstance(types, (str, bytes)) or not isinstance(types, Iterable):
        if types is None:
            return
        found = f"{types!r:.60}" + (f" in {source}" if source else "")
        raise SchemaError("a list or mapping of types", found, 'write them as a list: ["person", "place"]')
    if isinstance(types, Mapping):
        for name, value in types.items():
            where = place(source, types.lines.get(name, 0)) if isinstance(types, Lined) else source
            yield _row_of_pair(name, value, where)
        return
    lines = types.lines if isinstance(types, LinedList) else None
    for n, item in enumerate(types):
        yield _row_of(item, place(source, lines[n]) if lines else source)


def _row_of_pair(name: Any, value: Any, where: str) -> Row:
    if not isinstance(value, Mapping):
        return Row(name, {"definition": value}, where)
    if "name" in value and value["name"] != name:
        found = f"{value['name']!r} under the key {name!r}" + (f" at {where}" if where else "")
        raise SchemaError("one name for a type", found, "remove the inner name")
    return Row(name, {key: value[key] for key in value if key != "name"}, where)


def _row_of(item: Any, where: str = "") -> Row:
    if isinstance(item, EntityType):
        return Row(item.name, {key: getattr(item, key) for key in TYPE_KEYS if key != "name"}, where)
    if not isinstance(item, Mapping):
        return Row(item, {}, where)
    if "name" not in item:
        first = str(next(iter(item), ""))
        at = f" at {where}" if where else ""
        remedy = f"write {{name: {first or 'person'}, definition: ...}}"
        raise SchemaError("a name for each type", f"none in {dict(item)!r:.60}{at}", remedy)
    return Row(item["name"], {key: item[key] for key in item if key != "name"}, where)


@lru_cache(maxsize=1)
def _builtins() -> dict[str, Traversable]:
    root = files("samner") / "schemas"
    return dict(_walk(root, "")) if root.is_dir() else {}


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield prefix + entry.name.removesuffix(".yaml"), entry


@lru_cache(maxsize=32)
def _read_builtin(name: str) -> SchemaFile:
    with as_file(_builtins()[name]) as path:
        return _read_document(load(path, SchemaError), f"the built-in schema {name}")
