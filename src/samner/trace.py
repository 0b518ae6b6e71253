"""What each stage saw and decided, kept only when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from samner.calibration import Choice
from samner.discovery import Verdict
from samner.passages import Passage
from samner.ports import Asking, Judgement, Note, Usage
from samner.types import Document, Entity, Mediated, Span


@dataclass(frozen=True, slots=True)
class Steps:
    """A passage on its way through the stages. `judgement` is None when no schema is given; `notes` are those that the
    stages left about it."""

    passage: Passage
    verdicts: list[Verdict]
    mediated: list[Mediated]
    judgement: Judgement | None
    choices: list[Choice]
    notes: Sequence[Note] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The stages' records of one document as plain data: `discovery`, `mediation` and `calibration` hold a dict a
    span, with start, end and text and what the stage has to say of it. `entities` is the result. `llm` tells of what
    an LLM was asked and answered, `metadata` of which one and its cost; both are empty where none was asked."""

    text: str
    discovery: list[dict[str, Any]]
    mediation: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    entities: list[Entity]
    llm: list[dict[str, Any]] = field(default_factory=list)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; probabilities are rounded to six places."""
        asked = {"llm": self.llm, "metadata": dict(self.metadata)} if self.metadata else {}
        return {
            "text": self.text,
            "discovery": self.discovery,
            "mediation": self.mediation,
            "calibration": self.calibration,
            "entities": [e.to_dict() for e in self.entities],
            **asked,
        }


def make_trace(
    document: Document,
    steps: Sequence[Steps],
    labels: Sequence[str],
    archetypes: Sequence[str],
    entities: list[Entity],
    metadata: Mapping[str, Any],
) -> Trace:
    """Gather the passages' steps; a span is told of by the passage that owns it."""
    by_span = {(e.start, e.end): e for e in entities}
    return Trace(
        document.text,
        [row for s in steps for row in _discovery(s)],
        [row for s in steps for row in _mediation(s, archetypes)],
        [row for s in steps for row in _calibration(s, labels, by_span)],
        entities,
        [row for s in steps for row in _noted(s)],
        metadata,
    )


def metadata(asks: Asking | None, notes: Iterable[Note]) -> dict[str, Any]:
    """Of a document: the LLM and its prompts, what it cost (in money too where prices are known), and how often each
    event of each role came about. Empty where there is no LLM."""
    if asks is None:
        return {}
    from samner.llms.costs import Costs  # with what LLMs need, which nobody else is to import

    notes = list(notes)
    usage = sum((note.usage for note in notes if note.usage is not None), Usage())
    events = Counter(f"{note.role}: {note.event}" for note in notes if note.usage is None)
    cost = Costs(usage, *asks.prices).to_dict()
    return {**asks.about, "usage": cost, "events": dict(sorted(events.items()))}


def _place(passage: Passage, span: Span) -> dict[str, Any]:
    start, end = span.start + passage.offset, span.end + passage.offset
    return {"start": start, "end": end, "text": passage.text[span.start : span.end]}


def _discovery(s: Steps) -> Iterator[dict[str, Any]]:
    for v in s.verdicts:
        if s.passage.owns(v.candidate.span):
            sources = {name: round(score, 6) for name, score in sorted(v.candidate.sources.items())}
            yield _place(s.passage, v.candidate.span) | {"sources": sources, "kept": v.kept, "why": v.why}


def _mediation(s: Steps, archetypes: Sequence[str]) -> Iterator[dict[str, Any]]:
    for m in s.mediated:
        if s.passage.owns(m.candidate.span):
            shares = {name: round(share, 6) for name, share in zip(archetypes, m.archetypes, strict=True)}
            yield _place(s.passage, m.candidate.span) | {"archetypes": shares}


def _noted(s: Steps) -> Iterator[dict[str, Any]]:
    for note in s.notes:
        if note.usage is None:
            place = {} if note.span is None else _place(s.passage, note.span)
            yield place | {"role": note.role, "event": note.event, "detail": note.detail}


def _calibration(
    s: Steps, labels: Sequence[str], entities: dict[tuple[int, int], Entity]
) -> Iterator[dict[str, Any]]:
    if s.judgement is None:
        return
    mediated = s.mediated if s.judgement.mediated is None else s.judgement.mediated
    for n, m in enumerate(mediated):
        if not s.passage.owns(m.candidate.span):
            continue
        place = _place(s.passage, m.candidate.span)
        rows = [
            {"label": label, "score": round(float(s.judgement.score[n, k]), 6)}
            | {name: round(float(table[n, k]), 6) for name, table in s.judgement.evidence.items()}
            for k, label in enumerate(labels)
        ]
        best = max(rows, key=lambda row: (row["score"], row["label"]))
        won = entities.get((place["start"], place["end"]))
        decision = (
            f"comes out as {won.label}" if won else "does not come out: below the threshold, or overlapped"
        )
        yield place | {
            "candidates": rows,
            "label": best["label"],
            "score": best["score"],
            "decision": decision,
        }
