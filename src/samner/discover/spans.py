"""What a corpus speaks of: discovery and mediation without a schema, and where each name lies in the span space.

Shapes: A archetypes, M units of the span space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.calibration import Limits, by_archetype, settle, to_entity
from samner.discovery import Discovery, kept
from samner.engines.embedded.engine import EmbeddedEngine
from samner.knowledge.surfaces import normal, shown
from samner.mediation import Mediation
from samner.options import Options
from samner.passages import Passage, passages
from samner.ports import Reading
from samner.types import Document, Entity
from samner.workers import in_order

Array = NDArray[Any]
TOGETHER = 16  # passages judged in one go
OVERLAP = 40  # word pieces that neighbouring passages share
ALL_ON = frozenset[str]()  # no part of the pipeline switched off


@dataclass(slots=True)
class Name:
    """One name under one archetype, with the sums over its mentions: `vector` [M], `archetypes` [A]."""

    surface: str
    archetype: str
    vector: Array
    archetypes: Array
    mentions: int = 1
    places: list[tuple[int, int, int]] = field(default_factory=list)  # document, start, end


@dataclass(frozen=True, slots=True)
class Seen:
    """A mention with its row of the span space [M] and of the archetypes [A]."""

    entity: Entity
    vector: Array
    archetypes: Array


class Spans:
    """Reads texts with an engine, as `samner extract --all` does."""

    def __init__(self, engine: EmbeddedEngine, threads: int) -> None:
        self._engine, self._threads = engine, threads
        self._discovery, self._mediation = Discovery(engine.extractors), Mediation(engine.classifier)
        self._limits = Limits(None, engine.every_threshold, Options())

    def read(self, documents: Iterable[Document], keep_places: bool = False) -> list[Name]:
        """The names of the documents, in order of their first mention. Equal normal forms under one archetype are one
        name; `keep_places` remembers where each mention stands."""
        names: dict[tuple[str, str], Name] = {}
        for n, seen in enumerate(in_order(self._each, documents, 8, self._threads)):
            for one in seen:
                name = self._add(names, one)
                if keep_places:
                    name.places.append((n, one.entity.start, one.entity.end))
        return list(names.values())

    def _add(self, names: dict[tuple[str, str], Name], seen: Seen) -> Name:
        entity = seen.entity
        key = (entity.archetype, normal(entity.text, entity.archetype))
        name = names.get(key)
        if name is None:
            name = Name(shown(entity.text), entity.archetype, seen.vector.copy(), seen.archetypes.copy())
            names[key] = name
        else:
            name.vector += seen.vector
            name.archetypes += seen.archetypes
            name.mentions += 1
        return name

    def _each(self, documents: Sequence[Document]) -> list[list[Seen]]:
        return [self._document(document) for document in documents]

    def _document(self, document: Document) -> list[Seen]:
        held = passages(document, self._engine.cost, self._engine.capacity, OVERLAP)
        found: dict[tuple[int, int], Seen] = {}
        while some := list(islice(held, TOGETHER)):
            found.update(((seen.entity.start, seen.entity.end), seen) for seen in self._passages(some))
        best = settle([seen.entity for seen in found.values()], self._limits, Options())
        return [found[entity.start, entity.end] for entity in best]

    def _passages(self, held: Sequence[Passage]) -> Iterator[Seen]:
        reading = Reading(held, None, self._engine.encode(held))
        rule = self._engine.consensus(ALL_ON)
        verdicts = self._discovery.run(reading, rule, ALL_ON)
        mediated = self._mediation.run(reading, [kept(v) for v in verdicts])
        vectors = self._engine.span_vectors(reading, [[m.candidate.span for m in row] for row in mediated])
        for passage, row, table in zip(held, mediated, vectors, strict=True):
            choices = by_archetype(row, self._mediation.archetypes)
            for choice, one, vector in zip(choices, row, table, strict=True):
                if passage.owns(choice.span) and choice.score >= self._engine.every_threshold:
                    yield Seen(to_entity(passage, choice), vector, np.array(one.archetypes, np.float32))
