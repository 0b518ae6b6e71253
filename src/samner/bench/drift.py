"""`samner bench drift`: does a schema that means the same in other words get the same answers?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from samner.bench import machine
from samner.bench.drift_scores import Scores, compare, count, figures
from samner.bench.drift_variants import VARIANTS, DriftTask, Variant
from samner.bench.looks import LOOKS, log_look, place
from samner.bench.subject import Recognizer, answers
from samner.types import Entity

PROTOCOL = {
    "f1": "strict, in 0 to 1; crossner: micro in a domain, mean of the domains; development: micro over all schemas",
    "change": "F1 less that of the answers to the schema as written, both counted alike (merged types as one)",
    "mean": "plain mean of F1 over the variants, the schema as written among them",
    "spread": "standard deviation of the changes over the variants",
    "worst": "the variant with the lowest change",
    "against": "differences to direct matching, 95% interval: bootstrap over documents, the same for all variants",
    "missing": "a schema that a variant does not apply to (no narrower types known ...) keeps its answers as written",
    "development": "the half by which the work is guided; numbers of every system are fitted on its schemas as written",
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class System:
    """A pipeline under test, and the options of its extraction."""

    ner: Recognizer
    options: Mapping[str, Any] = field(default_factory=dict)


def run(
    systems: Mapping[str, System],
    tasks: Sequence[DriftTask],
    *,
    part: str = "test",
    log: Path = LOOKS,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Every system on every variant of every task; the JSON of `samner bench drift --json`, figures in 0 to 1. The
    first system is the one that the others are compared with. CrossNER's test part is logged as a look."""
    halves = list(dict.fromkeys(task.half for task in tasks))
    looked = "crossner" in halves and part == "test"
    book = place(log) if looked else None
    found: dict[str, dict[str, dict[str, Scores]]] = {half: {} for half in halves}
    for name, system in systems.items():
        for half in halves:
            say(f"{half}: {name}")
            found[half][name] = _measure(system, [t for t in tasks if t.half == half])
    last = list(systems.values())[-1].ner
    result: dict[str, Any] = {
        "benchmark": "drift",
        "part": part,
        "halves": {half: _half(rows) for half, rows in found.items()},
        "model": {"id": last.info.id, "hash": last.info.hash},
        "sentences": {half: sum(len(t.documents) for t in tasks if t.half == half) for half in halves},
        "protocol": PROTOCOL,
        "machine": machine.describe(),
        "version": machine.release(),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    if book is not None:
        rows = result["halves"]["crossner"]
        log_look(
            {
                "model": result["model"],
                "options": {"bench": "drift"},
                "strict": {"mean": list(rows.values())[-1]["variants"]["as written"]["f1"]},
                "paper": {"mean": None},
                "ablations": {n: {"strict": {"mean": row["mean"]}} for n, row in rows.items()},
            },
            book,
        )
    return result


def _half(rows: Mapping[str, dict[str, Scores]]) -> dict[str, Any]:
    first = next(iter(rows))
    return {
        name: figures(scored) | ({} if name == first else {"against": compare(scored, rows[first])})
        for name, scored in rows.items()
    }


def _measure(system: System, tasks: Sequence[DriftTask]) -> dict[str, Scores]:
    scored = {name: Scores() for name in VARIANTS}
    for task in tasks:
        stratum = task.name if task.half == "crossner" else task.half
        first = VARIANTS["as written"](task)
        assert first is not None
        plain = _answers(system, task, first)
        for name, make in VARIANTS.items():
            variant = make(task) or first
            found = plain if variant is first or name == "as written" else _answers(system, task, variant)
            alike = Variant(first.schema, {}, variant.gold)
            scored[name].add(stratum, count(task, variant, found), count(task, alike, plain))
    return scored


def _answers(system: System, task: DriftTask, variant: Variant) -> list[list[Entity]]:
    texts = [d.text for d in task.documents]
    return answers(system.ner, texts, system.ner.compile(variant.schema), **system.options).entities
