"""What `samner bench drift` asks on CrossNER, and the words in which it asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from samner.bench.crossner_data import tasks
from samner.bench.drift_variants import DriftTask
from samner.errors import FormatError
from samner.strict import load
from samner.types import EntityType


@lru_cache(maxsize=1)
def words() -> Mapping[str, Any]:
    """drift.yaml: synonyms, pairs to merge, types to split, distractors."""
    with as_file(files("samner.bench") / "drift.yaml") as path:
        found: Mapping[str, Any] = load(path, FormatError)
    return found


@lru_cache(maxsize=1)
def german() -> Mapping[str, str]:
    """English name -> German name, of every type of CrossNER and of the development schemas."""
    text = (files("samner.bench") / "german.tsv").read_text("utf-8")
    return dict(line.split("\t", 1) for line in text.splitlines())


def distractors() -> list[tuple[EntityType, frozenset[str]]]:
    """Types that hardly occur, each with the words near which it is not to be used."""
    return [
        (EntityType(row["name"], row["definition"]), frozenset(row["near"].split()))
        for row in words()["distractors"]
    ]


def crossner_drift(data: Path, part: str) -> list[DriftTask]:
    """The five domains, the catch-all left out."""
    made = []
    for task in tasks(data, part):
        split = next((n for n in words()["split"] if n in task.schema.names), None)
        parts = tuple(EntityType(**row) for row in words()["split"][split]) if split else ()
        made.append(
            DriftTask(
                task.domain,
                "crossner",
                task.schema,
                task.specific,
                [frozenset() for _ in task.documents],
                words()["synonyms"],
                german(),
                [kind for kind, _ in distractors()],
                tuple(words()["merged"][task.domain]),
                (split, parts) if split else None,
            )
        )
    return made
