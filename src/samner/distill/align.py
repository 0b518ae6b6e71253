"""Clusters to the nodes of upper ontologies: which class of things is it that a cluster's types are kinds of?

A type is looked up by its name, or by the noun that its name ends in. A name with several senses speaks for each of
them in part; what its cluster has in common decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samner.distill.nodes import Node, Ontology, ancestors

Shares = Mapping[
    str, Mapping[int, float]
]  # node -> number of a type -> how far the type belongs below the node


@dataclass(frozen=True, slots=True)
class Match:
    """A node, and how well the types below it are those of the cluster: F1 of the two sets, and their overlap."""

    node: Node
    f1: float
    precision: float
    recall: float


def shares(names: Sequence[str], ontology: Ontology) -> Shares:
    """How far each type belongs below each node, by its name's senses and all that is above them."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for id, node in ontology.items():
        for name in node.names:
            by_name[name].append(id)
    above: dict[str, list[str]] = {}
    out: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for n, name in enumerate(names):
        senses = _senses(name, by_name)
        for id in senses:
            if id not in above:
                above[id] = ancestors(ontology, id)
            for up in above[id]:
                out[up][n] += 1 / len(senses)
    return out


def _senses(name: str, by_name: Mapping[str, list[str]]) -> list[str]:
    """The nodes called so: by the whole name, or else by its longest ending that is a name."""
    words = name.split(" of ")[0].split()
    for at in range(len(words)):
        if found := by_name.get(" ".join(words[at:])):
            return found
    return []


def align(labels: NDArray[np.int64], below: Shares, ontology: Ontology, most: int = 5) -> list[list[Match]]:
    """For each cluster the nodes that match it best, best first. A node above everything matches everything badly."""
    count = int(labels.max()) + 1
    known = {n for types in below.values() for n in types}
    sizes = np.bincount(labels[sorted(known)], minlength=count)
    found: list[list[Match]] = [[] for _ in range(count)]
    for id, types in below.items():
        inside = np.zeros(count)
        for n, share in types.items():
            inside[labels[n]] += share
        total = inside.sum()
        for c in np.flatnonzero(inside >= 2):
            precision, recall = inside[c] / total, inside[c] / sizes[c]
            f1 = 2 * precision * recall / (precision + recall)
            found[c].append(Match(ontology[id], float(f1), float(precision), float(recall)))
    return [sorted(row, key=lambda m: (-m.f1, m.node.id))[:most] for row in found]
