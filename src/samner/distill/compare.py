"""Clusters against the archetypes that the inventories name: where do they agree, where not?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.distill.cluster import sklearn


def compare(labels: NDArray[np.int64], names: Sequence[str], filed: Sequence[str]) -> dict[str, Any]:
    """Agreement of clusters (called `names`) with the archetypes under which types are `filed` ("" is left out).

    adjusted_mutual_information: 0 by chance, 1 for the same partition. purity: share of types whose archetype is that
    of most of their cluster; inverse_purity: share whose cluster is that of most of their archetype. coverage: share of
    the archetypes that are most of some cluster.
    """
    rows = [n for n, archetype in enumerate(filed) if archetype]
    mine, theirs = labels[rows], [filed[n] for n in rows]
    table = Counter(zip(mine.tolist(), theirs, strict=True))
    kinds = sorted(set(theirs))
    clusters = {c: {a: table[c, a] for a in kinds if table[c, a]} for c in range(len(names))}
    best = {c: max(row, key=lambda a: (row[a], a)) for c, row in clusters.items() if row}
    total = max(1, len(rows))
    metrics = sklearn("metrics")
    return {
        "types": len(rows),
        "adjusted_mutual_information": float(metrics.adjusted_mutual_info_score(theirs, mine)),
        "purity": sum(max(row.values()) for row in clusters.values() if row) / total,
        "inverse_purity": sum(max(table[c, a] for c in clusters) for a in kinds) / total,
        "coverage": len(set(best.values())) / max(1, len(kinds)),
        "missing": sorted(set(kinds) - set(best.values())),
        "split": {
            a: sorted(names[c] for c in best if best[c] == a)
            for a in kinds
            if list(best.values()).count(a) > 1
        },
        "clusters": {
            names[c]: {
                "archetype": best.get(c, ""),
                "purity": max(row.values(), default=0) / max(1, sum(row.values())),
            }
            for c, row in clusters.items()
        },
    }
