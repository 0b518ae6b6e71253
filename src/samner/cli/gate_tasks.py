"""What `samner bench gate` measures on: the user's gold, or the development part of the corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samner.types import Schema, Span

if TYPE_CHECKING:
    from samner.bench.gate_pages import GateTask


def gold_task(file: Path, schema: Schema) -> GateTask:
    """Gold data for one schema."""
    from samner.bench.datasets import read_gold
    from samner.bench.gate_pages import GateTask

    documents = read_gold(file, set(schema.names))
    gold = [{Span(e.start, e.end): e.label for e in d.entities} for d in documents]
    return GateTask(schema, [d.text for d in documents], gold, [frozenset()] * len(documents))


def development_tasks(corpus: Path) -> list[GateTask]:
    """The domains and schemas of the corpus that no training sees."""
    from samner.bench.gate_pages import GateTask
    from samner.train.development import development_tasks as tasks_of
    from samner.train.examples import read_corpus
    from samner.train.ontology import TypeBook
    from samner.train.split import split

    book = TypeBook()
    examples = list(read_corpus(corpus, book))
    book.freeze()
    tasks = tasks_of(split(examples, book), book)
    return [GateTask(task.schema, task.texts, task.gold, task.doubtful) for task in tasks]
