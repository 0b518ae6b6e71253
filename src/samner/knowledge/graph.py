"""The knowledge graph of a corpus: entities with their classes, documents, mentions and what stands together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from samner.knowledge.corpus import Entity, Gathered, gather
from samner.knowledge.iris import archetype_classes, classes, type_classes
from samner.knowledge.results import Extraction
from samner.knowledge.together import Edge, edges
from samner.offsets import clean


@dataclass(frozen=True, slots=True)
class Page:
    """A document of the graph."""

    id: str
    source: str


@dataclass(frozen=True, slots=True)
class KnowledgeGraph:
    """`edges` count positions in `entities`; `classes` has each entity's IRIs, the most specific first."""

    entities: Sequence[Entity]
    pages: Sequence[Page]
    edges: Sequence[Edge]
    classes: Sequence[Sequence[str]]


def build(
    extractions: Sequence[Extraction],
    *,
    schema: str | None = None,
    archetypes: str | Path | None = None,
    context: str = "paragraph",
    least: int = 2,
    gathered: Gathered | None = None,
) -> KnowledgeGraph:
    """The graph of these documents.

    `schema` is a schema file whose types may carry an `iri`, `archetypes` one of archetypes with anchors; `context`
    and `least` say what counts as standing together (see `together.edges`); `gathered` are the entities, where
    they are known already.
    """
    entities = (gathered or gather(extractions)).entities
    types, anchors = type_classes(schema), archetype_classes(archetypes)
    texts: Mapping[str, str | None] = {e.id: e.text for e in extractions}
    return KnowledgeGraph(
        entities,
        [Page(e.id, e.source) for e in extractions],
        edges(entities, texts, context, least),
        [classes(entity.label, entity.archetype, types, anchors) for entity in entities],
    )


def plain(text: str) -> str:
    """Text that RDF, XML and CSV can hold: what they cannot becomes a space or U+FFFD."""
    return clean(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
