"""Figures of a drift run: F1 of each variant, its spread, the worst, and how sure differences between systems are.

Shapes: R resamples, V variants (the schema as written first). Every resample draws the same documents for all variants
and systems, so that what they share cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.bench import metrics
from samner.bench.drift_variants import DriftTask, Variant
from samner.bench.metrics import Counts
from samner.types import Entity

Array = NDArray[Any]
ROUNDS = 1000
Scored = Mapping[str, "Scores"]  # by variant


class Scores:
    """One variant: counts of each document in each stratum, and those of the answers to the schema as written when
    scored alike (merged types make both easier)."""

    def __init__(self) -> None:
        self.counts: dict[str, list[Counts]] = {}
        self.alike: dict[str, list[Counts]] = {}

    def add(self, stratum: str, counts: Sequence[Counts], alike: Sequence[Counts]) -> None:
        self.counts.setdefault(stratum, []).extend(counts)
        self.alike.setdefault(stratum, []).extend(alike)


def count(task: DriftTask, variant: Variant, found: Sequence[Sequence[Entity]]) -> list[Counts]:
    """Strict counts of each document, labels of gold and answers as what they count as."""
    gold = [
        [e._replace(label=variant.gold.get(e.label, e.label)) for e in d.entities] for d in task.documents
    ]
    said = [
        [e for e in relabelled(entities, variant) if e.span not in doubtful]
        for entities, doubtful in zip(found, task.doubtful, strict=True)
    ]
    return metrics.strict(gold, said)


def relabelled(entities: Sequence[Entity], variant: Variant) -> list[Entity]:
    from dataclasses import replace

    names = [variant.label.get(e.label, e.label) for e in entities]
    return [replace(e, label=variant.gold.get(n, n)) for e, n in zip(entities, names, strict=True)]


def figures(scored: Scored) -> dict[str, Any]:
    """A system's row: each variant's F1 and change, their mean, the spread of the changes, and the worst."""
    f1 = {name: _mean_f1(s.counts) for name, s in scored.items()}
    change = {name: f1[name] - _mean_f1(s.alike) for name, s in scored.items()}
    worst = min(change, key=lambda name: (change[name], name))
    return {
        "mean": metrics.mean(list(f1.values())),
        "spread": float(np.std(list(change.values()))),
        "worst": {"variant": worst, "f1": f1[worst], "change": change[worst]},
        "variants": {name: {"f1": f1[name], "change": change[name]} for name in f1},
    }


def _mean_f1(strata: Mapping[str, Sequence[Counts]]) -> float:
    return metrics.mean([metrics.total(counts).f1 for counts in strata.values()])


def compare(one: Scored, other: Scored, seed: int = 0) -> dict[str, dict[str, float]]:
    """How far `one` is from `other` in mean F1 over variants, spread, and worst change: each with its 95% interval."""
    first, second = (_resampled(scored, seed) for scored in (one, other))
    here = [_summary(_resampled(scored, None)) for scored in (one, other)]
    rows = {}
    for name, a, b in zip(("mean", "spread", "worst"), _summary(first), _summary(second), strict=True):
        low, high = np.percentile(a - b, [2.5, 97.5])
        n = ("mean", "spread", "worst").index(name)
        rows[name] = {
            "difference": float(here[0][n][0] - here[1][n][0]),
            "low": float(low),
            "high": float(high),
        }
    return rows


def _summary(f1_and_change: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Mean over variants of F1 [R, V], spread and minimum of the change [R, V]."""
    f1, change = f1_and_change
    return f1.mean(axis=1), change.std(axis=1), change.min(axis=1)


def _resampled(scored: Scored, seed: int | None) -> tuple[Array, Array]:
    """F1 and change [R, V] over resamples of the documents within each stratum; over all as they are without seed."""
    f1, alike = [], []
    for scores in scored.values():
        rng = np.random.default_rng(seed)
        draws = {s: _draws(len(counts), None if seed is None else rng) for s, counts in scores.counts.items()}
        f1.append(np.mean([_f1(draws[s] @ np.array(c)) for s, c in scores.counts.items()], axis=0))
        alike.append(np.mean([_f1(draws[s] @ np.array(c)) for s, c in scores.alike.items()], axis=0))
    return np.stack(f1, axis=1), np.stack(f1, axis=1) - np.stack(alike, axis=1)


def _draws(size: int, rng: np.random.Generator | None) -> Array:
    if rng is None:
        return np.ones((1, size))
    return rng.multinomial(size, np.full(size, 1 / size), ROUNDS).astype(float)


def _f1(sums: Array) -> Array:
    both = sums[:, 1] + sums[:, 2]
    return np.where(both > 0, 2 * sums[:, 0] / np.maximum(both, 1), 1.0)
