"""Clusters to a file of archetypes: named, defined, anchored, with parents and members."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from samner.distill.align import Match
from samner.distill.inventory import Label
from samner.distill.nodes import WORDNET, Ontology, ancestors

Array = NDArray[Any]
KINDS = 20  # typical types that an archetype lists
ROOT = "entity"


@dataclass(frozen=True)
class Cluster:
    """A cluster with the nodes that match it best, by ontology; `members` are types, nearest the middle first."""

    name: str
    members: tuple[Label, ...]
    matches: Mapping[str, Match]
    parent: str

    @property
    def definition(self) -> str:
        """What the node of WordNet says, then the most typical types."""
        some = ", ".join(label.name for label in self.members[:6])
        match = self.matches.get(WORDNET)
        said = match.node.definition if match is not None else "A kind of thing"
        return f"{said[:1].upper()}{said[1:].rstrip('.')}, such as: {some}."


def clusters(
    labels: Array,
    x: Array,
    inventory: Sequence[Label],
    aligned: Mapping[str, Sequence[Sequence[Match]]],
    wordnet: Ontology,
) -> list[Cluster]:
    """The clusters, largest first. Two never share a name: the one that fits worse takes its next node, and in the end
    its most typical type."""
    count = int(labels.max()) + 1
    fits = {c: aligned[WORDNET][c][0].f1 if aligned[WORDNET][c] else 0.0 for c in range(count)}
    chosen: dict[int, Match | None] = {}
    names: dict[int, str] = {}
    members = {c: _members(labels, x, inventory, c) for c in range(count)}
    for c in sorted(range(count), key=lambda c: (-fits[c], c)):
        free = [m for m in aligned[WORDNET][c] if m.node.names[0] not in names.values()]
        chosen[c] = free[0] if free else None
        names[c] = free[0].node.names[0] if free else members[c][0].name
    parents = _parents({c: m.node.id for c, m in chosen.items() if m is not None}, wordnet)
    made = []
    for c in range(count):
        matches = {o: rows[c][0] for o, rows in aligned.items() if rows[c]}
        if (match := chosen[c]) is not None:
            matches[WORDNET] = match
        made.append(Cluster(names[c], members[c], matches, parents.get(c, ROOT)))
    return sorted(made, key=lambda m: (-len(m.members), m.name))


def _members(labels: Array, x: Array, inventory: Sequence[Label], c: int) -> tuple[Label, ...]:
    rows = np.flatnonzero(labels == c)
    near = x[rows] @ x[rows].mean(axis=0)
    return tuple(inventory[rows[n]] for n in np.lexsort((rows, -near)))


def _parents(anchors: Mapping[int, str], wordnet: Ontology) -> dict[int, str]:
    """The nearest node above each anchor that stands above another anchor too; the root of all says nothing."""
    above = {c: ancestors(wordnet, id)[1:] for c, id in anchors.items()}
    found = {}
    for c, ups in above.items():
        others = {id for o, rows in above.items() if o != c for id in (*rows, anchors[o])}
        found[c] = next((wordnet[id].names[0] for id in ups if id in others), ROOT)
    return found


def write(file: Path, made: Sequence[Cluster], note: str) -> None:
    """The archetypes as `SamNER(archetypes=FILE)` and `samner archetypes show --set FILE` read them."""
    rows = [
        {
            "name": cluster.name.replace(" ", "_"),
            "definition": cluster.definition,
            "parent": cluster.parent,
            "kinds": [label.name for label in cluster.members[:KINDS]],
            "anchors": {o: m.node.id for o, m in cluster.matches.items()},
            "colour": _colour(n, len(made)),
            "members": [label.name for label in cluster.members],
        }
        for n, cluster in enumerate(made)
    ]
    text = yaml.safe_dump({"version": 1, "archetypes": rows}, sort_keys=False, allow_unicode=True, width=110)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"# {line}\n" for line in note.splitlines()) + text, encoding="utf-8")


def _colour(n: int, of: int) -> str:
    """Light colours, evenly around the circle."""
    red, green, blue = colorsys.hls_to_rgb(n / of, 0.75, 0.7)
    return f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"
