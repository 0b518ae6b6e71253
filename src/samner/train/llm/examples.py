"""Prompts with their right answers: the very prompts that the engine `llm` asks, and JSON that it reads."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samner.archetypes import load as load_archetypes
from samner.engines.llm.choosing import Glossary, choice_prompt
from samner.engines.llm.extractors import extractor_prompt
from samner.engines.llm.forms import TypeForm
from samner.engines.llm.glossary import Archetypes
from samner.engines.llm.prompts import instructions
from samner.engines.llm.requests import Question, gather
from samner.passages import Passage
from samner.ports import Prompt, Reading
from samner.train.examples import Example
from samner.train.material import Texts
from samner.train.ontology import TypeBook
from samner.types import Span


@dataclass(frozen=True)
class Lesson:
    """A prompt and the answer to learn."""

    prompt: Prompt
    answer: str


def lessons(prompt: str, texts: Texts, most: int, seed: int) -> dict[str, list[Lesson]]:
    """Lessons by group of texts, at most `most` of each (0 for all), chosen by chance. The explorer learns only from
    texts that are marked exhaustively: elsewhere it would learn to leave mentions out."""
    made: dict[str, list[Lesson]] = {}
    for name, rows in texts.groups.items():
        if prompt == "explorer":
            found = [explorer_lesson(e) for e in rows if e.exhaustive]
        else:
            found = list(archetype_lessons(rows, texts.book))
        random.Random(f"{seed}/{name}").shuffle(found)
        if kept := found[:most] if most else found:
            made[name] = kept
    return made


def explorer_lesson(example: Example) -> Lesson:
    """Every mention of a passage, each string once, in the order of the text."""
    spans = sorted(_span(example, first, end) for first, end, _ in example.mentions)
    mentions = list(dict.fromkeys(example.text[s.start : s.end] for s in spans))
    prompt = extractor_prompt(instructions("explorer"), [], example.text)
    return Lesson(prompt, _json({"mentions": mentions}))


def archetype_lessons(examples: Sequence[Example], book: TypeBook) -> Iterator[Lesson]:
    """The archetype of each mention of whose type it is known and single, a passage a lesson."""
    archetypes = load_archetypes()
    known = Archetypes(archetypes)
    ids = dict(zip((a.name for a in archetypes), known.ids, strict=True))
    options, form = tuple(sorted(known.ids)), TypeForm("archetype")
    of_key = {e.key: e.archetypes[0] for e in book.list if len(set(e.archetypes)) == 1}
    for example in examples:
        right = {
            _span(example, first, end): ids[of_key[key]]
            for first, end, key in example.mentions
            if of_key.get(key) in ids
        }
        reading = Reading([_passage(example)], None, [None])
        questions = [Question(0, span, options) for span in sorted(right)]
        for request in gather(reading, questions, 1):
            prompt = choice_prompt(form, reading, request, Glossary("Archetypes", known.lines, {}))
            yield Lesson(prompt, _json({id: right[q.span] for id, q in request.questions.items()}))


def _span(example: Example, first: int, end: int) -> Span:
    return Span(example.words[first].start, example.words[end - 1].end)


def _passage(example: Example) -> Passage:
    return Passage(example.text, 0, example.words, Span(0, len(example.words)))


def _json(answer: object) -> str:
    """As the grammar has it by which answers are held to their schema: without spaces (`llms.writing`)."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
