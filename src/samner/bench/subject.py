"""What the benches ask of the system under test: `samner.SamNER` gives it, and any other system may."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from samner.bench.metrics import NONE
from samner.errors import InputError
from samner.types import Entity, Failure, Span

ON_THE_WAY = 32  # texts whose questions to an LLM are asked at once


class Identity(Protocol):
    """Which model it was."""

    @property
    def id(self) -> str: ...
    @property
    def hash(self) -> str: ...


class Recognizer(Protocol):
    """The part of `SamNER` that is measured. Schemas go in as whatever its `compile` takes and gives."""

    @property
    def info(self) -> Identity: ...

    def compile(self, types: Any) -> Any: ...

    def extract_batch(
        self, texts: Sequence[str], schema: Any, *, batch_size: int = ..., **overrides: Any
    ) -> list[list[Entity] | Failure]: ...

    def classify(self, text: str, spans: Sequence[Span], schema: Any) -> list[Entity]: ...


def asked(ner: object) -> dict[str, Any]:
    """The LLM that was asked, its prompts, and what it cost until now; nothing where there is none."""
    asks = getattr(ner, "asks", None)
    return {} if asks is None else {**asks.about, "usage": asdict(asks.usage)}


@dataclass(frozen=True, slots=True)
class Answers:
    """The entities of each text in order, the texts that failed (they found nothing), and the time it took."""

    entities: list[list[Entity]]
    failures: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0


def answers(ner: Recognizer, texts: Sequence[str], schema: Any, **options: Any) -> Answers:
    """Extract from all `texts` in one timed call. A failed text counts as one in which nothing was found."""
    start = time.perf_counter()
    results = ner.extract_batch(texts, schema, **options)
    seconds = time.perf_counter() - start
    failures = {n: str(r.error) for n, r in enumerate(results) if isinstance(r, Failure)}
    return Answers([list(r.entities) if isinstance(r, Failure) else r for r in results], failures, seconds)


def typed(
    ner: Recognizer, texts: Sequence[str], spans: Sequence[Sequence[Span]], schema: Any
) -> list[list[Entity]]:
    """The answer of stages 2 and 3 for given spans, text by text; repeated spans are asked once. Where an LLM is asked,
    many texts are on the way at once."""

    def one(text: str, given: Sequence[Span]) -> list[Entity]:
        return _typed(ner, text, sorted(set(given)), schema)

    if getattr(ner, "asks", None) is None:
        return list(map(one, texts, spans))
    with ThreadPoolExecutor(ON_THE_WAY) as pool:
        return list(pool.map(one, texts, spans))


def _typed(ner: Recognizer, text: str, spans: Sequence[Span], schema: Any) -> list[Entity]:
    """A span that the system refuses (one of hundreds of words) goes without answer; the others keep theirs."""
    try:
        return ner.classify(text, spans, schema) if spans else []
    except InputError:
        return [e for span in spans for e in _typed(ner, text, [span], schema)] if len(spans) > 1 else []


def forced(given: Sequence[Sequence[Entity]]) -> list[list[Entity]]:
    """Each "none" replaced by the best type, which then heads the alternatives."""
    return [[_forced(entity) for entity in entities] for entities in given]


def _forced(entity: Entity) -> Entity:
    if entity.label != NONE or not entity.alternatives:
        return entity
    label, score = entity.alternatives[0]
    return replace(entity, label=label, score=score)
