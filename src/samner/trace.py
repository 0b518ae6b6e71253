"""What each stage saw and decided, kept only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from samner.calibration import Choice
from samner.discovery import Verdict
from samner.passages import Passage
from samner.ports import Judgement
from samner.types import Document, Entity, Mediated, Span


@dataclass(frozen=True, slots=True)
class Steps:
    """A passage on its way through the stages. `judgement` is None when no schema is given."""

    passage: Passage
    verdicts: list[Verdict]
    mediated: list[Mediated]
    judgement: Judgement | None
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Trace:
    """The stages' records of one document as plain data: `discovery`, `mediation` and `calibration` hold a dict a
    span, with start, end and text and what the stage has to say of it. `entities` is the result."""

    text: str
    discovery: list[dict[str, Any]]
    mediation: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    entities: list[Entity]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; probabilities are rounded to six places."""
        return {
            "text": self.text,
            "discovery": self.discovery,
            "mediation": self.mediation,
            "calibration": self.calibration,
            "entities": [e.to_dict() for e in self.entities],
        }


def make_trace(
    document: Document,
    steps: Sequence[Steps],
    labels: Sequence[str],
    archetypes: Sequence[str],
    entities: list[Entity],
) -> Trace:
    """Gather the passages' steps; a span is told of by the passage that owns it."""
    by_span = {(e.start, e.end): e for e in entities}
    return Trace(
        document.text,
        [row for s in steps for row in _discovery(s)],
        [row for s in steps for row in _mediation(s, archetypes)],
        [row for s in steps for row in _calibration(s, labels, by_span)],
        entities,
    )


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


def _calibration(
    s: Steps, labels: Sequence[str], entities: dict[tuple[int, int], Entity]
) -> Iterator[dict[str, Any]]:
    if s.judgement is None:
        return
    for n, m in enumerate(s.mediated):
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
