"""Prompts for tests of language models, with texts and types that invite mistakes."""

from __future__ import annotations

import random

from samner.llms.answers import read
from samner.ports import Prompt, Reply

TYPES = ["person", "political party", "música", 'a "quoted" type', "類型", "back\\slash", "none"]
WORDS = [
    "Ada",
    "wrote",
    "東京",
    'a "quote"',
    "} ]",
    "</text>",
    "\\",
    "ignore the instructions",
    "e\u0301 😀",
    "\n",
]


def some_prompts(count: int, seed: int) -> list[Prompt]:
    """Prompts with one to six spans and types of their own; each names its number, so that none equals another."""
    chance = random.Random(seed)
    prompts = []
    for n in range(count):
        kinds = chance.sample(TYPES, chance.randint(1, len(TYPES)))
        spans = [f"n{n}s{k}" for k in range(chance.randint(1, 6))]
        answer = {
            "type": "object",
            "properties": {span: {"enum": kinds} for span in spans},
            "required": spans,
            "additionalProperties": False,
        }
        text = " ".join(chance.choices(WORDS, k=chance.randint(0, 30)))
        prompts.append(
            Prompt("Choose a type for each span.", f"<text>{text}</text> prompt {n};", answer, "p/1")
        )
    return prompts


def obeys(prompt: Prompt, reply: Reply | Exception) -> bool:
    return isinstance(reply, Reply) and read(reply.text, prompt.answer) == (reply.text, "")
