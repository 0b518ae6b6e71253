"""Which entities stand together, and how much more often than by chance."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2

from samner.knowledge.corpus import Entity

CONTEXTS = ("document", "paragraph")
_BREAK = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Edge:
    """Two entities, by position, that stand together in `count` contexts.

    `pmi` is log2 of p(both) / (p(one) p(other)), in bits; `npmi` the same divided by -log2 p(both), at most 1.
    """

    one: int
    other: int
    count: int
    pmi: float
    npmi: float


def edges(
    entities: Sequence[Entity], texts: Mapping[str, str | None], context: str = "paragraph", least: int = 2
) -> list[Edge]:
    """The pairs that stand together in at least `least` contexts and more often than by chance (PMI above zero), the
    strongest first. `texts` has every document's text. Paragraphs are set apart by empty lines; a document that was
    stored without its text is one."""
    where: dict[tuple[str, int], list[int]] = defaultdict(list)  # context -> entities in it
    cuts = {id: _cuts(text, context) for id, text in texts.items()}
    for n, entity in enumerate(entities):
        places = {
            (cluster.document, bisect_right(cuts[cluster.document], mention.start))
            for cluster in entity.clusters
            for mention in cluster.mentions
        }
        for place in places:
            where[place].append(n)
    total = sum(len(breaks) + 1 for breaks in cuts.values())
    alone = Counter(n for held in where.values() for n in held)
    both = Counter(pair for held in where.values() for pair in combinations(held, 2))
    found = [_edge(pair, count, alone, total) for pair, count in both.items() if count >= least]
    return sorted((e for e in found if e.pmi > 0), key=lambda e: (-e.npmi, -e.count, e.one, e.other))


def _cuts(text: str | None, context: str) -> list[int]:
    """Offsets at which a new context begins."""
    if context == "document" or text is None:
        return []
    return [found.end() for found in _BREAK.finditer(text)]


def _edge(pair: tuple[int, int], count: int, alone: Counter[int], total: int) -> Edge:
    one, other = pair
    likely = count / total
    pmi = log2(count * total / (alone[one] * alone[other]))
    npmi = pmi / -log2(likely) if likely < 1 else 0.0
    return Edge(one, other, count, round(pmi, 6), round(npmi, 6))
