"""Names clustered within each archetype in the span space: Ward's linkage, one cut for all archetypes.

Vectors are taken relative to their archetype's mean and at length one: what all names of an archetype share tells no
types apart. Shapes: N names, M units of the span space.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.discover.spans import Name
from samner.errors import MissingExtraError

Array = NDArray[Any]
MOST_COMPARED = 3000  # names of an archetype: time and memory grow with the square


def cluster(names: Sequence[Name], most: int, least: int) -> list[list[Name]]:
    """At most `most` clusters of at least `least` mentions each, the largest first; smaller ones are left out.

    One height cuts the trees of all archetypes, so that a varied archetype gets many clusters and a uniform one few.
    """
    held: dict[str, list[Name]] = defaultdict(list)
    for name in sorted(names, key=lambda n: (-n.mentions, n.surface)):
        held[name.archetype].append(name)
    trees = [Tree.of(held[archetype]) for archetype in sorted(held)]
    heights = sorted({height for tree in trees for height in tree.heights}, reverse=True)
    chosen: list[list[Name]] = []
    for height in [np.inf, *heights]:
        found = [c for tree in trees for c in tree.cut(height) if sum(n.mentions for n in c) >= least]
        if len(found) > most and chosen:
            break
        if len(found) > len(chosen):  # further down, clusters only fall apart
            chosen = found
    chosen.sort(key=lambda c: (-sum(n.mentions for n in c), c[0].surface))
    return chosen[:most]


@dataclass(frozen=True)
class Tree:
    """The names of one archetype, the commonest first, with scipy's linkage [N - 1, 4] of the first `MOST_COMPARED`;
    the others join the nearest cluster."""

    names: Sequence[Name]
    rows: Array
    linkage: Array

    @classmethod
    def of(cls, names: Sequence[Name]) -> Tree:
        from scipy.cluster.hierarchy import linkage

        means = np.stack([name.vector / name.mentions for name in names]).astype(np.float64)
        rows = unit(means - means.mean(axis=0))
        compared = rows[:MOST_COMPARED]
        return cls(names, rows, linkage(compared, "ward") if len(compared) > 1 else np.zeros((0, 4)))

    @property
    def heights(self) -> list[float]:
        tops: list[float] = self.linkage[:, 2].tolist()
        return tops

    def cut(self, height: float) -> list[list[Name]]:
        """The clusters whose merges are no higher than `height`."""
        from scipy.cluster.hierarchy import fcluster

        compared = self.rows[:MOST_COMPARED]
        labels = np.ones(1, np.int64) if len(compared) == 1 else fcluster(self.linkage, height, "distance")
        if len(self.rows) > len(compared):
            kinds = np.unique(labels)
            centres = np.stack([compared[labels == kind].mean(axis=0) for kind in kinds])
            nearest = kinds[(self.rows[MOST_COMPARED:] @ centres.T).argmax(axis=1)]
            labels = np.concatenate([labels, nearest])
        found: dict[int, list[Name]] = defaultdict(list)
        for name, label in zip(self.names, labels.tolist(), strict=True):
            found[label].append(name)
        return list(found.values())


def check_library() -> None:
    """MissingExtraError where scipy is not installed: to be told before a corpus is read, not after."""
    if find_spec("scipy") is None:
        raise MissingExtraError("scipy", "discover")


def unit(rows: Array) -> Array:
    """Rows [N, M] of length one."""
    out: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return out
