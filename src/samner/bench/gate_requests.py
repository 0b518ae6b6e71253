"""How many requests the default gate makes, and how long they are: counted, with an LLM that says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from samner.bench.gate_pages import GateTask
from samner.options import LLMUse
from samner.pipeline import SamNER
from samner.ports import Prompt, Reply, Usage

SHARES = (1, 8)  # documents that may share a request


class _Silent:
    """Counts what it is asked."""

    id = "silent"

    def __init__(self) -> None:
        self.prompts, self.characters = 0, 0

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        self.prompts += len(prompts)
        self.characters += sum(len(prompt.system) + len(prompt.user) for prompt in prompts)
        return [Reply("{}", Usage(requests=1)) for _ in prompts]


def requests_of(model: Path, tasks: Sequence[GateTask], threads: int) -> list[dict[str, Any]]:
    """For each number of documents that may share a request: requests, and characters of prompts, over all tasks."""
    rows = []
    for share in SHARES:
        silent = _Silent()
        ner = SamNER(
            model, engine="hybrid", threads=threads, llm=silent, use=LLMUse(share=share), cache_dir=False
        )
        for task in tasks:
            ner.extract_batch(task.texts, task.schema)
        rows.append({"share": share, "requests": silent.prompts, "characters": silent.characters})
    return rows
