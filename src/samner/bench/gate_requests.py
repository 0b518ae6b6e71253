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
        self.lengths: list[int] = []

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        self.lengths += [len(prompt.system) + len(prompt.user) for prompt in prompts]
        return [Reply("{}", Usage(requests=1)) for _ in prompts]


def requests_of(model: Path, tasks: Sequence[GateTask], threads: int) -> list[dict[str, Any]]:
    """For each number of documents that may share a request: requests, characters of their prompts, and of the longest,
    over all tasks."""
    rows = []
    for share in SHARES:
        silent = _Silent()
        ner = SamNER(
            model, engine="hybrid", threads=threads, llm=silent, use=LLMUse(share=share), cache_dir=False
        )
        for task in tasks:
            ner.extract_batch(task.texts, task.schema)
        whole = {"requests": len(silent.lengths), "characters": sum(silent.lengths)}
        rows.append({"share": share, **whole, "longest": max(silent.lengths, default=0)})
    return rows
