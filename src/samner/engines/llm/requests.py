"""Questions about spans, gathered into requests: several spans and passages each, documents apart unless allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from samner.ports import Reading
from samner.types import Span

SPANS = 40  # of a request, at most
CHOICES = 900  # of a request, over all its spans: servers bound the size of an answer's schema
LISTED = 64  # types of a request, unless a single span has more
LETTERS = 12_000  # of a request's passages, unless a single one has more


@dataclass(frozen=True, slots=True)
class Question:
    """A span of a passage (by its number in the reading), the ids that may answer, and its archetype's id if known."""

    passage: int
    span: Span
    options: tuple[str, ...]
    archetype: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """Questions that are asked together, by the id that each has in the prompt."""

    questions: Mapping[str, Question]

    @property
    def passages(self) -> dict[int, str]:
        """The number of each passage, and its id in the prompt."""
        numbers = dict.fromkeys(q.passage for q in self.questions.values())
        return {number: f"p{n}" for n, number in enumerate(numbers, 1)}

    @property
    def options(self) -> list[str]:
        """Every id that some question may be answered with, sorted."""
        return sorted({option for q in self.questions.values() for option in q.options})

    @property
    def archetypes(self) -> list[str]:
        return sorted({q.archetype for q in self.questions.values() if q.archetype})

    def spans(self, passage: int) -> dict[str, Span]:
        return {id: q.span for id, q in self.questions.items() if q.passage == passage}


def gather(reading: Reading, questions: Sequence[Question], share: int, most: int = SPANS) -> list[Request]:
    """Requests that hold each question once, in order. `share` documents at most in one request, `most` spans."""
    batches: list[list[Question]] = []
    for question in questions:
        if not batches or not _fits(reading, [*batches[-1], question], share, most):
            batches.append([])
        batches[-1].append(question)
    return [Request({f"s{n}": q for n, q in enumerate(batch, 1)}) for batch in batches]


def _fits(reading: Reading, batch: Sequence[Question], share: int, most: int) -> bool:
    held = dict.fromkeys(q.passage for q in batch)
    if len(batch) > most or sum(len(q.options) for q in batch) > CHOICES:
        return False
    if len({option for q in batch for option in q.options}) > LISTED:
        return False
    if len(held) > 1 and sum(len(reading.passages[n].text) for n in held) > LETTERS:
        return False
    return len({reading.documents[n] for n in held} if reading.documents else {0}) <= share


def shared(amount: int, weights: Sequence[int]) -> Iterator[int]:
    """A whole number in whole parts that add up to it."""
    total, given, seen = sum(weights), 0, 0
    for weight in weights:
        seen += weight
        part = amount * seen // total - given
        given += part
        yield part
