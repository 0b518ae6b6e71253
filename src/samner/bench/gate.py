"""`samner bench gate`: F1 against the share of spans that the LLM is asked about, by the signal that decides.

The LLM is asked about every span once; what a gate would have let through is worked out from that. *Signals*: the
embedded match before any correction (`raw`), the probability of the best type (`probability`), that less the second
best's (`margin`), and the probability that the decision about the span is right (`decision`, the engine's own gate).
F1 is strict and micro over all tasks; *gain* is the share of what asking about every span brings. With the oracle (an
LLM that answers from the gold) the curve is an upper bound for these spans, and no result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from samner.archetypes import load as load_archetypes
from samner.bench import machine
from samner.bench.gate_pages import SIGNALS, Array, GateTask, Page, pages_of
from samner.bench.gate_requests import requests_of
from samner.bench.oracle import Oracle
from samner.bench.tables import percent, table
from samner.calibration import Calibration, Limits, settle, to_entity
from samner.engines.llm.engine import HybridEngine
from samner.mediation import Mediation
from samner.options import LLMUse, Options
from samner.ports import LLM, Judgement, Reading
from samner.types import Entity, Schema

if TYPE_CHECKING:
    from rich.console import Console

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def run(
    tasks: Sequence[GateTask],
    model: Path,
    llm: LLM | Any = None,
    threads: int = 2,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The curve of each signal, as `samner bench gate --json` writes it. `llm` None is the oracle."""
    oracle = Oracle() if llm is None else None
    engine = HybridEngine(model, load_archetypes(), None, threads, oracle or llm, LLMUse(gate=None))
    pages: list[Page] = []
    for n, task in enumerate(tasks):
        say(f"{n + 1} of {len(tasks)}: {len(task.texts)} texts, {len(task.schema)} types")
        pages += pages_of(engine, task, n, oracle)
    judge = _Judge(engine, tasks, pages)
    none, every = judge.f1(lambda page: page.owned & False), judge.f1(lambda page: page.owned)
    spans = sum(int(page.owned.sum()) for page in pages)
    return {
        "benchmark": "gate",
        "llm": dict(engine.asks.about)["llm"],
        "bound": oracle is not None,
        "model": {"id": engine.info.id, "hash": engine.info.hash},
        "machine": machine.describe(),
        "texts": sum(len(task.texts) for task in tasks),
        "spans": spans,
        "wrong": judge.wrong() / max(1, spans),
        "f1_without": none,
        "f1_with_all": every,
        "curves": {name: _curve(judge, pages, name, none, every) for name in SIGNALS},
        "default_gate": LLMUse().gate,
        "at_default": judge.at(LLMUse().gate or 1.0, none, every),
        "requests": requests_of(model, tasks, threads),
    }


def _curve(
    judge: _Judge, pages: Sequence[Page], name: str, none: float, every: float
) -> list[dict[str, float]]:
    values = np.concatenate([page.signals[name][page.owned] for page in pages])
    rows = []
    for share in SHARES:
        below = float(np.quantile(values, share)) if len(values) else 0.0
        rows.append(judge.at(below, none, every, name))
    return rows


class _Judge:
    """Scores the pages with the LLM's answers taken for some of the spans only."""

    def __init__(self, engine: HybridEngine, tasks: Sequence[GateTask], pages: Sequence[Page]) -> None:
        self._engine, self._tasks, self._pages = engine, tasks, pages
        self._mediation = Mediation(engine.classifier)
        self._wanted = sum(len(gold) for task in tasks for gold in task.gold)

    def at(self, below: float, none: float, every: float, name: str = "decision") -> dict[str, float]:
        """Share asked, F1 and share of the gain where the spans with a signal below a value are asked about."""

        def asked(page: Page) -> Array:
            chosen: Array = page.owned & (page.signals[name] < below)
            return chosen

        share = sum(int(asked(page).sum()) for page in self._pages) / sum(
            int(page.owned.sum()) for page in self._pages
        )
        f1 = self.f1(asked)
        return {"below": below, "share": share, "f1": f1, "gain": (f1 - none) / ((every - none) or 1.0)}

    def f1(self, asked: Callable[[Page], Array]) -> float:
        right = found = 0
        for (task, text), entities in self._settled(asked):
            gold, doubtful = self._tasks[task].gold[text], self._tasks[task].doubtful[text]
            said = [e for e in entities if e.span not in doubtful]
            found += len(said)
            right += sum(gold.get(e.span) == e.label for e in said)
        return 2 * right / max(1, found + self._wanted)

    def wrong(self) -> int:
        """Spans whose embedded decision is wrong: no gate that asks about fewer can bring the full gain."""
        told = dict(self._settled(lambda page: page.owned & False))
        count = 0
        for page in self._pages:
            gold = self._tasks[page.task].gold[page.text]
            out = {e.span: e.label for e in told.get((page.task, page.text), [])}
            count += sum(out.get(span) != gold.get(span) for span in page.spans)
        return count

    def _settled(self, asked: Callable[[Page], Array]) -> Iterator[tuple[tuple[int, int], list[Entity]]]:
        """The entities of each text, by its task and number."""
        found: dict[tuple[int, int], list[Entity]] = {}
        for page in self._pages:
            found.setdefault((page.task, page.text), []).extend(self._entities(page, asked(page)))
        for (task, text), entities in found.items():
            yield (task, text), settle(entities, self._limits(task), Options())

    def _entities(self, page: Page, asked: Array) -> list[Entity]:
        score = np.where(asked[:, None], page.after.score, page.before.score)
        judged = replace(page.before, score=score.astype(np.float32))
        calibration = Calibration(_Fixed(judged), self._mediation.best)
        schema = self._tasks[page.task].schema
        reading = Reading([page.passage], _Plain(schema), [None])
        ((_, choices),) = calibration.run(reading, [page.mediated], Options(), self._limits(page.task))
        return [to_entity(page.passage, c) for c in choices if page.passage.owns(c.span)]

    def _limits(self, task: int) -> Limits:
        return Limits(self._tasks[task].schema, self._engine.threshold(frozenset()), Options())


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A calibrator that says what it is told."""

    judged: Judgement

    def judge(self, reading: Reading, mediated: Any, without: frozenset[str]) -> list[Judgement]:
        return [self.judged]


@dataclass(frozen=True, slots=True)
class _Plain:
    schema: Schema


def print_gate(result: dict[str, Any], console: Console) -> None:
    """The curves as a table: for each signal the F1, and the share of the gain, by the share of spans asked about."""
    bound = " (an upper bound, no result)" if result["bound"] else ""
    rows = table(f"gate, {result['llm']}{bound}", "spans asked about", *SIGNALS)
    for n, share in enumerate(SHARES):
        shown = (result["curves"][name][n] for name in SIGNALS)
        rows.add_row(percent(share), *(f"{percent(row['f1'])} ({percent(row['gain'])})" for row in shown))
    console.print(rows)
    at = result["at_default"]
    console.print(
        f"F1 {percent(result['f1_without'])} without, {percent(result['f1_with_all'])} with every span asked about; "
        f"in brackets the share of that gain. {result['spans']} spans, {percent(result['wrong'])}% of the decisions "
        f"about them wrong. The gate of {result['default_gate']} asks about {percent(at['share'])}%: "
        f"F1 {percent(at['f1'])}, {percent(at['gain'])}% of the gain."
    )
