"""Finding out what a server supports, with a question that only a server which enforces a schema answers by it."""

from __future__ import annotations

from dataclasses import dataclass

from samner.llms.allowance import budget_spent, may_send
from samner.llms.answers import read
from samner.llms.dialect import OBJECT, PLAIN, SCHEMA, Dialect
from samner.llms.errors import LLMError
from samner.llms.exchange import Exchange, Refused
from samner.llms.settings import LLMSettings
from samner.ports import Prompt, Usage

PROBE = Prompt(
    "You are a friendly assistant. You greet people in plain words.",
    "Good morning!",
    {
        "type": "object",
        "properties": {"s1": {"enum": ["alpha", "beta"]}},
        "required": ["s1"],
        "additionalProperties": False,
    },
    "probe/1",
)


@dataclass(frozen=True, slots=True)
class Findings:
    """How to talk with a server; whether it honours, ignores or refuses json_schema; what finding out cost."""

    dialect: Dialect
    json_schema: str
    usage: Usage


async def negotiate(exchange: Exchange, settings: LLMSettings) -> Findings:
    """The most that a server supports. LLMError where it cannot be asked at all.

    An answer beside the schema must come twice before a server is said to ignore schemas: one may be a mishap.
    """
    dialect, verdict, spent, chances = Dialect(), "honoured", Usage(), 2
    while True:
        if spent.requests and not may_send():  # the first is that of the prompt which is to be sent
            raise budget_spent("to find out what the server supports").costing(spent)
        try:
            answer = await exchange.send(dialect.body(PROBE, settings))
        except Refused as refusal:
            spent += refusal.usage
            following = dialect.after(refusal.words.lower())
            if following is None:
                found = f"status {refusal.status}: {refusal.words}"
                remedy = "check the model's name and that it is a chat model"
                raise LLMError("a request that the LLM server takes", found, remedy, spent) from None
            if following.format != dialect.format and dialect.format == SCHEMA:
                verdict = "refused"
            dialect, chances = following, 2
            continue
        except LLMError as error:
            raise error.costing(spent + error.usage) from None
        spent += answer.usage
        text, wrong = read(answer.text, PROBE.answer)
        if dialect.format == PLAIN or not wrong or (dialect.format == OBJECT and text):
            return Findings(dialect, verdict, spent)
        chances -= 1
        if not chances:
            if dialect.format == SCHEMA:
                verdict = "ignored"
            dialect, chances = dialect.looser() or dialect.plain, 2
