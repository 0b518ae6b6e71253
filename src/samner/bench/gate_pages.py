"""The passages of a gate's tasks, judged without and with the LLM, and the signals that could decide whom to ask.

Shapes: N spans of a passage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.bench.oracle import Oracle
from samner.discovery import Discovery, kept
from samner.engines.llm.engine import HybridEngine
from samner.engines.llm.gate import sureness
from samner.given import local
from samner.mediation import Mediation
from samner.passages import Passage, passages
from samner.ports import Judgement, Reading
from samner.types import Document, Mediated, Schema, Span

Array = NDArray[Any]
SIGNALS = ("raw", "probability", "margin", "decision")
OVERLAP = 40  # word pieces that neighbouring passages share
TOGETHER = 64  # passages judged in one go


@dataclass(frozen=True, slots=True)
class GateTask:
    """A schema with texts and their gold: span -> label. `doubtful` spans are neither right nor wrong."""

    schema: Schema
    texts: Sequence[str]
    gold: Sequence[Mapping[Span, str]]
    doubtful: Sequence[frozenset[Span]]


@dataclass(frozen=True, slots=True)
class Page:
    """One passage: its spans, what the embedded calibrator and what the LLM made of them, the signals [N] by name,
    which spans the passage owns [N], and its text's gold and doubtful spans."""

    passage: Passage
    mediated: list[Mediated]
    before: Judgement
    after: Judgement
    signals: dict[str, Array]
    owned: Array
    task: int
    text: int

    @property
    def spans(self) -> list[Span]:
        """The spans that the passage owns, in the offsets of its text."""
        at = self.passage.offset
        mine = [m.candidate.span for m, own in zip(self.mediated, self.owned, strict=True) if own]
        return [Span(span.start + at, span.end + at) for span in mine]


def pages_of(engine: HybridEngine, task: GateTask, number: int, oracle: Oracle | None) -> Iterator[Page]:
    held = [
        (n, passage)
        for n, text in enumerate(task.texts)
        for passage in passages(Document(text), engine.cost, engine.capacity, OVERLAP)
    ]
    for n, passage in held if oracle else ():
        inside = {
            local(passage, span): label
            for span, label in task.gold[n].items()
            if passage.offset <= span.start and span.end <= passage.offset + len(passage.text)
        }
        if oracle:
            oracle.learn(passage.text, inside, task.schema)
    compiled = engine.compile(task.schema)
    for at in range(0, len(held), TOGETHER):
        some = held[at : at + TOGETHER]
        together = [passage for _, passage in some]
        reading = Reading(together, compiled, engine.encode(together), [n for n, _ in some])
        yield from _judged(engine, reading, number, [n for n, _ in some])


def _judged(engine: HybridEngine, reading: Reading, task: int, texts: Sequence[int]) -> Iterator[Page]:
    rule = engine.consensus(frozenset())
    verdicts = Discovery(engine.extractors).run(reading, rule, frozenset())
    mediated = Mediation(engine.classifier).run(reading, [kept(v) for v in verdicts])
    after = engine.calibrator.judge(reading, mediated, frozenset())
    before = engine.embedded.calibrator.judge(reading, mediated, frozenset())
    mentions = engine.embedded.calibrator.judge(reading, mediated, frozenset({"calibration"}))
    threshold = engine.threshold(frozenset())
    for n, passage in enumerate(reading.passages):
        spans = [m.candidate.span for m in mediated[n]]
        signals = _signals(spans, before[n], mentions[n], threshold)
        owned = np.array([passage.owns(span) for span in spans], bool)
        yield Page(passage, mediated[n], before[n], after[n], signals, owned, task, texts[n])


def _signals(
    spans: Sequence[Span], before: Judgement, mention: Judgement, threshold: float
) -> dict[str, Array]:
    """Each signal [N]: the lower, the more in need of a question."""
    if not spans:
        return {name: np.zeros(0) for name in SIGNALS}
    ranked = -np.sort(-before.score, axis=1)
    second = ranked[:, 1] if ranked.shape[1] > 1 else np.zeros(len(ranked))
    raw = np.asarray(before.evidence["match"]).max(axis=1)
    best = ranked[:, 0]
    return {
        "raw": 1 / (1 + np.exp(-np.clip(raw, -60, 60))),
        "probability": best,
        "margin": best - second,
        "decision": sureness(spans, best, mention.score.max(axis=1), threshold),
    }
