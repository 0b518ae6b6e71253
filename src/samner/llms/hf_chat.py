"""Prompts and answers as tokens, by a tokenizer of the Hugging Face format."""

from __future__ import annotations

from typing import Any

from samner.llms.chat import ChatFormat, Messages
from samner.ports import Prompt


class HFChat:
    """A tokenizer with its chat template; training and asking share it, so that a model is asked what it learned."""

    def __init__(self, words: Any) -> None:
        self._words = words
        self.end = int(words.eos_token_id)
        self.format = ChatFormat(self._render if words.chat_template else None)

    def prompt(self, prompt: Prompt) -> list[int]:
        """The prompt's tokens, up to where the answer begins."""
        return [t for text, special in self.format.pieces(prompt) for t in self.encode(text, special)]

    def encode(self, text: str, special: bool) -> list[int]:
        """Tokens of a text; one that spells a special token means it only if `special`."""
        text = text.encode("utf-8", "replace").decode()
        out = self._words(text, add_special_tokens=False, split_special_tokens=not special)
        return list(out["input_ids"])

    def _render(self, messages: Messages) -> str:
        return str(self._words.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
