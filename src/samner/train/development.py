"""The zero-shot development set as tasks: a schema, texts, gold mentions, and spans that nobody can judge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samner.train.examples import Example
from samner.train.ontology import BROADER, EQUAL, UNKNOWN, TypeBook
from samner.train.split import Split, name_of
from samner.types import EntityType, Schema, Span

OPEN_TYPES = 12  # types of an open domain that its schema asks for: its most frequent ones


@dataclass(frozen=True)
class Task:
    """One development schema. `group` is domains, schemas or slots.

    `gold` [texts] maps spans to labels; `doubtful` [texts] are spans that are neither right nor wrong (a mention marked
    with a broader type than the schema's); `unseen` are the labels that training never carries.
    """

    name: str
    group: str
    schema: Schema
    texts: tuple[str, ...]
    gold: tuple[dict[Span, str], ...]
    doubtful: tuple[frozenset[Span], ...]
    unseen: frozenset[str]


def development_tasks(split: Split, book: TypeBook) -> list[Task]:
    """Every held-out domain and user schema as a task, in a fixed order."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in split.development:
        groups[example.source, example.domain].append(example)
    tasks = []
    for (source, domain), examples in sorted(groups.items()):
        keys = _asked(examples)
        schema = Schema(tuple(_entity_type(book, key) for key in keys))
        judged = [_judge(e, keys, book) for e in examples]
        tasks.append(
            Task(
                f"{source}/{domain}",
                "domains"
                if examples[0].closed is None
                else "slots"
                if source == "schemas-slots"
                else "schemas",
                schema,
                tuple(e.text for e in examples),
                tuple(gold for gold, _ in judged),
                tuple(doubtful for _, doubtful in judged),
                frozenset(name_of(k) for k in keys if k in split.unseen),
            )
        )
    return tasks


def _asked(examples: Sequence[Example]) -> list[str]:
    """A user schema's types, or an open domain's most frequent ones."""
    if examples[0].closed is not None:
        return sorted(examples[0].closed)
    counts = Counter(key for e in examples for _, _, key in e.mentions)
    return sorted(key for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:OPEN_TYPES])


def _entity_type(book: TypeBook, key: str) -> EntityType:
    entry = book.entries[key]
    return EntityType(entry.name, entry.definitions[0] if entry.definitions else "")


def _judge(example: Example, keys: Sequence[str], book: TypeBook) -> tuple[dict[Span, str], frozenset[Span]]:
    """The right label of each marked span: the narrowest asked type that holds; doubtful where a narrower might."""
    columns = [book.index[key] for key in keys]
    between = book.relation[np.ix_(columns, columns)] == BROADER
    gold: dict[Span, str] = {}
    doubtful = set()
    for first, end, key in example.mentions:
        span = Span(example.words[first].start, example.words[end - 1].end)
        row = book.relation[book.index[key], columns]
        holds = row == EQUAL if example.closed is not None else (row == EQUAL) | (row == BROADER)
        narrowest = [n for n in np.flatnonzero(holds).tolist() if not (between[:, n] & holds).any()]
        exact = [n for n in narrowest if keys[n] == key]
        if example.closed is None and (row == UNKNOWN).any():
            doubtful.add(span)
        elif narrowest:
            gold[span] = book.list[columns[(exact or narrowest)[0]]].name
    return gold, frozenset(doubtful)
