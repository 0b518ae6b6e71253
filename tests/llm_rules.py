"""Small language models made of rules, behind the port that all LLMs stand behind: what they answer is known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from samner.ports import Prompt, Reply, Usage

Rule = Callable[[Prompt], "str | Exception"]


class Rules:
    """An LLM that answers by a function of the prompt; the prompts it was asked are kept."""

    def __init__(self, rule: Rule, id: str = "rules") -> None:
        self.id, self._rule = id, rule
        self.asked: list[Prompt] = []

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        self.asked += prompts
        return [self._one(prompt) for prompt in prompts]

    def _one(self, prompt: Prompt) -> Reply | Exception:
        said = self._rule(prompt)
        if isinstance(said, Exception):
            return said
        usage = Usage(requests=1, tokens_in=len(prompt.user) // 4, tokens_out=len(said) // 4, seconds=0.001)
        return Reply(said, usage)


class Switch:
    """An LLM that stands for another one, so that a pipeline is loaded once for many of them."""

    def __init__(self, id: str = "rules") -> None:
        self.id, self.now = id, Rules(lambda prompt: "{}")

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        return self.now.ask(prompts)


def mentions(prompt: Prompt) -> dict[str, str]:
    """The words of each span that a prompt asks about, by id."""
    rows = re.findall(r'^\{"id": "(s\d+)".*?"mention": ("(?:[^"\\]|\\.)*")', prompt.user, re.MULTILINE)
    return {id: json.loads(text) for id, text in rows}


def by_mention(answers: Mapping[str, str], otherwise: str = "none") -> Rule:
    """Answers each span by its words."""
    return lambda prompt: json.dumps({s: answers.get(m, otherwise) for s, m in mentions(prompt).items()})


def options(prompt: Prompt) -> dict[str, list[str]]:
    """The ids that may be answered for each span."""
    properties: Mapping[str, Any] = prompt.answer["properties"]
    return {id: list(schema["enum"]) for id, schema in properties.items()}
