"""The pipelines that `samner bench drift` compares: one model, its numbers fitted anew with parts of the match's
correction left out, on the development schemas as written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from samner.alike import open_engine
from samner.bench.drift import System
from samner.engines.embedded.adapter import Adapter, write_adapter
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.store import Fitted
from samner.pipeline import SamNER
from samner.train.evidence import Evidence, collect
from samner.train.fit import AGREEMENT_SHARES, PRIOR_SHARES, logistic, score
from samner.train.material import Material

DIRECT, MEDIATION, PRIOR, BOTH = (
    "direct matching",
    "with mediation",
    "with the prior correction",
    "with both",
)
UNMEDIATED, SHIPPED = "as shipped, mediation off", "as shipped"
Say = Callable[[str], None]


def systems(
    held: Material, folder: Path, *, model: str | None, threads: int | None, say: Say = lambda _: None
) -> dict[str, System]:
    """The systems by name; their adapters are written into `folder`."""
    engine = open_engine(model, None, threads)
    say("fitting each system on the development schemas")
    made = {}
    for name, numbers in fitted(engine, held).items():
        place = folder / name.replace(" ", "-")
        adapter = engine.adapter or Adapter(name, engine.manifest.hash)
        write_adapter(place, replace(adapter, fitted={"": numbers}), engine.manifest.folder)
        made[name] = System(SamNER(place, threads=threads))
    plain = SamNER(model, threads=threads)
    return {**made, UNMEDIATED: System(plain, {"without": frozenset({"mediation"})}), SHIPPED: System(plain)}


def fitted(engine: EmbeddedEngine, held: Material) -> Mapping[str, Fitted]:
    """The numbers of each system that differs from the shipped one."""
    evidence = collect(engine, held)
    bare = replace(engine.numbers(frozenset()), prior_share=0.0, agreement_share=0.0, broader_share=0.0)
    shares = [s for s in PRIOR_SHARES if s]
    direct = _best(evidence, [bare])
    prior = _best(evidence, [replace(bare, prior_share=s) for s in shares])
    return {
        DIRECT: direct,
        MEDIATION: _best(evidence, [replace(bare, agreement_share=s) for s in AGREEMENT_SHARES]),
        PRIOR: prior,
        BOTH: _best(evidence, [replace(prior, agreement_share=s) for s in AGREEMENT_SHARES]),
    }


def _best(evidence: Sequence[Evidence], choices: Sequence[Fitted]) -> Fitted:
    """Of some shares those with the best F1, with weights and threshold fitted for each."""
    tried = []
    for numbers in choices:
        weighed = logistic(evidence, numbers, "")
        found = score(evidence, weighed, "")
        tried.append((found.f1, replace(weighed, threshold=found.threshold)))
    return max(tried, key=lambda pair: pair[0])[1]
