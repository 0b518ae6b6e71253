"""The development split: frozen, and unseen in training."""

from __future__ import annotations

from pathlib import Path

import pytest

from samner.train.examples import Example, make_example, read_corpus
from samner.train.ontology import EQUAL, TypeBook
from samner.train.split import SPLIT_FILE, Split, choose, name_of, split
from samner.types import Span
from tiny import book_of, open_type

CORPUS = Path(__file__).parents[1] / "corpus"


@pytest.fixture(scope="module")
def real() -> tuple[list[Example], TypeBook, Split]:
    book = TypeBook()
    examples = list(read_corpus(CORPUS, book))
    book.freeze()
    return examples, book, split(examples, book)


def test_what_is_held_out_exists(real: tuple[list[Example], TypeBook, Split]) -> None:
    examples, _, parts = real
    rows = [tuple(line.split("\t")) for line in SPLIT_FILE.read_text("utf-8").splitlines()]
    assert rows == sorted(set(rows))
    assert set(rows) <= {(e.source, e.domain) for e in examples}
    assert {(e.source, e.domain) for e in parts.development} == set(rows)
    assert 0.08 < len(parts.development) / len(examples) < 0.16


def test_training_never_carries_an_unseen_type_or_its_equal(
    real: tuple[list[Example], TypeBook, Split],
) -> None:
    _, book, parts = real
    assert len(parts.unseen) > 100
    banned = {name_of(key) for key in parts.unseen}
    for key in parts.unseen:
        if not book.entries[key].scope:
            banned |= {book.list[n].name for n in (book.relation[book.index[key]] == EQUAL).nonzero()[0]}
    carried = {name_of(key) for e in parts.train for _, _, key in e.mentions}
    assert carried.isdisjoint(banned)
    assert {key for e in parts.development for _, _, key in e.mentions} >= parts.unseen


def test_no_passage_is_in_both_and_few_are_lost(real: tuple[list[Example], TypeBook, Split]) -> None:
    examples, book, parts = real
    assert {e.text for e in parts.train}.isdisjoint(e.text for e in parts.development)
    lost = len(examples) - len(parts.train) - len(parts.development)
    assert 0 < lost < 0.1 * len(examples)
    assert split(examples, book) == parts


def passage(domain: str, *types: str) -> Example:
    spans = [(Span(2 * n, 2 * n + 1), f"/{type_}") for n, type_ in enumerate(types)]
    return make_example("a b c d e", spans, "mine", domain, None, True)


def test_a_type_with_few_carriers_leaves_training_by_any_of_its_names(tmp_path: Path) -> None:
    book = book_of(
        open_type("film", others="movie"), open_type("movie", others="film"), open_type("song"),
        open_type("city"), open_type("person"),
    )  # fmt: skip
    held = tmp_path / "held.tsv"
    held.write_text("mine\tcinema\n", "utf-8")
    cinema = passage("cinema", "film", "person", "city")
    other = [
        passage("x", "movie", "song"),  # the one carrier of film, by its other name
        passage("x", "person"),
        passage("y", "person", "song"),
        passage("y", "city"),
    ]
    parts = split([cinema, *other], book, held)
    assert parts.development == [cinema]
    assert parts.unseen == {"/film", "/city"}
    assert parts.train == other[1:3]


def test_two_carriers_make_a_type_seen(tmp_path: Path) -> None:
    book = book_of(open_type("film", others="movie"), open_type("movie", others="film"))
    held = tmp_path / "held.tsv"
    held.write_text("mine\tcinema\n", "utf-8")
    other = [passage("x", "movie"), passage("x", "film")]
    assert split([passage("cinema", "film"), *other], book, held) == Split(
        other, [passage("cinema", "film")], frozenset()
    )


def test_the_choice_is_by_hash_and_prefers_types_of_its_own() -> None:
    examples = [passage(f"d{n}", "common", f"own{n}" if n % 2 else "common") for n in range(20)]
    chosen = choose(examples)
    assert chosen == choose(examples[::-1])
    assert len(chosen) == 2
    assert all(domain in {f"d{n}" for n in range(1, 20, 2)} for _, domain in chosen)
    assert choose(examples, 0.25)[0][0] == "mine"
    assert len(choose(examples, 0.25)) == 5
