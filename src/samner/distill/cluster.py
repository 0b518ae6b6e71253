"""Clusters of type vectors, and how many there should be: silhouette and gap statistic, as the paper chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.errors import MissingExtraError

Array = NDArray[Any]
UNITS = 48  # principal components that are clustered: distances in all 384 are nearly equal
REFERENCES = 5  # uniform samples of the gap statistic
SAMPLE = 3000  # points that the curve is drawn from
KS = (*range(4, 21), *range(22, 41, 3))


@dataclass(frozen=True, slots=True)
class Choice:
    """One number of clusters: mean silhouette of both methods, gap statistic of k-means and its standard error."""

    k: int
    silhouette_kmeans: float
    silhouette_agglomerative: float
    gap: float
    gap_error: float

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def project(vectors: Array) -> Array:
    """Unit vectors [N, D] as their first principal components [N, 48], of unit length again."""
    parts = sklearn("decomposition")
    units = min(UNITS, *vectors.shape)
    x = parts.PCA(units, svd_solver="covariance_eigh").fit_transform(vectors.astype(np.float64))
    out: Array = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    return out


def curve(x: Array, ks: Sequence[int] = KS, say: Callable[[str], None] = lambda _: None) -> list[Choice]:
    """The figures of each k, on an even sample of the points."""
    x = x[np.linspace(0, len(x) - 1, min(SAMPLE, len(x))).astype(int)]
    trees = sklearn("cluster").ward_tree(x)
    rng = np.random.default_rng(0)
    low, high = x.min(axis=0), x.max(axis=0)
    references = [rng.uniform(low, high, x.shape) for _ in range(REFERENCES)]
    rows = []
    for k in ks:
        say(f"{k} clusters")
        labels, inertia = kmeans(x, k)
        logs = np.log([kmeans(r, k, starts=1)[1] for r in references])
        gap, error = float(logs.mean() - np.log(inertia)), float(logs.std() * np.sqrt(1 + 1 / REFERENCES))
        rows.append(Choice(k, _silhouette(x, labels), _silhouette(x, cut(trees, k)), gap, error))
    return rows


def best_k(rows: Sequence[Choice]) -> int:
    """The k with the best silhouette among those that the gap statistic admits (Tibshirani's rule: its gap is not below
    that of the next k by more than its error). Where it admits none, because finer clusters are always somewhat better,
    the elbow of the gap: where its curve lies farthest above the straight line from the first k to the last."""
    admitted = [a for a, b in pairwise(rows) if a.gap >= b.gap - b.gap_error]
    if admitted:
        return max(admitted, key=lambda row: (row.silhouette_kmeans, -row.k)).k
    first, last = rows[0], rows[-1]
    slope = (last.gap - first.gap) / max(1, last.k - first.k)
    return max(rows, key=lambda row: (row.gap - first.gap - slope * (row.k - first.k), -row.k)).k


def kmeans(x: Array, k: int, starts: int = 4) -> tuple[Array, float]:
    """Labels [N] and the sum of squared distances."""
    found = sklearn("cluster").KMeans(k, n_init=starts, random_state=0).fit(x)
    return found.labels_, float(found.inertia_)


def agglomerative(x: Array, k: int) -> Array:
    """Labels [N] by Ward's method."""
    return cut(sklearn("cluster").ward_tree(x), k)


def cut(tree: tuple[Any, ...], k: int) -> Array:
    """A tree of merges as k clusters, numbered by their first point."""
    children, points = tree[0], tree[2]
    parent = np.arange(points + len(children))
    for n, (a, b) in enumerate(children[: points - k]):
        parent[[a, b]] = points + n
    roots = np.arange(points)
    while (parent[roots] != roots).any():
        roots = parent[roots]
    _, first, inverse = np.unique(roots, return_index=True, return_inverse=True)
    out: Array = np.argsort(np.argsort(first))[inverse]
    return out


def _silhouette(x: Array, labels: Array) -> float:
    metrics = sklearn("metrics")
    return float(metrics.silhouette_score(x, labels))


def sklearn(name: str) -> Any:
    """A module of scikit-learn; MissingExtraError where it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"sklearn.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("sklearn"):
            raise MissingExtraError("scikit-learn", "train") from None
        raise
