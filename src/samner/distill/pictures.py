"""The distillation in pictures: how many clusters, and where the types lie."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.bench.pictures import figure, save
from samner.distill.cluster import Choice

Array = NDArray[Any]
SHOWN = 3000  # types on the map


def curve(rows: Sequence[Choice], chosen: int, file: Path) -> None:
    """Silhouette of both methods and gap statistic over the number of clusters."""
    fig, (left, right) = figure(2, width=5.2, height=3.8)
    ks = [row.k for row in rows]
    left.plot(ks, [row.silhouette_kmeans for row in rows], marker="o", markersize=4, label="k-means")
    left.plot(
        ks, [row.silhouette_agglomerative for row in rows], marker="s", markersize=4, label="agglomerative"
    )
    left.set_ylabel("mean silhouette")
    left.legend(frameon=False)
    right.errorbar(ks, [row.gap for row in rows], [row.gap_error for row in rows], marker="o", markersize=4)
    right.set_ylabel("gap statistic, k-means")
    for ax in (left, right):
        ax.axvline(chosen, color="#D9534F", linestyle="--", linewidth=1)
        ax.set_xlabel("clusters")
    right.annotate(
        f"chosen: {chosen}",
        (chosen, right.get_ylim()[0]),
        (4, 4),
        textcoords="offset points",
        color="#D9534F",
    )
    save(fig, file)


def map_(x: Array, labels: Array, names: Sequence[str], file: Path) -> None:
    """Types in two dimensions (t-SNE), coloured by archetype, each archetype's name at its middle."""
    manifold = import_module("sklearn.manifold")
    rows = np.linspace(0, len(x) - 1, min(SHOWN, len(x))).astype(int)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    flat = manifold.TSNE(2, perplexity=perplexity, init="pca", random_state=0).fit_transform(x[rows])
    fig, (ax,) = figure(1, width=9, height=7)
    colours = import_module("matplotlib").colormaps["tab20"]
    for c, name in enumerate(names):
        mine = flat[labels[rows] == c]
        if not len(mine):
            continue
        ax.scatter(mine[:, 0], mine[:, 1], s=6, color=colours(c % 20), alpha=0.7)
        at = np.median(mine, axis=0)
        ax.annotate(
            name, at, ha="center", fontsize=9, weight="bold", bbox={"fc": "white", "alpha": 0.7, "ec": "none"}
        )
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    save(fig, file)
