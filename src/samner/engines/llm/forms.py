"""What is asked of each span, and how an answer is read: a type alone, or a type with boundaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from samner.engines.llm.quoting import line, passage_line
from samner.engines.llm.replies import Unusable, chosen
from samner.engines.llm.requests import Question, Request
from samner.passages import Passage
from samner.ports import Reading
from samner.types import Span

if TYPE_CHECKING:
    from samner.ports import Floats

Answer: TypeAlias = "Floats | Exception"  # the probability of each option, or why there is none
MISSED = 8  # mentions that a request may add


class Addition(NamedTuple):
    """A mention that no candidate was: a passage's number, the span, and the id of its type."""

    passage: int
    span: Span
    option: str


@dataclass(frozen=True, slots=True)
class Mends:
    """What a model would have otherwise: spans moved, by their question, mentions added, and wishes refused."""

    moved: dict[Question, Span] = field(default_factory=dict)
    added: list[Addition] = field(default_factory=list)
    refused: list[tuple[int, Span | None, str]] = field(default_factory=list)


class Form(Protocol):
    """One way to ask and to read. `prompt` names the prompt's file."""

    prompt: str

    def passage(self, reading: Reading, request: Request, number: int) -> str: ...
    def span(self, reading: Reading, request: Request, id: str) -> str: ...
    def schema(self, request: Request) -> dict[str, Any]: ...
    def read(
        self, answer: Mapping[str, Any], reading: Reading, request: Request, mends: Mends
    ) -> list[Answer]: ...


class TypeForm:
    """One listed id for each span."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt

    def passage(self, reading: Reading, request: Request, number: int) -> str:
        return passage_line(request.passages[number], reading.passages[number].text, request.spans(number))

    def span(self, reading: Reading, request: Request, id: str) -> str:
        question = request.questions[id]
        return line(id=id, mention=_surface(reading, question), archetype=question.archetype)

    def schema(self, request: Request) -> dict[str, Any]:
        return answer_object({id: enum(q.options) for id, q in request.questions.items()})

    def read(
        self, answer: Mapping[str, Any], reading: Reading, request: Request, mends: Mends
    ) -> list[Answer]:
        return [_answer_to(answer, id, question) for id, question in request.questions.items()]


class WeighForm(TypeForm):
    """One span, each of whose options is weighed."""

    def schema(self, request: Request) -> dict[str, Any]:
        (question,) = request.questions.values()
        return enum(question.options)


class RepairForm:
    """For each span a listed id and its first and last token; and mentions that were missed. `widest` is the most
    tokens that a mention may have."""

    prompt = "repair"

    def __init__(self, widest: int) -> None:
        self._widest = widest

    def passage(self, reading: Reading, request: Request, number: int) -> str:
        passage = reading.passages[number]
        tokens = [passage.surface(n) for n in range(len(passage.words))]
        return passage_line(request.passages[number], passage.text, request.spans(number), tokens)

    def span(self, reading: Reading, request: Request, id: str) -> str:
        q = request.questions[id]
        first, last = reading.passages[q.passage].word_range(q.span)
        mention, where = _surface(reading, q), request.passages[q.passage]
        return line(id=id, passage=where, mention=mention, first=first, last=last, archetype=q.archetype)

    def schema(self, request: Request) -> dict[str, Any]:
        number = {"type": "integer"}
        spans = {
            id: answer_object({"type": enum(q.options), "first": number, "last": number})
            for id, q in request.questions.items()
        }
        addition = answer_object(
            {
                "passage": enum(list(request.passages.values())),
                "type": enum([id for id in request.options if id != "none"]),
                "first": number,
                "last": number,
            }
        )
        return answer_object(spans | {"missed": {"type": "array", "items": addition, "maxItems": MISSED}})

    def read(
        self, answer: Mapping[str, Any], reading: Reading, request: Request, mends: Mends
    ) -> list[Answer]:
        answers: list[Answer] = []
        for id, question in request.questions.items():
            said = answer.get(id)
            inner = said if isinstance(said, dict) else {} if said is None else {"type": said}
            answers.append(_answer_to(inner, "type", question))
            if not isinstance(answers[-1], Exception):
                self._move(inner, reading, question, mends)
        missed = answer.get("missed")
        for row in missed[:MISSED] if isinstance(missed, list) else []:
            self._add(row, reading, request, mends)
        return answers

    def _move(self, said: Mapping[str, Any], reading: Reading, question: Question, mends: Mends) -> None:
        if "first" not in said and "last" not in said:
            return
        passage = reading.passages[question.passage]
        span = self._span(said, passage)
        if span is None or not span.overlaps(question.span):
            reason = f"no boundaries that may be: {said.get('first')!r:.20} to {said.get('last')!r:.20}"
            mends.refused.append((question.passage, question.span, reason))
        elif passage.word_range(span) != passage.word_range(question.span):
            mends.moved[question] = span

    def _add(self, row: Any, reading: Reading, request: Request, mends: Mends) -> None:
        named = row.get("passage") if isinstance(row, dict) else None
        number = next((n for n, id in request.passages.items() if id == named), None)
        if number is None:
            return
        span = self._span(row, reading.passages[number])
        try:
            option = chosen(row, "type", request.options)
        except Unusable:
            option = "none"
        if span is None or option == "none":
            mends.refused.append((number, None, f"no mention that may be added: {row!r:.80}"))
        else:
            mends.added.append(Addition(number, span, option))

    def _span(self, said: Mapping[str, Any], passage: Passage) -> Span | None:
        """The span between two tokens, if an entity may stand there and this passage owns it."""
        first, last = said.get("first"), said.get("last")
        if type(first) is not int or type(last) is not int:
            return None
        if not 0 <= first <= last < len(passage.words) or last - first >= self._widest:
            return None
        span = Span(passage.words[first].start, passage.words[last].end)
        return span if passage.allows(first, last) and passage.owns(span) else None


def enum(options: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(options)}


def answer_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _answer_to(answer: Mapping[str, Any], key: str, question: Question) -> Answer:
    try:
        return one_hot(question.options, chosen(answer, key, question.options))
    except Unusable as error:
        return error


def one_hot(options: Sequence[str], choice: str) -> Floats:
    return np.array([option == choice for option in options], np.float32)


def _surface(reading: Reading, question: Question) -> str:
    return reading.passages[question.passage].text[question.span.start : question.span.end]
