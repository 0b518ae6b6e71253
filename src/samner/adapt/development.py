"""The zero-shot development set outside training: for the drift bench, and to see that nothing is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samner.bench.datasets import GoldDocument, GoldEntity
from samner.bench.drift_data import distractors, german
from samner.bench.drift_variants import DriftTask
from samner.train.development import Task, development_tasks
from samner.train.examples import read_corpus
from samner.train.material import Material
from samner.train.ontology import TypeBook, TypeEntry
from samner.train.split import split
from samner.types import EntityType, Schema

PARTS = 3  # narrower types that a type is split into, beside the rest of it


def material(corpus: Path) -> Material:
    """The corpus, split, without any public set: all that the development tasks come from."""
    book = TypeBook()
    examples = list(read_corpus(corpus, book))
    book.freeze()
    return Material([], book, split(examples, book), {})


def tasks(corpus: Path) -> list[Task]:
    held = material(corpus)
    return development_tasks(held.split, held.book)


def documents(task: Task) -> list[GoldDocument]:
    """The task's texts with their gold."""
    return [
        GoldDocument(
            text, tuple(GoldEntity(span.start, span.end, label) for span, label in sorted(gold.items()))
        )
        for text, gold in zip(task.texts, task.gold, strict=True)
    ]


def drift_tasks(held: Material) -> list[DriftTask]:
    """The development schemas with other words for their types, out of the corpus."""
    narrower = _narrower(held.book)
    return [_drift(task, held.book, narrower) for task in development_tasks(held.split, held.book)]


def _drift(task: Task, book: TypeBook, narrower: dict[str, list[TypeEntry]]) -> DriftTask:
    scope = "" if task.group == "domains" else task.name.replace("/", ":", 1)
    entries = {name: book.entries[f"{scope}/{name}"] for name in task.schema.names}
    near = {
        word
        for e in entries.values()
        for name in (e.name, *e.broader, *e.other_names)
        for word in name.split()
    }
    return DriftTask(
        task.name,
        "development",
        task.schema,
        documents(task),
        task.doubtful,
        {name: entry.other_names[0] for name, entry in entries.items() if entry.other_names},
        german(),
        [kind for kind, words in distractors() if not words & near],
        _pair(entries),
        _split(task.schema, entries, narrower) if not scope else None,
    )


def _pair(entries: dict[str, TypeEntry]) -> tuple[str, str] | None:
    """The first two types of one archetype of which neither is the broader."""
    names = sorted(entries)
    for n, one in enumerate(names):
        for other in names[n + 1 :]:
            a, b = entries[one], entries[other]
            if a.archetypes[0] == b.archetypes[0] and one not in b.broader and other not in a.broader:
                return one, other
    return None


def _narrower(book: TypeBook) -> dict[str, list[TypeEntry]]:
    """The types of the open inventory right below each of its types."""
    below: dict[str, list[TypeEntry]] = {}
    for entry in book.list:
        if not entry.scope and entry.broader and entry.definitions:
            below.setdefault(entry.broader[0], []).append(entry)
    return below


def _split(
    schema: Schema, entries: dict[str, TypeEntry], narrower: dict[str, list[TypeEntry]]
) -> tuple[str, tuple[EntityType, ...]] | None:
    """The first type that has narrower ones, none of them in the schema, as these and the rest."""
    for kind in sorted(schema, key=lambda t: t.name):
        below = [e for e in narrower.get(kind.name, []) if e.name not in entries]
        if len(below) >= PARTS and not any(kind.name in e.broader for e in entries.values()):
            some = below[:PARTS]
            names = ", ".join(e.name for e in some)
            rest = EntityType(f"other {kind.name}", f"{kind.definition} Not one of these: {names}.")
            return kind.name, (*(EntityType(e.name, e.definitions[0]) for e in some), rest)
    return None


def unlike(tasks: Sequence[Task], schema: Schema) -> list[Task]:
    """The tasks whose schema has no type of `schema` as written."""
    written = {(t.name, t.definition) for t in schema}
    return [task for task in tasks if not any((t.name, t.definition) in written for t in task.schema)]
