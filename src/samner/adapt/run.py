"""`samner adapt`: from a few annotated texts to a model that knows their types better, in seconds on a CPU.

How freely the vectors may change, how scores are tempered, and the threshold come from answers on texts that the
learning did not see (cross-validation); where no change helps there, nothing is changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samner.adapt.evidence import Evidence, gather_evidence, join
from samner.adapt.learn import Strength, learn
from samner.adapt.scores import LEAST, Said, judge, settled_threshold, tempers
from samner.alike import open_engine
from samner.bench.datasets import GoldDocument
from samner.engines.embedded.adapter import Adapter, Change, write_adapter
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.vectors import type_text
from samner.errors import InputError
from samner.pipeline import SamNER
from samner.schema import SchemaLike, as_schema
from samner.types import Entity, Failure, Schema

STRENGTHS = (Strength(1.0, 3.0), Strength(0.1, 0.3), Strength(0.02, 0.03))
FOLDS = 4
FEWEST, MOST = 2, 5000
Say = Callable[[str], None]


def adapt(
    documents: Sequence[GoldDocument],
    schema: SchemaLike,
    out: Path,
    *,
    model: str | Path | None = None,
    threads: int | None = None,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Learn the schema's types from documents with every mention of them marked; write the adapter folder `out`, which
    `SamNER(out)` loads. What comes back is what the card of the adapter says.

    Bound to the types as written: all other types keep their vectors, bit for bit. Raises InputError for too few or
    too many documents, ModelError for a model that is no embedded one.
    """
    types = as_schema(schema)
    check(documents, types)
    engine = open_engine(model, None, threads)
    compiled = engine.compile(types)
    say(f"reading {len(documents)} texts")
    seen = gather_evidence(engine, compiled, documents)
    trial = Trial(engine, types, documents, seen, threads)
    found: dict[Strength | None, Said] = {}
    for strength in (None, *STRENGTHS):
        say("as the model is" if strength is None else f"learning with {strength}, {FOLDS} times")
        found[strength] = trial.said(strength)
    best = max(found, key=lambda s: (found[s].best_f1(), s is None))
    changes = trial.changes(best, seen)
    adapter = finished(engine, types, changes, found[best], out.name)
    report = {
        "documents": len(documents),
        "mentions": found[best].gold,
        "f1_before": found[None].best_f1(),
        "f1_after": found[best].best_f1(),
        "strength": None if best is None else {"match": best.match, "anchor": best.anchor},
        "protocol": f"strict micro-F1 at the best threshold, {FOLDS}-fold cross-validation on the given texts",
    }
    write_adapter(out, replace(adapter, about=report), engine.manifest.folder)
    return report


def check(documents: Sequence[GoldDocument], schema: Schema) -> None:
    """InputError for data that nothing can be learned from."""
    if not FEWEST <= len(documents) <= MOST:
        remedy = "train from a recipe on more" if len(documents) > MOST else "annotate some more"
        raise InputError(f"{FEWEST} to {MOST} annotated texts", str(len(documents)), remedy)
    labels = {e.label for d in documents for e in d.entities}
    if not labels:
        raise InputError("mentions marked in the texts", "none", "mark every mention of the schema's types")
    if strange := sorted(labels - set(schema.names)):
        raise InputError("labels of the schema", repr(strange[0]), "add it to the schema, or mend the data")


class Trial:
    """Cross-validation: learn on most texts, answer on the others with the real pipeline."""

    def __init__(
        self,
        engine: EmbeddedEngine,
        schema: Schema,
        documents: Sequence[GoldDocument],
        seen: Sequence[Evidence],
        threads: int | None,
    ) -> None:
        self._engine, self._schema, self._threads = engine, schema, threads
        self._documents, self._seen = documents, seen
        self._parents = engine.compile(schema).parents

    def changes(self, strength: Strength | None, seen: Sequence[Evidence]) -> list[Change]:
        """The change of each type; of nothing where `strength` is None."""
        if strength is None:
            return [Change.nothing(self._engine.manifest.sizes) for _ in self._schema]
        return learn(join(seen), self._parents, strength)

    def said(self, strength: Strength | None) -> Said:
        """Answers on all texts, each by a model that has not learned from it."""
        folds = min(FOLDS, len(self._documents)) if strength is not None else 1
        results: list[list[Entity] | Failure] = [[] for _ in self._documents]
        for fold in range(folds):
            held = range(fold, len(self._documents), folds)
            rest = [s for n, s in enumerate(self._seen) if n % folds != fold]
            ner = self._model(self.changes(strength, rest))
            texts = [self._documents[n].text for n in held]
            for n, result in zip(held, ner.extract_batch(texts, self._schema, threshold=LEAST), strict=True):
                results[n] = result
        return judge(self._documents, results)

    def _model(self, changes: Sequence[Change]) -> SamNER:
        with tempfile.TemporaryDirectory() as folder:
            adapter = laid_over(self._engine, self._schema, changes, "trial")
            write_adapter(Path(folder), adapter, self._engine.manifest.folder)
            return SamNER(folder, threads=self._threads)


def laid_over(engine: EmbeddedEngine, schema: Schema, changes: Sequence[Change], name: str) -> Adapter:
    """An adapter on the engine's model: what the engine's own adapter holds, and these changes on top."""
    old = engine.adapter or Adapter(name, engine.manifest.hash)
    new = {
        type_text(kind): _sum(before, change)
        for kind, before, change in zip(schema, old.of(schema), changes, strict=True)
    }
    return Adapter(name, engine.manifest.hash, {**old.types, **new}, old.fitted)


def _sum(old: Change | None, new: Change) -> Change:
    """Two changes of the same type in one; scale, shift and threshold are those of the later one."""
    if old is None:
        return new
    names = ("match", "bias", "start", "end", "inside")
    parts = {name: getattr(old, name) + getattr(new, name) for name in names}
    scale, shift = old.scale * new.scale, old.shift * new.scale + new.shift
    return Change(**parts, scale=scale, shift=shift, threshold=new.threshold or old.threshold)


def finished(
    engine: EmbeddedEngine, schema: Schema, changes: Sequence[Change], said: Said, name: str
) -> Adapter:
    """The adapter, its scores tempered and its threshold set by answers on texts that were not learned from. On scores
    that mean what they say one threshold is best for all types."""
    by = tempers(said, schema.names)
    threshold = round(settled_threshold(said, by, engine.threshold(frozenset())), 4)
    rows = zip(schema.names, changes, strict=True)
    done = [
        replace(change, scale=by[label][0], shift=by[label][1], threshold=threshold) for label, change in rows
    ]
    return laid_over(engine, schema, done, name)
