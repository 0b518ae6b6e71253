"""What an LLM is able to do, found out by asking it."""

from __future__ import annotations

from dataclasses import dataclass

from samner.llms.answers import read
from samner.llms.errors import LLMError
from samner.llms.negotiation import PROBE
from samner.llms.openai import OpenAILLM
from samner.ports import LLM, Reply


@dataclass(frozen=True, slots=True)
class Checked:
    """`json_schema`: honoured, ignored or refused; `format` that will be used; seconds of one call; models there."""

    id: str
    json_schema: str
    format: str
    seconds: float
    models: list[str]

    def __str__(self) -> str:
        form = "" if self.json_schema == "honoured" else f", so {self.format} answers are checked here"
        there = f"; models there: {', '.join(self.models[:12])}" if self.models else ""
        return f"{self.id}: json_schema {self.json_schema}{form}; {self.seconds:.2f} s a call{there}"


def models(llm: LLM) -> list[str]:
    """The names of the models that a server has. LLMError where it names none."""
    found = llm.models() if isinstance(llm, OpenAILLM) else []
    if not found:
        raise LLMError(
            "a server that lists its models", "none", "check its URL, or name one with --llm-model"
        )
    return found


def check(llm: LLM) -> Checked:
    """Ask an LLM (not its cache) one short question, a server also what it supports. Raises what asking raises."""
    verdict, form, models = "", "json_schema", []
    if isinstance(llm, OpenAILLM):
        findings = llm.find_out()
        verdict, form, models = findings.json_schema, findings.dialect.format, llm.models()
    (reply,) = llm.ask([PROBE])
    if not isinstance(reply, Reply):
        raise reply
    obeyed = not read(reply.text, PROBE.answer)[1]
    return Checked(
        llm.id, verdict or ("honoured" if obeyed else "ignored"), form, reply.usage.seconds, models
    )
