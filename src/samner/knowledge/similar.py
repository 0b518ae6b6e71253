"""Documents that share rare entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt

from samner.knowledge.corpus import Entity, gather
from samner.knowledge.results import Extraction


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents. `score` is the cosine of their vectors of entities, each weighing
    its rarity, 0..1; `shared` what they share, the rarest first."""

    one: str
    other: str
    score: float
    shared: tuple[Entity, ...]


def similar(
    extractions: Sequence[Extraction], common: float = 0.1, without: Collection[str] = ()
) -> dict[str, list[Pair]]:
    """For each document that has any, the others that share rare entities with it, the most alike first.

    An entity in more than `common` of the documents (and in more than two) is not rare and makes no pair: pairs grow
    with the square of the documents that share an entity. It still counts in the length of the vectors. Entities of
    the archetypes `without` count nowhere.
    """
    documents, limit = len(extractions), max(2, ceil(common * len(extractions)))
    length: dict[str, float] = defaultdict(float)
    shared: dict[tuple[str, str], list[tuple[float, Entity]]] = defaultdict(list)
    order = {extraction.id: n for n, extraction in enumerate(extractions)}
    for entity in (e for e in gather(extractions).entities if e.archetype not in without):
        where = sorted(entity.documents, key=order.__getitem__)
        weight = entity.rarity(documents)
        for id in where:
            length[id] += weight * weight
        if len(where) <= limit:
            for pair in combinations(where, 2):
                shared[pair].append((weight, entity))
    found: dict[str, list[Pair]] = defaultdict(list)
    for (one, other), held in shared.items():
        score = round(sum(w * w for w, _ in held) / sqrt(length[one] * length[other]), 6)
        entities = tuple(e for _, e in sorted(held, key=lambda item: (-item[0], item[1].id)))
        found[one].append(Pair(one, other, score, entities))
        found[other].append(Pair(other, one, score, entities))
    for pairs in found.values():
        pairs.sort(key=lambda pair: (-pair.score, order[pair.other]))
    return {id: found[id] for id in order if id in found}
