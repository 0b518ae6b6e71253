"""What is known of how types relate: which are equal, which broader, and which pairs nobody can judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NEGATIVE, EQUAL, BROADER, UNKNOWN = 0, 1, 2, 3


@dataclass
class TypeEntry:
    """A type of the training data, gathered from every file that defines it under the same name."""

    key: str
    name: str
    definitions: list[str] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)
    broader: list[str] = field(default_factory=list)
    archetypes: list[str] = field(default_factory=list)
    scope: str = ""  # "" for the open inventory; otherwise the closed set of types that this one belongs to

    def add(
        self, definition: str, archetype: str, broader: Iterable[str], other_names: Iterable[str]
    ) -> None:
        """Merge one more row of the same type, keeping each variant once."""
        for target, values in (
            (self.definitions, [definition] if definition else []),
            (self.broader, broader),
            (self.other_names, other_names),
        ):
            target.extend(v for v in values if v not in target)
        self.archetypes.append(archetype)


def split_names(cell: str) -> list[str]:
    """'a, b' -> ['a', 'b'], lower-cased and without empty parts."""
    return [part.strip().lower() for part in cell.split(",") if part.strip()]


class TypeBook:
    """All types of the training data by key, with the relation of any two.

    A key is `scope/name`; relations hold within one scope, and pairs across scopes are unknown.
    """

    def __init__(self) -> None:
        self.entries: dict[str, TypeEntry] = {}

    def add(
        self, scope: str, name: str, archetype: str, broader: str, other_names: str, definition: str
    ) -> str:
        """Add a row and return its key."""
        name = name.strip().lower()
        key = f"{scope}/{name}"
        entry = self.entries.setdefault(key, TypeEntry(key, name, scope=scope))
        entry.add(definition.strip(), archetype, split_names(broader), split_names(other_names))
        return key

    def freeze(self) -> None:
        """Number the types and work out every relation; call once after the last `add`."""
        self.keys = sorted(self.entries)
        self.index = {key: n for n, key in enumerate(self.keys)}
        self.list = [self.entries[key] for key in self.keys]
        size = len(self.keys)
        self.relation: NDArray[np.int8] = np.full((size, size), UNKNOWN, np.int8)
        by_scope: dict[str, list[int]] = {}
        for n, entry in enumerate(self.list):
            by_scope.setdefault(entry.scope, []).append(n)
        for members in by_scope.values():
            self._relate(members)

    def _relate(self, members: Sequence[int]) -> None:
        """Fill the relations among the types of one scope: rows are the marked type, columns the asked one."""
        names = {self.list[n].name: n for n in members}
        ancestors = {n: self._ancestors(n, names) for n in members}
        block = np.zeros((len(members), len(members)), np.int8)
        place = {n: i for i, n in enumerate(members)}
        for n in members:
            i = place[n]
            for other in (names[s] for s in self.list[n].other_names if s in names):
                mutual = self.list[n].name in self.list[other].other_names
                block[i, place[other]] = block[place[other], i] = EQUAL if mutual else UNKNOWN
        for n in members:
            for a in ancestors[n]:
                block[place[a], place[n]] = UNKNOWN  # a mention marked with the broader type may be narrower
        for n in members:
            for a in ancestors[n]:
                if n not in ancestors[a]:  # a cycle of broader types says nothing
                    block[place[n], place[a]] = BROADER
        np.fill_diagonal(block, EQUAL)
        self.relation[np.ix_(members, members)] = block

    def _ancestors(self, n: int, names: dict[str, int]) -> set[int]:
        """Every broader type, followed through types that are themselves defined."""
        found: set[int] = set()
        waiting = [n]
        while waiting:
            for name in self.list[waiting.pop()].broader:
                a = names.get(name)
                if a is not None and a != n and a not in found:
                    found.add(a)
                    waiting.append(a)
        return found

    def blur(self, vectors: NDArray[np.float32], least: float) -> int:
        """Mark open-inventory negatives whose texts mean nearly the same as unknown; return how many.

        `vectors` [types, width] are unit sentence vectors of `name: definition`.
        """
        open_types = np.array([n for n, e in enumerate(self.list) if not e.scope])
        changed = 0
        for rows in np.array_split(open_types, max(1, len(open_types) // 512)):
            near = vectors[rows] @ vectors[open_types].T >= least
            block = self.relation[np.ix_(rows, open_types)]
            hit = near & (block == NEGATIVE)
            block[hit] = UNKNOWN
            self.relation[np.ix_(rows, open_types)] = block
            changed += int(hit.sum())
        return changed
