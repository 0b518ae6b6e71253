"""Schemas that mean the same in other words. A variant changes what the types are called, said to be, or beside what
they stand; it never changes what is right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from samner.bench.datasets import GoldDocument
from samner.types import EntityType, Schema, Span

GUIDE = (
    "Every mention counts that names one, in full or in short form, wherever it stands in the text; a description that "
    "names none does not. Articles before a name and punctuation around it do not belong to it. Where a narrower type "
    "of the list fits as well, the narrower one is meant."
)


@dataclass(frozen=True, slots=True)
class DriftTask:
    """A schema with gold texts, and what is known of its types to say them in other words.

    `doubtful` [texts] are spans that are neither right nor wrong; `others` and `german` map a type's name to another
    name; `merged` is a pair of types of one kind; `split` is a type and narrower ones that together mean the same.
    """

    name: str
    half: str
    schema: Schema
    documents: Sequence[GoldDocument]
    doubtful: Sequence[frozenset[Span]]
    others: Mapping[str, str]
    german: Mapping[str, str]
    distractors: Sequence[EntityType]
    merged: tuple[str, str] | None = None
    split: tuple[str, tuple[EntityType, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """A schema to ask with. `label` maps its types to what they count as (itself where missing), `gold` the types of
    the task to what they count as."""

    schema: Schema
    label: Mapping[str, str] = field(default_factory=dict)
    gold: Mapping[str, str] = field(default_factory=dict)


Make = Callable[[DriftTask], Variant | None]


def written(task: DriftTask) -> Variant:
    return Variant(task.schema)


def synonyms(task: DriftTask) -> Variant:
    return _renamed(task, task.others)


def german_names(task: DriftTask) -> Variant:
    return _renamed(task, task.german)


def names_alone(task: DriftTask) -> Variant:
    return Variant(_with(task, [EntityType(t.name) for t in task.schema]))


def identifiers(task: DriftTask) -> Variant:
    """MusicalArtist, with no definition: as programs and data sets write types."""
    names = {t.name: "".join(part.capitalize() for part in t.name.split()) for t in task.schema}
    types = [EntityType(names[t.name]) for t in task.schema]
    return Variant(_with(task, types), {names[t.name]: t.name for t in task.schema})


def long_definitions(task: DriftTask) -> Variant:
    types = [
        replace(
            t, definition=f"{t.definition} Another word for it is {task.others.get(t.name, t.name)}. {GUIDE}"
        )
        for t in task.schema
    ]
    return Variant(_with(task, types))


def distractors(task: DriftTask) -> Variant | None:
    """Types that nothing in the texts belongs to, beside those asked for."""
    return Variant(_with(task, [*task.schema, *task.distractors])) if task.distractors else None


def merged(task: DriftTask) -> Variant | None:
    """Two types in one; the gold counts as the one."""
    if task.merged is None:
        return None
    first, second = (next(t for t in task.schema if t.name == name) for name in task.merged)
    name = f"{first.name} or {second.name}"
    both = EntityType(name, f"Either of two things. {first.definition} Or: {second.definition}")
    rest = [t for t in task.schema if t.name not in task.merged]
    return Variant(_with(task, [*rest, both]), gold={first.name: name, second.name: name})


def split(task: DriftTask) -> Variant | None:
    """A type in several narrower ones, each of which counts as it."""
    if task.split is None:
        return None
    name, parts = task.split
    rest = [t for t in task.schema if t.name != name]
    return Variant(_with(task, [*rest, *parts]), {part.name: name for part in parts})


def permuted(task: DriftTask) -> Variant:
    types = list(task.schema)
    random.Random(1).shuffle(types)
    return Variant(_with(task, types))


VARIANTS: Mapping[str, Make] = {
    "as written": written,
    "synonyms": synonyms,
    "names alone": names_alone,
    "identifiers": identifiers,
    "long definitions": long_definitions,
    "German names": german_names,
    "distractors": distractors,
    "merged": merged,
    "split": split,
    "permuted": permuted,
}


def _renamed(task: DriftTask, names: Mapping[str, str]) -> Variant:
    """The types under other names with their definitions; a name that is taken stays as it was."""
    taken = set(task.schema.names)
    new: dict[str, str] = {}
    for kind in task.schema:
        other = names.get(kind.name, kind.name)
        new[kind.name] = kind.name if other in taken else other
        taken.add(new[kind.name])
    types = [replace(t, name=new[t.name]) for t in task.schema]
    return Variant(_with(task, types), {new[t.name]: t.name for t in task.schema})


def _with(task: DriftTask, types: Sequence[EntityType]) -> Schema:
    return Schema(tuple(types), task.schema.name)
