"""The type side: which archetype does a definition mean? Learned from the definitions of ontologies, and compared with
matching each definition with the nearest of the archetypes' own.

What is learned is a linear map on the vector that the model compiles of a type anyway, so it costs nothing to use.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.alike import open_engine
from samner.distill.inventory import Label, gather
from samner.distill.nodes import DBPEDIA, SCHEMA_ORG, WORDNET, Ontology, ancestors, read
from samner.engines.embedded.engine import EmbeddedEngine
from samner.types import EntityType, Schema

Array = NDArray[Any]
HELD = 2  # every second class of DBpedia, by hash, is held out
WORDS = 400  # synsets of WordNet under one archetype that training sees
CHOICES = (0.3, 3.0, 30.0)  # inverse strength of the pull to zero
Say = Callable[[str], None]


def filed(ontology: Ontology, anchors: Mapping[str, str]) -> list[Label]:
    """The classes of an ontology below an anchor, each under the archetype of the nearest one above it."""
    rows = []
    for id, node in ontology.items():
        above = [anchors[up] for up in ancestors(ontology, id) if up in anchors]
        if above:
            rows.append(Label(node.names[0], node.definition, above[0]))
    return rows


def anchors(name: str) -> dict[str, str]:
    """Class -> archetype, of the classes right below which all are of one archetype (anchors.tsv)."""
    text = (files("samner.distill") / "anchors.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {id: archetype for ontology, id, archetype in rows if ontology == name}


def rank(label: Label) -> str:
    """An order by chance that is the same on every machine."""
    return hashlib.sha256(label.name.encode()).hexdigest()


def parts(ontologies: Path, corpus: Path | None) -> tuple[list[Label], list[Label]]:
    """Types to learn from, and held-out classes of DBpedia; no name is in both."""
    classes = sorted(
        {c.name: c for c in filed(read(ontologies, DBPEDIA), anchors(DBPEDIA))}.values(), key=rank
    )
    held = classes[::HELD]
    names = {label.name for label in held}
    words = _few_of_each(filed(read(ontologies, WORDNET), anchors(WORDNET)))
    others = [*classes, *filed(read(ontologies, SCHEMA_ORG), anchors(SCHEMA_ORG)), *words]
    own = [label for label in gather(corpus) if label.archetype] if corpus is not None else []
    seen = {label.name: label for label in reversed((*others, *own)) if label.name not in names}
    return sorted(seen.values(), key=rank), held


def _few_of_each(labels: Sequence[Label]) -> list[Label]:
    """WordNet knows thousands of animals and a dozen programs."""
    counts: Counter[str] = Counter()
    few = []
    for label in sorted(labels, key=rank):
        counts[label.archetype] += 1
        if counts[label.archetype] <= WORDS:
            few.append(label)
    return few


def learn(
    ontologies: Path,
    *,
    corpus: Path | None,
    model: str | None,
    threads: int | None,
    say: Say = lambda _: None,
) -> tuple[Array, dict[str, Any]]:
    """The map [A, M + 1] from a type's vector to the archetypes' logits, and the figures on held-out classes."""
    from sklearn.linear_model import LogisticRegression

    engine = open_engine(model, None, threads)
    kinds = engine.classifier.archetypes
    seen, held = parts(ontologies, corpus)
    say(f"reading {len(seen)} definitions, and {len(held)} held-out ones")
    x, asked = _vectors(engine, seen), _vectors(engine, held)
    y = np.array([kinds.index(label.archetype) for label in seen])
    truth = np.array([kinds.index(label.archetype) for label in held])
    check = np.arange(len(seen)) % 10 == 0
    tried = {}
    for choice in CHOICES:
        say(f"learning with {choice}")
        fitted = LogisticRegression(C=choice, max_iter=300).fit(x[~check], y[~check])
        tried[choice] = float((fitted.predict(x[check]) == y[check]).mean())
    best = max(tried, key=lambda c: tried[c])
    fitted = LogisticRegression(C=best, max_iter=300).fit(x, y)
    table = np.full((len(kinds), x.shape[1] + 1), -30.0, np.float32)  # a kind that nothing is filed under
    for row, kind in enumerate(fitted.classes_):
        table[kind] = [*fitted.coef_[row], fitted.intercept_[row]]
    learned = (asked @ table[:, :-1].T + table[:, -1]).argmax(axis=1)
    nearest = nearest_definition(engine, held).argmax(axis=1)
    return table, {
        "learned_from": len(seen),
        "held_out": len(held),
        "accuracy": float((learned == truth).mean()),
        "nearest_definition": float((nearest == truth).mean()),
        "difference": _interval((learned == truth).astype(float) - (nearest == truth)),
        "by_archetype": {
            kind: {
                "classes": int((truth == n).sum()),
                "accuracy": float((learned[truth == n] == n).mean()),
                "nearest_definition": float((nearest[truth == n] == n).mean()),
            }
            for n, kind in enumerate(kinds)
            if (truth == n).any()
        },
        "inverse_pull": best,
        "protocol": "DBpedia classes of which nothing was learned, filed by the nearest anchored class above "
        "(anchors.tsv); interval: 95%, bootstrap over classes",
    }


def nearest_definition(engine: EmbeddedEngine, labels: Sequence[Label]) -> Array:
    """How the model reads archetypes without learning: by match with their definitions, [N, A]."""
    return engine.compile(_schema(labels)).archetypes


def _vectors(engine: EmbeddedEngine, labels: Sequence[Label]) -> Array:
    vectors = engine.describe(_schema(labels)).as_span
    out: Array = vectors * vectors.shape[1] ** -0.5
    return out


def _schema(labels: Sequence[Label]) -> Schema:
    return Schema(tuple(EntityType(label.name, label.definition) for label in labels))


def _interval(paired: Array) -> dict[str, float]:
    rng = np.random.default_rng(0)
    means = paired[rng.integers(len(paired), size=(2000, len(paired)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"difference": float(paired.mean()), "low": float(low), "high": float(high)}
