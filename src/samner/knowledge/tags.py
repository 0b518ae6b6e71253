"""Content tags: the entities that a document is about, ranked by salience."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import log

from samner.knowledge.corpus import Entity, gather
from samner.knowledge.document import Cluster
from samner.knowledge.results import Extraction

PARTS = 10  # a document is cut into so many equal parts to tell how far an entity spreads


@dataclass(frozen=True, slots=True)
class Tag:
    """An entity that a document is about. `salience` is its share of the document's total, 0..1; the factors that it
    is the product of: `frequency` ln(1 + mentions), `position` 2 at the first character falling to 1 at the last,
    `spread` 1 + the share of the document's ten parts that mention it, `score` the mean of the mentions' scores,
    `rarity` ln(1 + documents / documents with it)."""

    entity: Entity
    mentions: int
    frequency: float
    position: float
    spread: float
    score: float
    rarity: float
    salience: float

    @property
    def product(self) -> float:
        return self.frequency * self.position * self.spread * self.score * self.rarity


@dataclass(frozen=True, slots=True)
class Tagged:
    """A document with its tags, the most salient first, and the salience of each archetype, summing to 1."""

    document: Extraction
    tags: tuple[Tag, ...]
    archetypes: tuple[tuple[str, float], ...]


def tag(extractions: Sequence[Extraction], without: Collection[str] = ()) -> list[Tagged]:
    """The tags of each document; rarity is counted over all of them. Entities of the archetypes `without` are none."""
    held: dict[str, list[tuple[Entity, Cluster]]] = defaultdict(list)
    for entity in (e for e in gather(extractions).entities if e.archetype not in without):
        for cluster in entity.clusters:
            held[cluster.document].append((entity, cluster))
    return [_tagged(e, held[e.id], len(extractions)) for e in extractions]


def _tagged(extraction: Extraction, held: Sequence[tuple[Entity, Cluster]], documents: int) -> Tagged:
    length = len(extraction.text) if extraction.text else max((m.end for m in extraction.mentions), default=1)
    # Clusters of one document that are one entity of the corpus count together.
    mentions: dict[str, list[Cluster]] = defaultdict(list)
    entities = {}
    for entity, cluster in held:
        mentions[entity.id].append(cluster)
        entities[entity.id] = entity
    raw = [_factors(entities[id], clusters, length, documents) for id, clusters in mentions.items()]
    total = sum(t.product for t in raw) or 1.0
    tags = sorted((_with_salience(t, total) for t in raw), key=lambda t: (-t.salience, t.entity.id))
    by_archetype: dict[str, float] = defaultdict(float)
    for t in tags:
        by_archetype[t.entity.archetype] += t.salience
    ranked = sorted(by_archetype.items(), key=lambda item: (-round(item[1], 9), item[0]))
    return Tagged(extraction, tuple(tags), tuple((name, round(share, 6)) for name, share in ranked))


def _factors(entity: Entity, clusters: Sequence[Cluster], length: int, documents: int) -> Tag:
    found = [mention for cluster in clusters for mention in cluster.mentions]
    first = min(mention.start for mention in found)
    parts = {mention.start * PARTS // max(length, 1) for mention in found}
    return Tag(
        entity,
        len(found),
        log(1 + len(found)),
        2 - first / max(length, 1),
        1 + len(parts) / PARTS,
        sum(mention.score for mention in found) / len(found),
        entity.rarity(documents),
        0.0,
    )


def _with_salience(t: Tag, total: float) -> Tag:
    return replace(t, salience=round(t.product / total, 6))
