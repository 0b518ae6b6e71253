"""How far a figure can be trusted: calibration of scores, and the bootstrap over documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samner.bench.metrics import Counts

BINS = 15
Strata = Sequence[Sequence[Counts]]  # one sequence of per-document counts for each domain


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores in (low, high]: how many, their mean, and the share of them that was right (0 for none)."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability_table(scores: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """`bins` equal-width bins over 0..1. A score on an edge belongs to the bin below it; 0 to the first."""
    p, y = np.asarray(scores, float), np.asarray(right, float)
    if p.shape != y.shape or p.ndim != 1:
        raise ValueError(f"one truth value for each score, found {y.size} for {p.size}")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"scores in 0..1, found {p.min()}..{p.max()}")
    edges = np.arange(bins + 1) / bins
    index = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, bins - 1)
    return [_bin(edges[k], edges[k + 1], p[index == k], y[index == k]) for k in range(bins)]


def _bin(low: float, high: float, p: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Bin:
    if not p.size:
        return Bin(float(low), float(high), 0, 0.0, 0.0)
    return Bin(float(low), float(high), int(p.size), float(p.mean()), float(y.mean()))


def expected_calibration_error(scores: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Mean gap between score and share right over the bins, weighted by their counts; 0 for no scores."""
    table = reliability_table(scores, right, bins)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in table) / max(1, len(scores))


@dataclass(frozen=True, slots=True)
class Comparison:
    """`difference` = F1 of a minus F1 of b (mean over strata), its 95% interval, and `p`, two-sided."""

    difference: float
    low: float
    high: float
    p: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def paired_bootstrap(a: Strata, b: Strata, *, rounds: int = 2000, seed: int = 0) -> Comparison:
    """Compare two systems on the same documents by resampling them within each domain.

    `a[d][i]` and `b[d][i]` are the counts of document i of domain d; F1 is micro within a domain and the mean
    over domains. `p` is twice the smaller share of resamples on one side of zero (at least 2 / (rounds + 1)).
    """
    if [len(x) for x in a] != [len(x) for x in b]:
        raise ValueError("both systems on the same documents")
    rng = np.random.default_rng(seed)
    deltas = np.zeros(rounds)
    for left, right in zip(a, b, strict=True):
        weights = _resamples(len(left), rounds, rng)
        deltas += (_f1(weights @ _array(left)) - _f1(weights @ _array(right))) / len(a)
    low, high = np.percentile(deltas, [2.5, 97.5])
    tail = min(int((deltas <= 0).sum()), int((deltas >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (rounds + 1))
    return Comparison(_mean_f1(a) - _mean_f1(b), float(low), float(high), p)


def bootstrap_interval(a: Strata, *, rounds: int = 2000, seed: int = 0) -> tuple[float, float]:
    """The 95% interval of one system's mean F1, by the same resampling."""
    rng = np.random.default_rng(seed)
    means = np.zeros(rounds)
    for stratum in a:
        means += _f1(_resamples(len(stratum), rounds, rng) @ _array(stratum)) / len(a)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _resamples(size: int, rounds: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(rounds, size): how often each document was drawn."""
    return rng.multinomial(size, np.full(size, 1 / size), rounds).astype(float)


def _array(counts: Sequence[Counts]) -> npt.NDArray[np.float64]:
    return np.asarray(counts, float).reshape(-1, 3)


def _f1(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    both = sums[..., 1] + sums[..., 2]
    return np.where(both > 0, 2 * sums[..., 0] / np.maximum(both, 1), 1.0)


def _mean_f1(strata: Strata) -> float:
    return float(np.mean([_f1(_array(s).sum(0)) for s in strata]))
