"""What writers share: the sink, the Protocol, the JSON form, and the choice among overlapping entities."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

from samner.offsets import token_offsets
from samner.types import Document, Entity, Span

_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sink:
    """Where output goes: `out` takes the format's text, `report` one line for the user's eyes, `colours` maps an
    archetype's name to its #RRGGBB."""

    out: TextIO
    report: Callable[[str], None]
    colours: Mapping[str, str] = field(default_factory=dict)


class Writer(Protocol):
    """One output format."""

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None: ...

    def close(self) -> None:
        """Write what ends the output. The sink stays open."""


def to_json(document: Document, entities: Iterable[Entity], trace: Mapping[str, Any] | None) -> str:
    """One line of JSON."""
    body: dict[str, Any] = {"id": document.id, "text": document.text, "entities": to_rows(document, entities)}
    if metadata := getattr(entities, "metadata", None):
        body["metadata"] = metadata
    if trace is not None:
        body["trace"] = trace
    return dumps(body)


def to_rows(document: Document, entities: Iterable[Entity]) -> list[dict[str, Any]]:
    """The entities' JSON form. Those of a document made from tokens get `first_token` and `last_token` (exclusive)."""
    rows = [entity.to_dict() for entity in entities]
    if document.words is not None:
        for row in rows:
            first, last = token_offsets(document, Span(row["start"], row["end"]))
            row |= {"first_token": first, "last_token": last}
    return rows


def dumps(value: Any) -> str:
    """JSON with readable letters; only lone surrogates, which no encoding can carry, are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _SURROGATES.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def flat(entities: Iterable[Entity]) -> tuple[list[Entity], list[Entity]]:
    """The best entities of which no two overlap, by start, and those left out: greedy by score, then length."""
    kept: list[Entity] = []  # by start
    left_out: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (-e.score, e.start - e.end, e.start, e.label)):
        n = bisect_right(kept, entity.start, key=lambda e: e.start)
        near = kept[max(n - 1, 0) : n + 1]
        if any(entity.span.overlaps(other.span) for other in near):
            left_out.append(entity)
        else:
            kept.insert(n, entity)
    return kept, left_out


def tell_left_out(sink: Sink, format: str, document: Document, left_out: Sequence[Entity]) -> None:
    """One line about entities that the format cannot hold."""
    if left_out:
        count, of = len(left_out), f" of {document.id}" if document.id else ""
        shown = ", ".join(f"{e.text!r} ({e.label})" for e in left_out[:3]) + (", ..." if count > 3 else "")
        sink.report(f"{format} cannot hold overlaps: left out {count}{of}: {shown}; use jsonl to keep all")
