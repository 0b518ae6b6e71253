"""`samner adapt`: from a few annotated texts to a model that knows their types better, in seconds on a CPU.

How freely the vectors may change, how scores are tempered, and the threshold come from answers on texts that the
learning did not see (cross-validation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samner.adapt.evidence import gather_evidence
from samner.adapt.learn import Strength
from samner.adapt.scores import Said, gain_beyond_chance, settled_threshold, tempers
from samner.adapt.trial import FOLDS, Trial, laid_over
from samner.alike import open_engine
from samner.bench.datasets import GoldDocument
from samner.engines.embedded.adapter import Adapter, Change, write_adapter
from samner.engines.embedded.engine import EmbeddedEngine
from samner.errors import InputError
from samner.schema import SchemaLike, as_schema
from samner.types import Schema

STRENGTHS = (Strength(1.0, 3.0), Strength(0.1, 0.3), Strength(0.02, 0.03))
FREER, UNCHANGED = 1.5, 1.0  # standard errors of the gain in F1
FEWEST, MOST = 2, 5000
Say = Callable[[str], None]


def adapt(
    documents: Sequence[GoldDocument],
    schema: SchemaLike,
    out: Path,
    *,
    rank: int = 0,
    model: str | Path | None = None,
    threads: int | None = None,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Learn the schema's types from documents with every mention of them marked; write the adapter folder `out`, which
    `SamNER(out)` loads. What comes back is what the card of the adapter says.

    Bound to the types as written: all other types keep their vectors, bit for bit. With a `rank` (extra `train`),
    low-rank updates of the text encoder are tried as well, and made in the place of changed vectors where answers on
    texts held back are better: these move the answers for all types a little. Raises InputError for too few or too
    many documents, ModelError for a model that is no embedded one, MissingExtraError.
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
    best = chosen(found)
    said, changes, encoder = found[best], trial.changes(best, seen), False
    if rank:
        say(f"tuning the encoder with rank {rank}, {FOLDS} times")
        tuned = trial.said_tuned(rank)
        if encoder := tuned.best_f1() > said.best_f1():
            say(f"tuning the encoder with rank {rank} on all texts")
            engine, said, changes = trial.tuned(rank, out / "model"), tuned, trial.changes(None, seen)
            best = None
    adapter = finished(engine, types, changes, said, out.name)
    report = {
        "documents": len(documents),
        "mentions": said.gold,
        "f1_before": found[None].best_f1(),
        "f1_after": said.best_f1(),
        "strength": None if best is None else {"match": best.match, "anchor": best.anchor},
        "rank": rank if encoder else None,
        "protocol": f"strict micro-F1 at the best threshold, {FOLDS}-fold cross-validation on the given texts",
    }
    write_adapter(out, replace(adapter, about=report), engine.manifest.folder)
    return report


def chosen(found: Mapping[Strength | None, Said]) -> Strength | None:
    """How freely to change, by answers on texts held back. A few texts say little, and the best of several tries is
    often the luckiest: so the stiffest, unless a freer one is better by more than chance or no change is."""
    stiffest, *freer = STRENGTHS
    best = stiffest
    for strength in freer:
        if gain_beyond_chance(found[strength], found[stiffest]) > FREER:
            best = max(best, strength, key=lambda s: found[s].best_f1())
    return None if gain_beyond_chance(found[None], found[best]) > UNCHANGED else best


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
