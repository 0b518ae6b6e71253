"""What a run counts. Tallies of chunks add up to those of shards, and these to the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

BINS = 20  # of the scores, from 0 to 1
SLOWEST = 10


@dataclass(slots=True)
class Tally:
    """Documents read, failed ones beside them, and what was found. `seconds` is the time that threads spent on
    documents, `scores` counts entities in `BINS` equal bins, `slowest` holds [seconds, document, code points];
    `usage` (by the fields of `ports.Usage`) and `events` are those of a language model."""

    documents: int = 0
    failed: int = 0
    unreadable: int = 0
    characters: int = 0
    tokens: int = 0
    entities: int = 0
    seconds: float = 0.0
    types: Counter[str] = field(default_factory=Counter)
    archetypes: Counter[str] = field(default_factory=Counter)
    scores: list[int] = field(default_factory=lambda: [0] * BINS)
    slowest: list[list[Any]] = field(default_factory=list)
    usage: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def add(self, entities: Iterable[Mapping[str, Any]]) -> None:
        """Count the entities of one document, given in their JSON form."""
        for entity in entities:
            self.entities += 1
            self.types[entity["label"]] += 1
            self.archetypes[entity["archetype"]] += 1
            self.scores[min(int(entity["score"] * BINS), BINS - 1)] += 1

    def time(self, seconds: float, name: str, characters: int) -> None:
        """Count the time that one document took."""
        self.seconds += seconds
        self._keep_slowest([[round(seconds, 4), name, characters]])

    def merge(self, other: Tally) -> None:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, (int, float)):
                setattr(self, each.name, mine + theirs)
        self.scores = [a + b for a, b in zip(self.scores, other.scores, strict=True)]
        self._keep_slowest(other.slowest)

    def _keep_slowest(self, more: list[list[Any]]) -> None:
        if len(self.slowest) < SLOWEST or (more and more[0][0] > self.slowest[-1][0]):
            self.slowest = sorted([*self.slowest, *more], key=lambda row: (-row[0], row[1]))[:SLOWEST]

    def to_dict(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"seconds": round(self.seconds, 4)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Tally:
        counted = {name: Counter(data[name]) for name in ("types", "archetypes", "usage", "events")}
        return cls(**(dict(data) | counted))
