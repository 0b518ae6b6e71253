"""The texts and labels that speed is measured on.

`texts.txt`: 299 sentences of our corpus (CC0), one a line, chosen by chance over its domains.
`labels.tsv`: 1,000 types of it, `name<TAB>definition`, all distinct; the first ten are the general ones.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from samner.bench.crossner_data import tasks

FEW, MANY = 10, 1000


@dataclass(frozen=True, slots=True)
class Job:
    """Texts that share one list of types (name -> definition)."""

    texts: list[str]
    types: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        return {"texts": self.texts, "types": self.types}


def default_jobs() -> list[Job]:
    """The bundled sentences with the ten general types."""
    return [Job(texts(), types(FEW))]


def crossner_jobs(data_dir: Path) -> list[Job]:
    """The CrossNER test set: one job a domain, all of its types but the catch-all. Nothing is scored."""
    return [Job(task.texts, {t.name: t.definition for t in task.schema}) for task in tasks(data_dir, "test")]


def texts() -> list[str]:
    return _bundled("texts.txt")


def json_lines(path: Path, count: int) -> Path:
    """Write that many of the bundled sentences, again and again, each with its number for an id."""
    sentences = texts()
    with path.open("w", encoding="utf-8") as lines:
        for n in range(count):
            lines.write(json.dumps({"id": str(n), "text": sentences[n % len(sentences)]}) + "\n")
    return path


def types(count: int) -> dict[str, str]:
    """The first `count` of the bundled types."""
    return dict(line.split("\t") for line in _bundled("labels.tsv")[:count])


def sample(jobs: Sequence[Job], size: int) -> list[Job]:
    """About `size` texts in all, taken at even distances from each job."""
    total = sum(len(job.texts) for job in jobs)
    step = max(1, total // size)
    return [Job(job.texts[::step], job.types) for job in jobs]


def _bundled(name: str) -> list[str]:
    return (files("samner.bench") / name).read_text("utf-8").splitlines()
