"""The frozen development split: whole DOMAINs and whole user schemas, many of whose types occur nowhere else."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samner.train.examples import Example
from samner.train.ontology import EQUAL, TypeBook

SPLIT_FILE = Path(__file__).with_name("development.tsv")
FEW = 1  # a type carried by at most this many passages outside the development set is dropped from training


@dataclass(frozen=True)
class Split:
    """`train` and `development` passages; `unseen` are the keys that training never carries."""

    train: list[Example]
    development: list[Example]
    unseen: frozenset[str]


def choose(examples: Sequence[Example], share: float = 0.1) -> list[tuple[str, str]]:
    """Pick a tenth of each file's DOMAINs: of three drawn by hash, the one with most types of its own.

    Deterministic, and run once: its result is committed as development.tsv.
    """
    types: dict[tuple[str, str], set[str]] = defaultdict(set)
    for e in examples:
        types[e.source, e.domain].update(name_of(key) for _, _, key in e.mentions)
    spread = Counter(t for names in types.values() for t in names)
    by_file: dict[str, list[str]] = defaultdict(list)
    for source, domain in types:
        by_file[source].append(domain)
    chosen = []
    for source, domains in sorted(by_file.items()):
        order = sorted(domains, key=lambda d: hashlib.sha256(f"{source}/{d}".encode()).digest())
        wanted = max(1, round(len(order) * share))
        for n in range(wanted):
            three = order[3 * n : 3 * n + 3]
            chosen.append((source, max(three, key=lambda d: sum(spread[t] == 1 for t in types[source, d]))))
    return sorted(chosen)


def name_of(key: str) -> str:
    """The type's name without its scope."""
    return key.split("/", 1)[1]


def split(examples: Sequence[Example], book: TypeBook, file: Path = SPLIT_FILE) -> Split:
    """Part the corpus by the frozen file and drop the few training passages that carry its unseen types."""
    held = {tuple(line.split("\t")) for line in file.read_text("utf-8").splitlines()}
    development = [e for e in examples if (e.source, e.domain) in held]
    rest = [e for e in examples if (e.source, e.domain) not in held]
    names = {name_of(key) for e in development for _, _, key in e.mentions}
    alike = {name: _synonyms(name, book) for name in names}
    carriers = Counter(name for e in rest for name in {name_of(key) for _, _, key in e.mentions})
    unseen = {name for name in names if sum(carriers[a] for a in alike[name]) <= FEW}
    banned = {a for name in unseen for a in alike[name]}
    train = [e for e in rest if not banned & {name_of(key) for _, _, key in e.mentions}]
    keys = {key for e in development for _, _, key in e.mentions if name_of(key) in unseen}
    return Split(train, development, frozenset(keys))


def _synonyms(name: str, book: TypeBook) -> set[str]:
    """The name itself and the open types that are equal to it."""
    n = book.index.get(f"/{name}")
    if n is None:
        return {name}
    return {name} | {book.list[o].name for o in (book.relation[n] == EQUAL).nonzero()[0]}
