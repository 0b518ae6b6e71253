"""Gathers what a recipe trains on: corpus and public sets, split, filtered against the benchmark, related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samner.engines.embedded.words import WordPieces
from samner.train.batches import Source, to_passage
from samner.train.examples import Example, read_corpus, read_public
from samner.train.ontology import TypeBook
from samner.train.overlap import benchmark_grams, without_overlap
from samner.train.recipe import Recipe
from samner.train.split import Split, name_of, split

LABELS = Path(__file__).with_name("labels")


@dataclass(frozen=True)
class Material:
    """Sources with their shares of the batches, the types, and the development split."""

    sources: list[tuple[Source, float]]
    book: TypeBook
    split: Split
    counts: dict[str, int]


def gather(recipe: Recipe, corpus: Path, data: Path) -> Material:
    """Read everything; the order of reading never matters to the result."""
    book = TypeBook()
    own = list(read_corpus(corpus, book))
    public = {
        name: list(read_public(data, name, LABELS / f"{row.labels or name}.tsv", book, row.exhaustive))
        for name, row in recipe.public.items()
    }
    book.freeze()
    held = benchmark_grams(data / "crossner")
    parts = split(own, book)
    train = without_overlap(_without_types(parts.train, recipe.without_types, book), held)
    groups = {
        "corpus": ([e for e in train if e.closed is None], recipe.corpus_share),
        "schemas": ([e for e in train if e.closed is not None], recipe.schemas_share),
    }
    for name, row in recipe.public.items():
        groups[name] = (without_overlap(public[name], held), row.share)
    sources = [
        (
            Source(
                n, [to_passage(e, book) for e in rows], [f"{e.source}/{e.domain}" for e in rows], n in OWN
            ),
            share,
        )
        for n, (rows, share) in groups.items()
        if rows and share
    ]
    return Material(sources, book, parts, {n: len(rows) for n, (rows, _) in groups.items()})


OWN = ("corpus", "schemas")


def _without_types(examples: Sequence[Example], names: Sequence[str], book: TypeBook) -> list[Example]:
    """Leave out the passages that carry any of these types or an equal one (the benchmark-names experiment)."""
    if not names:
        return list(examples)
    banned = set(names)
    for entry in book.list:
        if banned & {entry.name, *entry.other_names}:
            banned.add(entry.name)
    return [e for e in examples if not banned & {name_of(key) for _, _, key in e.mentions if key}]


def pieces_of(base: Path) -> WordPieces:
    return WordPieces(base / "tokenizer.json")
