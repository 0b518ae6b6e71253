"""Single errors with their context, sorted so that the most telling ones come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from samner.bench.datasets import GoldDocument, GoldEntity
from samner.types import Entity

CONTEXT = 40  # characters shown on each side


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong prediction, or one gold mention that no prediction touches.

    `kind`: "type" (right span), "boundary" (right label, overlapping span), "boundary and type" (overlapping),
    "spurious" (overlaps nothing in the gold), "missed" (no prediction overlaps it; `predicted` is None).
    """

    kind: str
    document: int
    start: int
    end: int
    text: str
    predicted: str | None
    gold: str | None
    gold_text: str | None
    score: float | None
    context: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def wrong(gold: Sequence[GoldDocument], predicted: Sequence[Sequence[Entity]]) -> list[Mistake]:
    """Every wrong prediction, the most confident first, then in order of document and place."""
    found = [
        _wrong(number, document, entity)
        for number, (document, entities) in enumerate(zip(gold, predicted, strict=True))
        for entity in entities
        if GoldEntity(entity.start, entity.end, entity.label) not in document.entities
    ]
    return sorted(found, key=lambda m: (-(m.score or 0.0), m.document, m.start))


def missed(gold: Sequence[GoldDocument], predicted: Sequence[Sequence[Entity]]) -> list[Mistake]:
    """Every gold mention that no prediction overlaps, in order of document and place."""
    return [
        _mistake("missed", number, document, entity, predicted=None, partner=entity, score=None)
        for number, (document, entities) in enumerate(zip(gold, predicted, strict=True))
        for entity in sorted(document.entities)
        if not any(_overlap(entity, said) for said in entities)
    ]


def _wrong(number: int, document: GoldDocument, entity: Entity) -> Mistake:
    # an equal span first, then an equal label, then the largest overlap
    partner = max(
        (g for g in document.entities if _overlap(g, entity)),
        key=lambda g: (g[:2] == (entity.start, entity.end), g.label == entity.label, _overlap(g, entity)),
        default=None,
    )
    kind = "spurious" if partner is None else _kind(partner, entity)
    return _mistake(
        kind, number, document, entity, predicted=entity.label, partner=partner, score=entity.score
    )


def _kind(gold: GoldEntity, said: Entity) -> str:
    if (gold.start, gold.end) == (said.start, said.end):
        return "type"
    return "boundary" if gold.label == said.label else "boundary and type"


def _overlap(a: GoldEntity, b: GoldEntity | Entity) -> int:
    return max(0, min(a.end, b.end) - max(a.start, b.start))


def _mistake(
    kind: str,
    number: int,
    document: GoldDocument,
    where: GoldEntity | Entity,
    *,
    predicted: str | None,
    partner: GoldEntity | None,
    score: float | None,
) -> Mistake:
    text, start, end = document.text, where.start, where.end
    return Mistake(
        kind,
        number,
        start,
        end,
        text[start:end],
        predicted,
        partner.label if partner else None,
        text[partner.start : partner.end] if partner else None,
        score,
        _context(text, start, end),
    )


def _context(text: str, start: int, end: int) -> str:
    """The mention in double brackets among `CONTEXT` characters of each side, on one line."""
    left, right = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    before = ("..." if left else "") + text[left:start]
    after = text[end:right] + ("..." if right < len(text) else "")
    return " ".join(f"{before}[[{text[start:end]}]]{after}".split())
