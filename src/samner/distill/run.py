"""`samner archetypes distill`: the whole way from ontologies and inventories to a set of archetypes. No chance in it:
the same inputs give the same files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samner.distill import align, cluster, nodes, pictures, write
from samner.distill.compare import compare
from samner.distill.inventory import Label, gather

Say = Callable[[str], None]
KMEANS, AGGLOMERATIVE = "kmeans", "agglomerative"


def distill(
    out: Path,
    ontologies: Path,
    *,
    corpus: Path | None = None,
    schemas: Iterable[Path | str] = (),
    k: int | None = None,
    method: str = KMEANS,
    ks: Sequence[int] = cluster.KS,
    cache: Path | None = None,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Write `archetypes.yaml`, `report.json`, `k.png` and `map.png` into `out`; return the report.

    `k` None: chosen by gap statistic and silhouette. Raises FormatError for a missing file or too few types.
    """
    from samner.distill.embed import embed

    inventory = gather(corpus, schemas)
    say(f"embedding {len(inventory)} types")
    x = cluster.project(embed([label.text for label in inventory], cache))
    rows = cluster.curve(x, [n for n in ks if n < len(x) / 2], say) if k is None else []
    chosen = k or cluster.best_k(rows)
    say(f"clustering into {chosen}")
    by = {KMEANS: cluster.kmeans(x, chosen)[0], AGGLOMERATIVE: cluster.agglomerative(x, chosen)}
    aligned, wordnet = _aligned(by[method], inventory, ontologies, say)
    made = write.clusters(by[method], x, inventory, aligned, wordnet)
    numbers = _numbers(made, inventory)
    names, filed = [c.name for c in made], [label.archetype for label in inventory]
    report = {
        "types": len(inventory),
        "k": chosen,
        "method": method,
        "curve": [row.to_dict() for row in rows],
        "agreement_of_methods": _agreement(by[KMEANS], by[AGGLOMERATIVE]),
        "against": compare(numbers, names, filed),
        "archetypes": [_described(c) for c in made],
    }
    note = (
        f"Distilled by `samner archetypes distill` from {len(inventory)} types, {method}, {chosen} clusters."
    )
    write.write(
        out / "archetypes.yaml",
        made,
        f"{note}\nDefinitions begin with those of Open English WordNet (CC BY 4.0).",
    )
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if rows:
        pictures.curve(rows, chosen, out / "k.png")
    pictures.map_(x, numbers, names, out / "map.png")
    return report


def _aligned(
    labels: Any, inventory: Sequence[Label], folder: Path, say: Say
) -> tuple[dict[str, list[list[align.Match]]], nodes.Ontology]:
    """The best nodes of every cluster in each ontology, and WordNet, whose words name the clusters."""
    names = [label.name for label in inventory]
    found: dict[str, list[list[align.Match]]] = {}
    wordnet: nodes.Ontology = {}
    for name in (nodes.WORDNET, nodes.DBPEDIA, nodes.SCHEMA_ORG):
        say(f"aligning to {name}")
        ontology = nodes.read(folder, name)
        found[name] = align.align(labels, align.shares(names, ontology), ontology)
        wordnet = ontology if name == nodes.WORDNET else wordnet
    return found, wordnet


def _numbers(made: Sequence[write.Cluster], inventory: Sequence[Label]) -> Any:
    """The cluster of each type, in the order of `made`."""
    place = {label.name: n for n, c in enumerate(made) for label in c.members}
    return np.array([place[label.name] for label in inventory])


def _agreement(one: Any, other: Any) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(one, other))


def _described(made: write.Cluster) -> dict[str, Any]:
    return {
        "name": made.name,
        "parent": made.parent,
        "size": len(made.members),
        "typical": [label.name for label in made.members[:8]],
        "nodes": {
            o: {
                "id": m.node.id,
                "name": m.node.names[0],
                "f1": m.f1,
                "precision": m.precision,
                "recall": m.recall,
            }
            for o, m in made.matches.items()
        },
    }
