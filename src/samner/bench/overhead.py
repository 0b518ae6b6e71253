"""`samner bench llm-overhead`: what samner itself costs around an LLM, against a server that answers at once.

Discovery and mediation are worked out beforehand. What is timed: the embedded judgement that every answer falls back
on, prompts, requests through the client with so many on the way at once, replies read and checked, choices settled.
One request a document; the server is a process of its own on the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samner.archetypes import load as load_archetypes
from samner.bench import machine, workload
from samner.bench.instant import instant_server
from samner.bench.machine import busy
from samner.bench.tables import table
from samner.calibration import Calibration, Limits, settle, to_entity
from samner.discovery import Discovery, kept
from samner.engines.llm.engine import HybridEngine
from samner.llms import LLMSettings
from samner.mediation import Mediation
from samner.options import LLMUse, Options
from samner.passages import passages
from samner.pipeline import ASKING, OVERLAP
from samner.ports import Reading
from samner.schema import as_schema
from samner.types import Document, Entity, Mediated
from samner.workers import batched, in_order

if TYPE_CHECKING:
    from rich.console import Console

BATCH = 32  # documents handed on together, as in the pipeline
NOTHING: frozenset[str] = frozenset()


def run(model: Path, documents: int = 2000, concurrency: int = 32, rounds: int = 3) -> dict[str, Any]:
    """Documents a second, as `samner bench llm-overhead --json` writes it."""
    load = machine.load()
    with instant_server() as url:
        settings = LLMSettings(model="instant", base_url=url, concurrency=concurrency, cache_dir=False)
        threads = machine.cores()
        engine = HybridEngine(model, load_archetypes(), None, threads, settings, LLMUse(gate=None))
        prepared = _prepared(engine, documents)
        calibration = Calibration(engine.calibrator, Mediation(engine.classifier).best)
        _settled(engine, calibration, prepared[0])  # the connection is made
        before, rates = engine.asks.usage, []
        for _ in range(rounds):
            start = time.perf_counter()
            work = lambda some: [e for one in some for e in _settled(engine, calibration, one)]  # noqa: E731
            done = sum(1 for _ in in_order(work, prepared, 1, max(threads, ASKING)))
            rates.append(done / (time.perf_counter() - start))
        usage = engine.asks.usage
    return {
        "benchmark": "llm-overhead",
        "model": {"id": engine.info.id, "hash": engine.info.hash},
        "documents": documents,
        "concurrency": concurrency,
        "requests": (usage.requests - before.requests) // rounds,
        "lost": engine.asks.failures.lost,
        "documents_per_second": sorted(rates)[len(rates) // 2],
        "samples": rates,
        "load_before": load,
        "machine": machine.describe(),
        "version": machine.release(),
    }


Prepared = tuple[Reading, list[list[Mediated]]]


def _prepared(engine: HybridEngine, documents: int) -> list[Prepared]:
    """Readings of so many documents in batches, through discovery and mediation."""
    (job,) = workload.default_jobs()
    compiled = engine.compile(as_schema(job.types))
    discovery, mediation = Discovery(engine.extractors), Mediation(engine.classifier)
    batches = []
    for some in batched(islice(cycle(job.texts), documents), BATCH):
        held = [next(passages(Document(text), engine.cost, engine.capacity, OVERLAP)) for text in some]
        reading = Reading(held, compiled, engine.encode(held), range(len(held)))
        verdicts = discovery.run(reading, engine.consensus(NOTHING), NOTHING)
        batches.append((reading, mediation.run(reading, [kept(v) for v in verdicts])))
    return batches


def _settled(engine: HybridEngine, calibration: Calibration, prepared: Prepared) -> list[list[Entity]]:
    """The third stage, and each document's entities. A reading's notes are its own: it may be used again."""
    held, mediated = prepared
    assert held.compiled is not None
    reading = Reading(held.passages, held.compiled, held.encoded, held.documents)
    limits = Limits(held.compiled.schema, engine.threshold(NOTHING), Options())
    chosen = calibration.run(reading, mediated, Options(), limits)
    rows = zip(held.passages, chosen, strict=True)
    return [settle([to_entity(p, c) for c in choices], limits, Options()) for p, (_, choices) in rows]


def print_overhead(result: dict[str, Any], console: Console) -> None:
    """One line a figure."""
    rows = table("around an LLM that answers at once", "what", "figure")
    rates: Sequence[float] = result["samples"]
    spread = f"{min(rates):.0f} to {max(rates):.0f}"
    rows.add_row("documents a second", f"{result['documents_per_second']:.0f} ({spread})")
    rows.add_row(
        "documents, requests, lost", f"{result['documents']}, {result['requests']}, {result['lost']}"
    )
    rows.add_row("requests on the way at once", str(result["concurrency"]))
    console.print(rows)
    if warning := busy(result):
        console.print(warning)
