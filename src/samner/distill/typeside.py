"""The type side: which archetype does a definition mean? Learned from the definitions of ontologies, and compared with
matching each definition with the nearest of the archetypes' own.

What is learned is a linear map on the vector that the model compiles of a type anyway, so it costs nothing to use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.alike import open_engine
from samner.archetypes import load
from samner.distill.cluster import sklearn
from samner.distill.embed import embed
from samner.distill.filing import parts
from samner.distill.inventory import Label
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.vectors import type_text
from samner.errors import FormatError
from samner.types import EntityType, Schema

Array = NDArray[Any]
CHOICES = (0.3, 3.0, 30.0)  # inverse strength of the pull to zero
Say = Callable[[str], None]


def learn(
    ontologies: Path,
    *,
    corpus: Path | None,
    model: str | None,
    threads: int | None,
    say: Say = lambda _: None,
) -> tuple[Array, dict[str, Any]]:
    """The map [A, M + 1] from a type's vector to the archetypes' logits, and the figures on held-out classes."""
    regression = sklearn("linear_model").LogisticRegression
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
        fitted = regression(C=choice, max_iter=300).fit(x[~check], y[~check])
        tried[choice] = float((fitted.predict(x[check]) == y[check]).mean())
    best = max(tried, key=lambda c: tried[c])
    fitted = regression(C=best, max_iter=300).fit(x, y)
    table = np.full((len(kinds), x.shape[1] + 1), -30.0, np.float32)  # a kind that nothing is filed under
    for row, kind in enumerate(fitted.classes_):
        table[kind] = [*fitted.coef_[row], fitted.intercept_[row]]
    learned = (asked @ table[:, :-1].T + table[:, -1]).argmax(axis=1)
    nearest = nearest_definition(engine, held).argmax(axis=1)
    untrained = nearest_untrained(kinds, held)
    return table, {
        "learned_from": len(seen),
        "held_out": len(held),
        "accuracy": float((learned == truth).mean()),
        "nearest_definition": float((nearest == truth).mean()),
        "untrained_encoder": float((untrained == truth).mean()),
        "difference": _interval((learned == truth).astype(float) - (nearest == truth)),
        "by_archetype": {
            kind: {
                "classes": int((truth == n).sum()),
                "accuracy": float((learned[truth == n] == n).mean()),
                "nearest_definition": float((nearest[truth == n] == n).mean()),
                "untrained_encoder": float((untrained[truth == n] == n).mean()),
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


def nearest_untrained(kinds: Sequence[str], labels: Sequence[Label]) -> Array:
    """The archetype [N] of the nearest definition as the encoder reads it that the model's training started from."""
    own = {kind.name: kind.definition for kind in load()}
    texts = [type_text(EntityType(kind, own[kind])) for kind in kinds]
    vectors = embed([*texts, *(type_text(EntityType(label.name, label.definition)) for label in labels)])
    nearest: Array = (vectors[len(kinds) :] @ vectors[: len(kinds)].T).argmax(axis=1)
    return nearest


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


HEADING, NEXT = "## Archetypes of types", "## What is zero-shot about it"


def write_in_card(folder: Path, found: Mapping[str, Any]) -> None:
    """Put the figures into the card of a model folder, in place of those that stand there."""
    card = folder / "CARD.md"
    text = card.read_text("utf-8")
    before, mark, after = text.partition(NEXT)
    if not mark:
        raise FormatError(f"the heading {NEXT!r}", f"none in {card}", "export the model again")
    before = before.partition(HEADING)[0]
    sure = found["difference"]
    said = (
        f"Of {found['held_out']} classes of DBpedia of whose names nothing was learned, the definition leads to the "
        f"right archetype for {_percent(found['accuracy'])} by a map of the model's type vectors, learned from "
        f"{found['learned_from']:,} other definitions (`samner archetypes learn`); for "
        f"{_percent(found['nearest_definition'])} by the nearest definition of an archetype in the model's own space, "
        f"which the pipeline uses; and for {_percent(found['untrained_encoder'])} by the nearest in the space of the "
        f"encoder that training started from. The map's lead over the second is {100 * sure['difference']:+.1f} points "
        f"(95% interval {100 * sure['low']:+.1f} to {100 * sure['high']:+.1f}). The map is not in the model: it "
        "brought the pipeline nothing sure (docs/drift.md), and DBpedia, from half of whose classes it learned too, is "
        "share-alike."
    )
    card.write_text(f"{before}{HEADING}\n\n{said}\n\n{NEXT}{after}", encoding="utf-8")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
