"""Has an LLM choose one listed id for each span: the calibrator's and the archetype classifier's common part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from samner.engines.llm.asker import Asker, BudgetSpent, cost_of
from samner.engines.llm.forms import Answer, Form, Mends
from samner.engines.llm.prompts import instructions
from samner.engines.llm.replies import as_object
from samner.engines.llm.requests import Question, Request, gather, shared
from samner.ports import Note, Prompt, Reading, Reply, Usage


@dataclass(frozen=True, slots=True)
class Glossary:
    """The prompt line of each id that may be chosen, under its title, and of each archetype that is told of."""

    title: str
    lines: Mapping[str, str]
    archetypes: Mapping[str, str]


class Chooser:
    """Asks in the way of a form; by the form "weigh" one span at a time, each option weighed."""

    def __init__(self, asker: Asker, role: str, form: Form, share: int) -> None:
        self._asker, self._role, self._form, self._share = asker, role, form, share
        asker.will_ask_by(instructions(form.prompt).version)

    def choose(
        self,
        reading: Reading,
        questions: Sequence[Question],
        glossary: Glossary,
        mends: Mends | None = None,
    ) -> list[Answer]:
        """The answer to each question, in order; costs and answers are noted in the reading, what a form may answer
        beyond the ids in `mends`."""
        weighed = self._form.prompt == "weigh"
        requests = gather(reading, questions, self._share, **({"most": 1} if weighed else {}))
        prompts = [choice_prompt(self._form, reading, request, glossary) for request in requests]
        if weighed:
            answers = self._weighed(reading, requests, prompts)
        else:
            replies, mends = self._asker.ask(prompts), mends or Mends()
            pairs = zip(requests, replies, strict=True)
            answers = [a for pair in pairs for a in self._read(reading, *pair, mends)]
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
        return [answer if isinstance(answer, Exception) else answer.shares for answer in answers]

    def _read(
        self, reading: Reading, request: Request, reply: Reply | Exception, mends: Mends
    ) -> list[Answer]:
        charge(reading, self._role, _passages(request), cost_of(reply))
        try:
            answer = as_object(usable(reply).text)
        except Exception as error:  # no reply, or one without an answer
            return [error] * len(request.questions)
        return self._form.read(answer, reading, request, mends)


def choice_prompt(form: Form, reading: Reading, request: Request, glossary: Glossary) -> Prompt:
    """What is asked, apart from the sending of it."""
    sections = {glossary.title: [glossary.lines[id] for id in request.options if id in glossary.lines]}
    if request.archetypes:  # never beside archetypes to choose among, which have the same title
        sections["Archetypes"] = [glossary.archetypes[id] for id in request.archetypes]
    sections |= {
        "Passages": [form.passage(reading, request, n) for n in request.passages],
        "Spans": [form.span(reading, request, id) for id in request.questions],
    }
    return instructions(form.prompt).asking(sections, form.schema(request))


def usable(reply: Reply | Exception) -> Reply:
    """The reply; raises the error that stands in its place."""
    if isinstance(reply, Exception):
        raise reply
    return reply


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


def _told(role: str, question: Question, answer: Answer) -> Note:
    if isinstance(answer, Exception):
        event = "not asked" if isinstance(answer, BudgetSpent) else "fell back"
        reason = " ".join(str(answer).split()) or type(answer).__name__
        return Note(
            question.passage, role, event, question.span, f"{reason:.200}: the embedded choice stands"
        )
    best = question.options[int(np.argmax(answer))]
    return Note(question.passage, role, "answered", question.span, f"{best} ({float(answer.max()):.2f})")
