"""STAGE 1 by an LLM: an anchor that is told the schema, and an explorer that is told nothing of it."""

from __future__ import annotations

from samner.engines.llm.align import align
from samner.engines.llm.asker import Asker, BudgetSpent, cost_of
from samner.engines.llm.choosing import charge, usable
from samner.engines.llm.forms import answer_object
from samner.engines.llm.glossary import type_lines
from samner.engines.llm.prompts import Instructions, instructions
from samner.engines.llm.quoting import line, passage_line
from samner.engines.llm.replies import as_object, strings
from samner.ports import Extractor, Found, Note, Prompt, Reading, Reply
from samner.types import Schema

DEFINED = 100  # types up to which the anchor is told their definitions, not their names alone
ANSWER = answer_object({"mentions": {"type": "array", "items": {"type": "string"}}})


class LLMExtractor:
    """Implements `samner.ports.Extractor`, one request a passage. Where none is answered, the embedded extractor of
    the same role finds the spans instead, and a note says so."""

    def __init__(self, embedded: Extractor, asker: Asker) -> None:
        self._embedded, self._asker = embedded, asker
        self.name, self.role = embedded.name, embedded.role
        self._instructions = instructions(self.role)
        asker.will_ask_by(self._instructions.version)

    def extract(self, reading: Reading) -> list[list[Found]]:
        if self.role == "anchor" and reading.compiled is None:
            return [[] for _ in reading.passages]
        types = self._types(reading)
        prompts = [extractor_prompt(self._instructions, types, passage.text) for passage in reading.passages]
        replies = self._asker.ask(prompts)
        found = [self._read(reading, n, reply) for n, reply in enumerate(replies)]
        if any(spans is None for spans in found):
            instead = self._embedded.extract(reading)
            return [other if spans is None else spans for spans, other in zip(found, instead, strict=True)]
        return [spans or [] for spans in found]

    def _types(self, reading: Reading) -> list[str]:
        if self.role != "anchor" or reading.compiled is None:
            return []
        return anchor_lines(reading.compiled.schema)

    def _read(self, reading: Reading, n: int, reply: Reply | Exception) -> list[Found] | None:
        """The spans of a passage; None where there is no answer to read them from."""
        charge(reading, self.name, [n], cost_of(reply))
        try:
            mentions = strings(as_object(usable(reply).text), "mentions")
        except Exception as error:
            event = "not asked" if isinstance(error, BudgetSpent) else "fell back"
            reason = " ".join(str(error).split()) or type(error).__name__
            detail = f"no valid answer ({reason:.200}): the embedded extractor stands in"
            reading.notes.append(Note(n, self.name, event, None, detail))
            return None
        spans, nowhere = align(reading.passages[n], mentions)
        reading.notes.append(Note(n, self.name, "answered", None, f"{len(spans)} spans"))
        for mention in nowhere:
            detail = f"{mention!r:.80} is nowhere in the text"
            reading.notes.append(Note(n, self.name, "unaligned", None, detail))
        return spans


def extractor_prompt(asking: Instructions, types: list[str], text: str) -> Prompt:
    """What an extractor asks of one passage; types are the anchor's lines."""
    return asking.asking({"Types": types, "Passages": [passage_line("p1", text, {})]}, ANSWER)


def anchor_lines(schema: Schema) -> list[str]:
    """The types as the anchor is told them: sorted, so that their order decides nothing."""
    if len(schema) > DEFINED:
        return [line(name=name) for name in sorted(schema.names)]
    return [row for _, row in sorted(type_lines(schema).items())]
