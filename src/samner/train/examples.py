"""Training text: our corpus and the public sets, in one form."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from samner.errors import FormatError
from samner.offsets import words as split_words
from samner.train.ontology import TypeBook
from samner.types import Span

MARK = re.compile(r"\[\[([^\[\]|]+)\|([^\[\]|]+)\]\]")
DROPPED = "-"


@dataclass(frozen=True)
class Example:
    """One passage. `mentions` are (first word, last word + 1, type key); a key of "" is a mention of unknown type.

    `closed` names the only types whose absence is known; None means all. `exhaustive`: an unmarked span is no mention
    of anything, so that the explorer may learn from it.
    """

    text: str
    words: tuple[Span, ...]
    mentions: tuple[tuple[int, int, str], ...]
    source: str
    domain: str
    closed: tuple[str, ...] | None
    exhaustive: bool


def read_corpus(folder: Path, book: TypeBook) -> Iterator[Example]:
    """Passages of every `NAME.tsv`; `schemas-*` are closed, one schema a DOMAIN (see the corpus' README)."""
    files = sorted(p for p in folder.glob("*.tsv") if not p.name.endswith(".types.tsv"))
    if not files:
        raise FormatError(
            "corpus files NAME.tsv", f"none in {folder}", "run `make corpus` or pass the corpus folder"
        )
    for file in files:
        yield from _corpus_file(file, book)


def _corpus_file(file: Path, book: TypeBook) -> Iterator[Example]:
    inventory = _inventory(file.with_suffix(".types.tsv"))
    lines = [line.split("\t", 1) for line in file.read_text("utf-8").splitlines()]
    scoped = file.stem.startswith("schemas-")
    used: dict[str, set[str]] = {}
    for domain, marked in lines:
        used.setdefault(domain, set()).update(type_ for _, type_ in MARK.findall(marked))
    keys = {
        (domain, type_): book.add(f"{file.stem}:{domain}" if scoped else "", type_, *inventory[type_])
        for domain, types in used.items()
        for type_ in sorted(types)
    }
    if not scoped:  # types that only serve as broader ones are types to ask for as well
        for type_, row in inventory.items():
            book.add("", type_, *row)
    for domain, marked in lines:
        closed = tuple(keys[domain, t] for t in sorted(used[domain])) if scoped else None
        yield _passage(marked, {t: keys[domain, t] for t in used[domain]}, file.stem, domain, closed)


def _inventory(file: Path) -> dict[str, tuple[str, str, str, str]]:
    rows = (line.split("\t") for line in file.read_text("utf-8").splitlines())
    return {name: (archetype, broader, others, text) for name, archetype, broader, others, text in rows}


def _passage(
    marked: str, keys: dict[str, str], source: str, domain: str, closed: tuple[str, ...] | None
) -> Example:
    """Take the [[mention|type]] marks out of a passage."""
    text, spans, at = "", [], 0
    for mark in MARK.finditer(marked):
        text += marked[at : mark.start()]
        spans.append((Span(len(text), len(text) + len(mark[1])), keys[mark[2]]))
        text += mark[1]
        at = mark.end()
    return make_example(text + marked[at:], spans, source, domain, closed, closed is None)


def make_example(
    text: str,
    spans: list[tuple[Span, str]],
    source: str,
    domain: str,
    closed: tuple[str, ...] | None,
    exhaustive: bool,
) -> Example:
    """Put character spans onto words, widened to whole words where a mark lies inside one."""
    words = tuple(split_words(text))
    mentions = []
    for span, key in spans:
        inside = [n for n, word in enumerate(words) if word.start < span.end and span.start < word.end]
        if inside:
            mentions.append((inside[0], inside[-1] + 1, key))
    return Example(text, words, tuple(mentions), source, domain, closed, exhaustive)


def read_public(data: Path, name: str, labels: Path, book: TypeBook, exhaustive: bool) -> Iterator[Example]:
    """One public set, its labels mapped by `labels` (a table, see labels/README.md).

    A set with a `dom` per line is closed by domain; otherwise by the whole set.
    """
    keys = _label_keys(labels, name, book)
    with gzip.open(data / "train" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    types_of: dict[str, set[str]] = {}
    for row in rows:
        domain = row.get("dom", "")
        types_of.setdefault(domain, set()).update(keys[s[2]] for s in row["spans"] if keys[s[2]])
    for row in rows:
        domain = row.get("dom", "")
        spans, starts, at = [], [], 0
        for token in row["tokens"]:
            starts.append(at)
            at += len(token) + 1
        for first, last, label in row["spans"]:
            spans.append((Span(starts[first], starts[last] + len(row["tokens"][last])), keys[label]))
        closed = tuple(sorted(types_of[domain]))
        yield make_example(" ".join(row["tokens"]), spans, name, domain, closed, exhaustive)


def _label_keys(labels: Path, scope: str, book: TypeBook) -> dict[str, str]:
    keys = {}
    for n, line in enumerate(labels.read_text("utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) > 1 and cells[1] == DROPPED:
            keys[cells[0]] = ""
            continue
        if len(cells) != 6:
            raise FormatError("six cells", f"{len(cells)} in {labels}:{n}", "see labels/README.md")
        keys[cells[0]] = book.add(scope, cells[1], *cells[2:])
    return keys
