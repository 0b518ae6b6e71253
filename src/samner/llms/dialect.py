"""What a server of the OpenAI interface understands, and a request written so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from samner.llms.settings import LLMSettings
from samner.ports import Prompt

SCHEMA, OBJECT, PLAIN = "json_schema", "json_object", "plain"
FORMATS = (SCHEMA, OBJECT, PLAIN)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to ask: for an answer by JSON Schema, for any JSON object, or in words only; which word bounds an answer;
    whether a system message, temperature and seed may be sent."""

    format: str = SCHEMA
    limit: str = "max_tokens"
    system: bool = True
    temperature: bool = True
    seed: bool = True

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> Dialect | None:
        """From what was remembered; None if that is of another release."""
        try:
            found = cls(**held)
        except TypeError:
            return None
        return found if found.format in FORMATS else None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def after(self, refusal: str) -> Dialect | None:
        """What to try next when a server refuses a request with these words; None when nothing is left."""
        if self.limit in refusal and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if self.temperature and "temperature" in refusal:
            return replace(self, temperature=False)
        if self.seed and "seed" in refusal:
            return replace(self, seed=False)
        if self.system and "system" in refusal:
            return replace(self, system=False)
        return self.looser()

    def looser(self) -> Dialect | None:
        """The next format that asks less of the server."""
        at = FORMATS.index(self.format) + 1
        return replace(self, format=FORMATS[at]) if at < len(FORMATS) else None

    @property
    def plain(self) -> Dialect:
        """The same with the schema in words, which no server refuses."""
        return replace(self, format=PLAIN)

    def body(self, prompt: Prompt, settings: LLMSettings) -> dict[str, Any]:
        """The request's fields."""
        system = prompt.system if self.format == SCHEMA else f"{prompt.system}\n\n{_in_words(prompt.answer)}"
        fields: dict[str, Any] = {
            "model": settings.adapter(prompt) or settings.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]
            if self.system
            else [{"role": "user", "content": f"{system}\n\n{prompt.user}"}],
            self.limit: settings.max_tokens,
        }
        if self.temperature:
            fields["temperature"] = settings.temperature
        if self.seed:
            fields["seed"] = settings.seed
        if self.format == SCHEMA:
            form = {"name": "answer", "strict": True, "schema": dict(prompt.answer)}
            fields["response_format"] = {"type": SCHEMA, "json_schema": form}
        elif self.format == OBJECT:
            fields["response_format"] = {"type": OBJECT}
        return fields


def mended(body: Mapping[str, Any], answer: str, wrong: str) -> dict[str, Any]:
    """The request once more, with the answer that came and what is wrong with it."""
    note = f"That answer cannot be used ({wrong}). Answer again, with the JSON alone."
    more = [{"role": "assistant", "content": answer[:4000] or "(nothing)"}, {"role": "user", "content": note}]
    return {**body, "messages": [*body["messages"], *more]}


def _in_words(schema: Mapping[str, Any]) -> str:
    form = json.dumps(schema, ensure_ascii=False)
    return f"Answer with one JSON value that obeys this JSON Schema, and with nothing else:\n{form}"
