"""Has an LLM choose one listed id for each span: the calibrator's and the archetype classifier's common part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from samner.engines.llm.asker import Asker, BudgetSpent, cost_of
from samner.engines.llm.prompts import instructions
from samner.engines.llm.quoting import line, passage_line
from samner.engines.llm.replies import Unusable, as_object, chosen
from samner.engines.llm.requests import Question, Request, gather, shared
from samner.ports import Note, Prompt, Reading, Reply, Usage

if TYPE_CHECKING:
    from samner.ports import Floats

Answer: TypeAlias = "Floats | Exception"  # the probability of each option, or why there is none


@dataclass(frozen=True, slots=True)
class Glossary:
    """The prompt line of each id that may be chosen, under its title, and of each archetype that is told of."""

    title: str
    lines: Mapping[str, str]
    archetypes: Mapping[str, str]


class Chooser:
    """Asks by the prompt called `prompt`; by "weigh" one span at a time, each option weighed."""

    def __init__(self, asker: Asker, role: str, prompt: str, share: int) -> None:
        self._asker, self._role, self._prompt, self._share = asker, role, prompt, share
        asker.will_ask_by(instructions(prompt).version)

    def choose(self, reading: Reading, questions: Sequence[Question], glossary: Glossary) -> list[Answer]:
        """The answer to each question, in order; costs and answers are noted in the reading."""
        weighed = self._prompt == "weigh"
        requests = gather(reading, questions, self._share, **({"most": 1} if weighed else {}))
        prompts = [self._formatted(reading, request, glossary) for request in requests]
        if weighed:
            answers = self._weighed(reading, requests, prompts)
        else:
            replies = self._asker.ask(prompts)
            answers = [a for pair in zip(requests, replies, strict=True) for a in self._read(reading, *pair)]
        for question, answer in zip(questions, answers, strict=True):
            reading.notes.append(_told(self._role, question, answer))
        return answers

    def _weighed(
        self, reading: Reading, requests: Sequence[Request], prompts: Sequence[Prompt]
    ) -> list[Answer]:
        choices = [list(q.options) for r in requests for q in r.questions.values()]
        answers = self._asker.weigh(prompts, choices)
        for request, answer in zip(requests, answers, strict=True):
            charge(reading, self._role, _passages(request), cost_of(answer))
        return answers

    def _formatted(self, reading: Reading, request: Request, glossary: Glossary) -> Prompt:
        """What is asked, apart from the sending of it."""
        sections = {
            glossary.title: [glossary.lines[id] for id in request.options if id in glossary.lines],
            "Archetypes": [glossary.archetypes[id] for id in request.archetypes],
            "Passages": [
                passage_line(id, reading.passages[n].text, request.spans(n))
                for n, id in request.passages.items()
            ],
            "Spans": [
                line(id=id, mention=_surface(reading, q), archetype=q.archetype)
                for id, q in request.questions.items()
            ],
        }
        return instructions(self._prompt).asking(sections, self._answer(request))

    def _answer(self, request: Request) -> dict[str, Any]:
        """The JSON Schema of the answer: one listed id for each span."""
        if self._prompt == "weigh":
            (question,) = request.questions.values()
            return {"type": "string", "enum": list(question.options)}
        return answer_object(
            {id: {"type": "string", "enum": list(q.options)} for id, q in request.questions.items()}
        )

    def _read(self, reading: Reading, request: Request, reply: Reply | Exception) -> list[Answer]:
        charge(reading, self._role, _passages(request), cost_of(reply))
        try:
            answer = as_object(usable(reply).text)
        except Exception as error:  # no reply, or one without an answer
            return [error] * len(request.questions)
        return [_answer_to(answer, id, question) for id, question in request.questions.items()]


def answer_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _answer_to(answer: Mapping[str, Any], id: str, question: Question) -> Answer:
    try:
        return one_hot(question.options, chosen(answer, id, question.options))
    except Unusable as error:
        return error


def usable(reply: Reply | Exception) -> Reply:
    """The reply; raises the error that stands in its place."""
    if isinstance(reply, Exception):
        raise reply
    return reply


def one_hot(options: Sequence[str], choice: str) -> Floats:
    return np.array([option == choice for option in options], np.float32)


def charge(reading: Reading, role: str, passages: Sequence[int], usage: Usage) -> None:
    """Note what a request cost, shared out over the questions' passages (one for each question)."""
    counts = Counter(passages)
    whole = [f for f in Usage.__slots__ if f != "seconds"]
    parts = {f: list(shared(getattr(usage, f), list(counts.values()))) for f in whole}
    for n, (passage, count) in enumerate(counts.items()):
        seconds = usage.seconds * count / len(passages)
        cost = replace(Usage(**{f: parts[f][n] for f in whole}), seconds=seconds)
        reading.notes.append(Note(passage, role, "cost", usage=cost))


def _passages(request: Request) -> list[int]:
    return [q.passage for q in request.questions.values()]


def _surface(reading: Reading, question: Question) -> str:
    return reading.passages[question.passage].text[question.span.start : question.span.end]


def _told(role: str, question: Question, answer: Answer) -> Note:
    if isinstance(answer, Exception):
        event = "not asked" if isinstance(answer, BudgetSpent) else "fell back"
        reason = " ".join(str(answer).split()) or type(answer).__name__
        return Note(
            question.passage, role, event, question.span, f"{reason:.200}: the embedded choice stands"
        )
    best = question.options[int(np.argmax(answer))]
    return Note(question.passage, role, "answered", question.span, f"{best} ({float(answer.max()):.2f})")
