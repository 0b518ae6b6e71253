"""Classes of public ontologies for archetypes and types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from samner.archetypes import load
from samner.errors import SchemaError

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
WORDNET = "https://en-word.net/id/"  # archetypes.yaml names synsets by id


def archetype_classes(path: str | Path | None = None) -> dict[str, tuple[str, ...]]:
    """For each archetype the IRIs that `archetypes.yaml` anchors it to."""
    return {
        archetype.name: tuple(
            iri if is_iri(iri) else WORDNET + iri for _, iri in sorted(archetype.anchors.items())
        )
        for archetype in load(path)
    }


def type_classes(schema: str | None) -> dict[str, str]:
    """For each type of a schema file the IRI under its key `iri`, where it has one. SchemaError for what is none."""
    if schema is None:
        return {}
    from samner.schema import read_schema

    found = {name: about["iri"] for name, about in read_schema(schema).type_about.items() if "iri" in about}
    for name, iri in found.items():
        if not isinstance(iri, str) or not is_iri(iri):
            raise SchemaError(
                "an IRI such as https://schema.org/City", f"{iri!r} at {name!r}", "mend the schema"
            )
    return found


def is_iri(text: str) -> bool:
    """An absolute IRI without characters that an IRI cannot have?"""
    return _IRI.fullmatch(text) is not None


def classes(
    label: str, archetype: str, types: Mapping[str, str], archetypes: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """The classes of an entity: its type's first, then its archetype's, each once."""
    own = [types[label]] if label in types else []
    return list(dict.fromkeys([*own, *archetypes.get(archetype, ())]))
