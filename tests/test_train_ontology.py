"""Which types are equal, which broader, and which nobody can judge."""

from __future__ import annotations

import numpy as np

from samner.train.ontology import BROADER, EQUAL, NEGATIVE, UNKNOWN, TypeBook, split_names
from tiny import book_of, open_type


def relation(book: TypeBook, marked: str, asked: str) -> int:
    marked, asked = (key if "/" in key else f"/{key}" for key in (marked, asked))
    return int(book.relation[book.index[marked], book.index[asked]])


def test_names_that_name_each_other_are_equal() -> None:
    book = book_of(
        open_type("film", others="movie"), open_type("movie", others="Film, flick"), open_type("song")
    )
    assert relation(book, "film", "movie") == relation(book, "movie", "film") == EQUAL
    assert relation(book, "film", "song") == relation(book, "song", "movie") == NEGATIVE
    assert relation(book, "song", "song") == EQUAL


def test_a_name_given_one_way_only_says_neither_yes_nor_no() -> None:
    book = book_of(open_type("film", others="work"), open_type("work"))
    assert relation(book, "film", "work") == relation(book, "work", "film") == UNKNOWN


def test_broader_types_are_followed_through_chains() -> None:
    book = book_of(
        open_type("novelist", broader="writer"),
        open_type("writer", broader="artist, nobody defined this"),
        open_type("artist", broader="person"),
        open_type("person"),
        open_type("city"),
    )
    for broader in ("writer", "artist", "person"):
        assert relation(book, "novelist", broader) == BROADER
        # a mention marked with the broader type may be a novelist, and may be none
        assert relation(book, broader, "novelist") == UNKNOWN
    assert relation(book, "novelist", "city") == relation(book, "city", "novelist") == NEGATIVE


def test_a_cycle_of_broader_types_says_nothing() -> None:
    book = book_of(open_type("drug", broader="substance"), open_type("substance", broader="drug"))
    assert relation(book, "drug", "substance") == relation(book, "substance", "drug") == UNKNOWN
    assert relation(book, "drug", "drug") == EQUAL


def test_scopes_know_nothing_of_each_other() -> None:
    book = book_of(
        open_type("writer", broader="person"),
        open_type("person"),
        ("snips", "person", "person", "", "", ""),
        ("snips", "city", "location", "", "", ""),
    )
    assert relation(book, "person", "snips/person") == relation(book, "snips/person", "person") == UNKNOWN
    assert relation(book, "snips/person", "writer") == UNKNOWN
    assert relation(book, "snips/person", "snips/city") == NEGATIVE


def test_the_same_type_of_two_files_is_one_entry_with_both_files_words() -> None:
    book = TypeBook()
    key = book.add("", " Film ", "creative_work", "work", "movie", "A motion picture.")
    assert book.add("", "film", "artifact", "work, product", "Movie, flick", "A reel.") == key == "/film"
    book.add("", "film", "artifact", "", "", "")
    book.freeze()
    (entry,) = book.list
    assert entry.definitions == ["A motion picture.", "A reel."]
    assert (entry.broader, entry.other_names) == (["work", "product"], ["movie", "flick"])
    assert entry.archetypes == ["creative_work", "artifact", "artifact"]


def test_the_order_of_reading_does_not_matter() -> None:
    rows = [
        open_type("b", broader="a"),
        open_type("a"),
        open_type("c", others="a"),
        ("s", "a", "", "", "", ""),
    ]
    one, other = book_of(*rows), book_of(*reversed(rows))
    assert one.keys == other.keys
    assert (one.relation == other.relation).all()


def test_types_that_mean_nearly_the_same_are_blurred() -> None:
    book = book_of(
        open_type("alloy"), open_type("metal"), open_type("song"), open_type("tune", broader="song"),
        ("s", "metal", "", "", "", ""),
    )  # fmt: skip
    vectors = np.zeros((len(book.keys), 2), np.float32)
    for key, angle in {"/alloy": 0.0, "/metal": 0.3, "/song": 1.5, "/tune": 1.5, "s/metal": 0.0}.items():
        vectors[book.index[key]] = np.cos(angle), np.sin(angle)
    before = book.relation.copy()
    assert book.blur(vectors, 0.9) == 2
    assert relation(book, "alloy", "metal") == relation(book, "metal", "alloy") == UNKNOWN
    assert relation(book, "tune", "song") == BROADER  # what is known stays
    assert (book.relation != before).sum() == 2


def test_names_in_a_cell() -> None:
    assert split_names("Pop Star,  singer,, ") == ["pop star", "singer"]
    assert split_names("") == []
