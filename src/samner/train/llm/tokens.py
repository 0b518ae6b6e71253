"""Lessons as tokens; the loss is on the answer alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from samner.llms.hf_chat import HFChat
from samner.train.llm.examples import Lesson

IGNORED = -100  # a label that torch's cross-entropy passes over


def tokens_of(lesson: Lesson, chat: HFChat) -> dict[str, list[int]]:
    """input_ids and labels: prompt, answer, and the token that ends it; the prompt's labels are IGNORED."""
    prompt = chat.prompt(lesson.prompt)
    answer = [*chat.encode(lesson.answer, False), chat.end]
    return {"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer}


def fitting(lessons: Iterable[Lesson], chat: HFChat, longest: int) -> tuple[list[dict[str, list[int]]], int]:
    """The lessons of at most so many tokens, and the number of those left out: cut off they would teach to stop."""
    rows = [tokens_of(lesson, chat) for lesson in lessons]
    kept = [row for row in rows if len(row["input_ids"]) <= longest]
    return kept, len(rows) - len(kept)


class Padded:
    """Makes a batch [B, L] of lessons of several lengths."""

    def __init__(self, filler: int) -> None:
        self._filler = filler

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        longest = max(len(row["input_ids"]) for row in rows)

        def stack(key: str, filler: int) -> Tensor:
            return torch.tensor([row[key] + [filler] * (longest - len(row[key])) for row in rows])

        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        return {
            "input_ids": stack("input_ids", self._filler),
            "labels": stack("labels", IGNORED),
            "attention_mask": (torch.arange(longest) < lengths[:, None]).long(),
        }
