"""The data that flows through the three stages, all of it frozen.

`Document` -> (discovery) `Candidate` -> (mediation) `Mediated` -> (calibration) `Entity`.
Every offset counts Unicode code points of the original text, half-open: `text[start:end]`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from samner.errors import InputError, SchemaError


class Span(NamedTuple):
    """Half-open range of code points of the original text."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Document:
    """A text to read. `words`, when given, are the user's own tokens: spans then begin and end on them."""

    text: str
    id: str | None = None
    words: tuple[Span, ...] | None = None

    @classmethod
    def from_tokens(cls, tokens: Sequence[str], id: str | None = None) -> Document:
        """Join `tokens` by single spaces, remembering where each lies. An empty token is an error."""
        words, at = [], 0
        for n, token in enumerate(tokens):
            if not isinstance(token, str) or not token:
                raise InputError(
                    "non-empty string tokens", f"{token!r} at token {n}", "drop empty tokens first"
                )
            words.append(Span(at, at + len(token)))
            at += len(token) + 1
        return cls(" ".join(tokens), id, tuple(words))


@dataclass(frozen=True, slots=True)
class EntityType:
    """One type that the user asks for.

    `threshold` overrides the schema-wide one for this type; `archetypes` states what the type is instead of
    letting the model read it from the definition; `parent` names another type of the schema that is broader.
    """

    name: str
    definition: str = ""
    examples: tuple[str, ...] = ()
    threshold: float | None = None
    archetypes: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """The types that one extraction may use, in the user's order (which never changes a result)."""

    types: tuple[EntityType, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        names = [t.name for t in self.types]
        repeated = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
        if repeated:
            raise SchemaError(
                "every label once", f"{repeated[0]!r} repeated", "remove or rename the duplicate"
            )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.types)

    def __iter__(self) -> Iterator[EntityType]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the types, independent of their order."""
        rows = sorted(
            (t.name, t.definition, t.examples, t.threshold, t.archetypes, t.parent or "") for t in self.types
        )
        return hashlib.sha256(json.dumps(rows, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Candidate:
    """STAGE 1 output: a span that may be a mention. `sources` maps each extractor that found it to its score in
    0..1."""

    span: Span
    sources: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Mediated:
    """STAGE 2 output: a candidate with a probability for each archetype, in the engine's order, summing to 1."""

    candidate: Candidate
    archetypes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """STAGE 3 output: a mention with its type. `score` is the probability that this span with this label is right."""

    start: int
    end: int
    text: str
    label: str
    score: float
    archetype: str = "misc"
    sources: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, document: Document, span: Span, label: str, score: float, **more: Any) -> Entity:
        """Cut the entity out of its document, so that `text[start:end] == entity.text` holds by construction."""
        if not 0 <= span.start < span.end <= len(document.text):
            raise InputError(
                f"a span within 0..{len(document.text)}",
                f"{tuple(span)}",
                "pass code-point offsets of this text",
            )
        return cls(span.start, span.end, document.text[span.start : span.end], label, score, **more)

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: the keys that GLiNER users know first, then ours. Scores are rounded to six places."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "label": self.label,
            "score": round(self.score, 6),
            "archetype": self.archetype,
            "sources": list(self.sources),
            "alternatives": [{"label": name, "score": round(score, 6)} for name, score in self.alternatives],
        }


class Entities(list[Entity]):
    """The entities of a text as a list that also tells how they came about: `metadata` has the LLM and the versions of
    its prompts, what it cost, and how often it answered or did not. Empty where no LLM was asked."""

    def __init__(self, entities: Iterable[Entity] = (), metadata: Mapping[str, Any] | None = None) -> None:
        super().__init__(entities)
        self.metadata: Mapping[str, Any] = metadata or {}


@dataclass(frozen=True, slots=True)
class Failure:
    """What stands in a batch's results in the place of a document that could not be processed."""

    error: Exception
    id: str | None = None
    entities: tuple[Entity, ...] = field(default=(), init=False)
