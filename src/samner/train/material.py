"""Gathers what a recipe trains on: corpus and public sets, split, filtered against the benchmark, related."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samner.engines.embedded.words import WordPieces
from samner.train.batches import Source, to_passage
from samner.train.examples import Example, read_corpus, read_public
from samner.train.glosses import add_glosses
from samner.train.ontology import TypeBook
from samner.train.overlap import benchmark_grams, without_overlap
from samner.train.recipe import PublicSet, Recipe
from samner.train.split import Split, split

LABELS = Path(__file__).with_name("labels")


@dataclass(frozen=True)
class Texts:
    """What may be trained on, by group (corpus, schemas, and each public set), and what is held out."""

    groups: dict[str, list[Example]]
    book: TypeBook
    split: Split
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Material:
    """Sources with their shares of the batches, the types, the development split, the passages of each source, and the
    keys of types that are never asked for."""

    sources: list[tuple[Source, float]]
    book: TypeBook
    split: Split
    counts: dict[str, int]
    hidden: frozenset[str] = frozenset()


def gather(recipe: Recipe, corpus: Path, data: Path) -> Material:
    """Read everything; the order of reading never matters to the result."""
    texts = read_texts(recipe.public, corpus, data, recipe.without_types, recipe.glosses)
    shares = {"corpus": recipe.corpus_share, "schemas": recipe.schemas_share}
    shares |= {name: row.share for name, row in recipe.public.items()}
    sources = [
        (
            Source(
                n,
                [to_passage(e, texts.book) for e in rows],
                [f"{e.source}/{e.domain}" for e in rows],
                n in OWN,
            ),
            shares[n],
        )
        for n, rows in texts.groups.items()
        if rows and shares[n]
    ]
    counts = {n: len(rows) for n, rows in texts.groups.items()}
    return Material(sources, texts.book, texts.split, counts, texts.hidden)


def read_texts(
    public_sets: Mapping[str, PublicSet],
    corpus: Path,
    data: Path,
    without_types: Sequence[str] = (),
    glosses: bool = False,
) -> Texts:
    """The corpus without the development split, and the public sets; no passage shares an 8-gram with the benchmark."""
    book = TypeBook()
    own = list(read_corpus(corpus, book))
    public = {
        name: list(read_public(data, name, LABELS / f"{row.labels or name}.tsv", book, row.exhaustive))
        for name, row in public_sets.items()
    }
    if glosses:
        add_glosses(book)
    book.freeze()
    held = benchmark_grams(data / "crossner")
    parts = split(own, book)
    hidden = hidden_types(without_types, book)
    train = _hide(without_overlap(parts.train, held), hidden)
    groups = {
        "corpus": [e for e in train if e.closed is None],
        "schemas": [e for e in train if e.closed is not None],
    }
    groups |= {name: _hide(without_overlap(rows, held), hidden) for name, rows in public.items()}
    return Texts(groups, book, replace(parts, train=train), hidden)


def all_types(recipe: Recipe, corpus: Path, data: Path) -> TypeBook:
    """The types of everything that the recipe trains on, not yet related to each other."""
    book = TypeBook()
    list(read_corpus(corpus, book))
    for name, row in recipe.public.items():
        list(read_public(data, name, LABELS / f"{row.labels or name}.tsv", book, row.exhaustive))
    return book


OWN = ("corpus", "schemas")


def hidden_types(names: Sequence[str], book: TypeBook) -> frozenset[str]:
    """Keys of the types with these names or an equal one, in every set (for the benchmark-names experiment)."""
    asked = set(names)
    return frozenset(e.key for e in book.list if asked & {e.name, *e.other_names})


def _hide(examples: list[Example], hidden: frozenset[str]) -> list[Example]:
    """The passages with these types never asked for: mentions of them stay mentions, of a type nobody knows. A passage
    of a closed set that is left with no type at all is dropped."""
    if not hidden:
        return examples
    rows = [_without(example, hidden) for example in examples]
    return [e for e in rows if e.closed is None or e.closed]


def _without(example: Example, hidden: frozenset[str]) -> Example:
    mentions = tuple((first, end, "" if key in hidden else key) for first, end, key in example.mentions)
    closed = None if example.closed is None else tuple(key for key in example.closed if key not in hidden)
    return replace(example, mentions=mentions, closed=closed)


def pieces_of(base: Path) -> WordPieces:
    return WordPieces(base / "tokenizer.json")
