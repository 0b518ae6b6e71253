"""A batch holds what is known of each pair, worked out by hand for a book of few types, and its indices are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pytest

from samner.engines.embedded.words import DIGITS, LOWER, PADDING, TITLE
from samner.train.arrays import pad, text_arrays
from samner.train.batches import Batch, BatchMaker, Source, to_passage
from samner.train.examples import Example, make_example
from samner.train.ontology import BROADER, EQUAL, NEGATIVE, UNKNOWN, TypeBook
from samner.train.recipe import BatchConfig
from samner.train.variants import Passage
from samner.types import Span
from tiny import book_of, word_pieces

PLAIN = BatchConfig(
    pieces=200, keep_whole=1.0, lowercase=0, swap=0, mask=0, name_only=0, asked=60, subschema=0
)
BOOK = book_of(
    ("", "novelist", "person", "writer", "", "One who writes novels."),
    ("", "writer", "person", "person", "", "One who writes."),
    ("", "person", "person", "", "", "A human being."),
    ("", "person", "organization", "", "", "A legal person."),
    ("", "city", "location", "", "", "A large town."),
    ("shop", "buyer", "person", "", "", "One who pays."),
    ("shop", "member", "person", "buyer", "", "One who pays less."),
    ("shop", "town", "location", "", "", "Where it is."),
    ("trip", "stop", "location", "", "", "Where it halts."),
)
CITY, NOVELIST, PERSON, WRITER = (BOOK.index[f"/{n}"] for n in ("city", "novelist", "person", "writer"))
BUYER, MEMBER, TOWN, STOP = (BOOK.index[k] for k in ("shop/buyer", "shop/member", "shop/town", "trip/stop"))
ARCHETYPES = ("person", "organization", "location")
PIECES = word_pieces("ada", "met", "bob", "york")


def marked(text: str, source: str, domain: str, closed: Sequence[str] | None, **types: str) -> Example:
    """A passage in which the named words are marked with the given types."""
    spans = [(Span(text.index(w), text.index(w) + len(w)), key) for w, key in types.items()]
    return make_example(text, spans, source, domain, tuple(closed) if closed else None, closed is None)


OPEN = (
    marked("Ada met Bob in York .", "c", "x", None, Ada="/novelist", Bob="/writer", York="/city"),
    marked("Eve met someone in 1842 .", "c", "x", None, Eve="/person", someone=""),
)
CLOSED = (
    marked("Max met Zoe in Bath .", "shop", "", ("shop/buyer", "shop/member", "shop/town"),
           Max="shop/buyer", Zoe="shop/member", Bath="shop/town"),
    marked("by rail to Wick .", "trip", "", ("trip/stop",), Wick="trip/stop"),
)  # fmt: skip


def source(examples: Sequence[Example], book: TypeBook = BOOK, grouped: bool = False) -> Source:
    return Source(
        "s", [to_passage(e, book) for e in examples], [f"{e.source}/{e.domain}" for e in examples], grouped
    )


def maker(examples: Sequence[Example], config: BatchConfig = PLAIN, grouped: bool = False) -> BatchMaker:
    return BatchMaker([(source(examples, grouped=grouped), 1.0)], BOOK, PIECES, ARCHETYPES, config, 1)


def words_of(batch: Batch, examples: Sequence[Example]) -> list[list[str]]:
    """The words of each text of a batch, known again by their pieces."""
    known = {}
    for e in examples:
        words = [e.text[w.start : w.end] for w in e.words]
        known[tuple(p for w in words for p in PIECES.word(w))] = words
    rows = [tuple(row[m == 1][1:-1].tolist()) for row, m in zip(batch.ids, batch.mask, strict=True)]
    return [known[row] for row in rows]


def known_of(batch: Batch, examples: Sequence[Example]) -> dict[str, dict[int, int]]:
    """For each marked word, what the batch says of each type."""
    words = words_of(batch, examples)
    found: dict[str, dict[int, int]] = {}
    for (b, first, last), row in zip(batch.mention.tolist(), batch.relation.tolist(), strict=True):
        assert first == last
        said = dict(zip(batch.types, row, strict=True))
        assert found.setdefault(words[b][first], said) == said
    return found


def test_relations_of_an_open_inventory() -> None:
    batch = maker(OPEN).batch()
    assert batch.types == sorted([CITY, NOVELIST, PERSON, WRITER])
    assert known_of(batch, OPEN) == {
        "Ada": {CITY: NEGATIVE, NOVELIST: EQUAL, PERSON: BROADER, WRITER: BROADER},
        "Bob": {CITY: NEGATIVE, NOVELIST: UNKNOWN, PERSON: BROADER, WRITER: EQUAL},
        "York": {CITY: EQUAL, NOVELIST: NEGATIVE, PERSON: NEGATIVE, WRITER: NEGATIVE},
        "Eve": {CITY: NEGATIVE, NOVELIST: UNKNOWN, PERSON: EQUAL, WRITER: UNKNOWN},
        "someone": dict.fromkeys((CITY, NOVELIST, PERSON, WRITER), UNKNOWN),
    }
    assert batch.known.all()
    assert batch.exhaustive.all()
    at = {t: n for n, t in enumerate(batch.types)}
    wider = {(NOVELIST, WRITER), (NOVELIST, PERSON), (WRITER, PERSON)}
    assert {tuple(pair) for pair in np.argwhere(batch.broader).tolist()} == {(at[a], at[b]) for a, b in wider}


def test_relations_of_closed_schemas() -> None:
    batch = maker(CLOSED).batch()
    assert batch.types == sorted([BUYER, MEMBER, TOWN, STOP])
    words = words_of(batch, CLOSED)
    assert {"by", "Max"} == {row[0] for row in words}  # both are in this batch
    of_shop = {BUYER: True, MEMBER: True, TOWN: True, STOP: False}
    for row, known in zip(words, batch.known.tolist(), strict=True):
        shop = row[0] == "Max"
        assert dict(zip(batch.types, known, strict=True)) == {t: v == shop for t, v in of_shop.items()}
    assert known_of(batch, CLOSED) == {
        # in a closed schema the mark is the most specific type that fits
        "Max": {BUYER: EQUAL, MEMBER: NEGATIVE, TOWN: NEGATIVE, STOP: UNKNOWN},
        "Zoe": {BUYER: BROADER, MEMBER: EQUAL, TOWN: NEGATIVE, STOP: UNKNOWN},
        "Bath": {BUYER: NEGATIVE, MEMBER: NEGATIVE, TOWN: EQUAL, STOP: UNKNOWN},
        "Wick": {BUYER: UNKNOWN, MEMBER: UNKNOWN, TOWN: UNKNOWN, STOP: EQUAL},
    }
    assert not batch.exhaustive.any()


def test_two_labels_of_one_span_count_together() -> None:
    text = "Kit ."
    both = make_example(text, [(Span(0, 3), "/writer"), (Span(0, 3), "/person")], "c", "x", None, True)
    batch = maker([both, *OPEN]).batch()
    words = words_of(batch, [both, *OPEN])
    found = known_of(batch, [both, *OPEN])["Kit"]
    assert found == {CITY: NEGATIVE, NOVELIST: UNKNOWN, PERSON: EQUAL, WRITER: EQUAL}
    at = [n for n, (b, _, _) in enumerate(batch.mention.tolist()) if words[b][0] == "Kit"]
    assert len(at) == sum(row[0] == "Kit" for row in words)  # one span a text
    np.testing.assert_allclose(batch.mention_archetypes[at], [[0.75, 0.25, 0]] * len(at))


def test_archetypes_are_shares() -> None:
    batch = maker(OPEN).batch()
    rows = dict(zip(batch.types, batch.type_archetypes.tolist(), strict=True))
    assert rows[PERSON] == [0.5, 0.5, 0]
    assert rows[CITY] == [0, 0, 1]
    words = words_of(batch, OPEN)
    for (b, first, _), row in zip(batch.mention.tolist(), batch.mention_archetypes.tolist(), strict=True):
        wanted = {"Eve": [0.5, 0.5, 0], "York": [0, 0, 1], "someone": [0, 0, 0]}
        assert row == wanted.get(words[b][first], [1, 0, 0])


def test_indices_point_at_the_words_pieces() -> None:
    batch = maker(OPEN).batch()
    for b, words in enumerate(words_of(batch, OPEN)):
        assert batch.words[b].sum() == len(words)
        for n, word in enumerate(words):
            ids = batch.ids[b, batch.first[b, n] : batch.last[b, n] + 1]
            assert tuple(ids.tolist()) == PIECES.word(word)
            shapes = batch.shapes[b, batch.first[b, n] : batch.last[b, n] + 1]
            shape = {"1842": DIGITS}.get(word, TITLE if word[0].isupper() else None)
            assert shape is None or set(shapes.tolist()) == {shape}
    assert (batch.shapes[batch.mask == 0] == PADDING).all()
    assert (batch.ids[batch.mask == 0] == PIECES.pad).all()
    assert (batch.ids[:, 0] == PIECES.cls).all()


def test_masked_mentions_keep_their_place_and_shape() -> None:
    seen = maker(OPEN, replace(PLAIN, mask=1.0)).batch()
    for b, first, last in seen.mention.tolist():
        at = slice(seen.first[b, first], seen.last[b, last] + 1)
        assert (seen.ids[b, at] == PIECES.mask).all()
        assert PADDING not in seen.shapes[b, at]
    assert (seen.ids == PIECES.mask).sum() < (seen.mask == 1).sum() / 2


def test_lower_case_batches_say_nothing_of_capitals() -> None:
    batch = maker(OPEN, replace(PLAIN, lowercase=1.0)).batch()
    assert TITLE not in batch.shapes
    assert len(words_of(batch, OPEN)) > 0


def every(batch: Batch) -> list[bytes]:
    return [np.asarray(getattr(batch, f.name)).tobytes() for f in fields(batch)]


def test_the_same_seed_makes_the_same_batch() -> None:
    varied = BatchConfig(pieces=150)
    one, other = maker(OPEN, varied), maker(OPEN, varied)
    batches = []
    for seed in ("1/0", "1/1", "1/2"):
        one.rng.seed(seed)
        batches.append(every(one.batch()))
    for seed, wanted in zip(("1/2", "1/0", "1/1"), (batches[2], batches[0], batches[1]), strict=True):
        other.rng.seed(seed)
        assert every(other.batch()) == wanted  # whatever was made before
    assert len({tuple(batch) for batch in batches}) == 3


@pytest.mark.parametrize("pieces", [30, 100, 400])
def test_a_batch_stays_in_its_budget(pieces: int) -> None:
    made = maker(OPEN, replace(PLAIN, pieces=pieces))
    sizes = [int(made.batch().mask.sum()) for _ in range(10)]
    assert all(0 < size <= pieces for size in sizes)
    assert max(sizes) > pieces - 30  # a passage has fewer


def test_a_text_too_long_for_the_encoder_is_left_out() -> None:
    long = make_example("ada " * 300, [], "c", "x", None, True)
    batch = maker([*OPEN, long], replace(PLAIN, longest=1000, pieces=1000)).batch()
    assert batch.ids.shape[1] < 250


def test_as_many_types_as_asked_for_and_no_more() -> None:
    few = maker(OPEN, replace(PLAIN, asked=3))
    assert {len(few.batch().types) for _ in range(5)} == {3}
    made = {tuple(few.batch().types) for _ in range(30)}
    assert len(made) > 1
    wide = Passage(["ada"], [(0, 1, BUYER)], (BUYER, MEMBER, TOWN), False)
    narrow = BatchMaker(
        [(Source("s", [wide], [""], False), 1.0)], BOOK, PIECES, ARCHETYPES, replace(PLAIN, asked=2), 1
    )
    assert all(len(narrow.batch().types) == 2 for _ in range(5))


def test_some_texts_are_asked_for_a_part_of_the_types() -> None:
    assert maker(OPEN).batch().kept.all()
    parts = maker(OPEN, replace(PLAIN, subschema=1.0)).batch().kept
    assert 0.2 < parts.mean() < 0.8
    mixed = maker(OPEN, replace(PLAIN, subschema=0.5, pieces=2000)).batch().kept
    assert 0.3 < mixed.all(axis=1).mean() < 0.8


def test_types_are_cut_to_their_pieces() -> None:
    batch = maker(OPEN, replace(PLAIN, type_pieces=10)).batch()
    assert batch.type_ids.shape[1] == 10
    assert (batch.type_mask.sum(axis=1) == 10).all()
    ends = batch.type_mask.sum(axis=1) - 1
    assert (batch.type_ids[np.arange(len(ends)), ends] == PIECES.sep).all()


def test_groups_come_together() -> None:
    many = [marked("Ada met Bob .", "c", f"domain{n % 3}", None, Ada="/writer") for n in range(30)]
    held = source(many, grouped=True)
    assert sorted(map(len, held.groups)) == [10, 10, 10]
    assert all(len({many[n].domain for n in group}) == 1 for group in held.groups)


def test_rectangles() -> None:
    filled, mask = pad([[5, 6], [], [7]], 9)
    assert filled.tolist() == [[5, 6], [9, 9], [7, 9]]
    assert mask.tolist() == [[1, 1], [0, 0], [1, 0]]


def test_texts_as_arrays() -> None:
    made = text_arrays([["Ada", "xy"], []], PIECES)
    x, y = PIECES.word("xy")
    assert made.ids.tolist() == [
        [PIECES.cls, *PIECES.word("Ada"), x, y, PIECES.sep],
        [PIECES.cls, PIECES.sep, *[PIECES.pad] * 3],
    ]
    assert made.shapes.tolist() == [[LOWER, TITLE, LOWER, LOWER, LOWER], [LOWER, LOWER, *[PADDING] * 3]]
    assert (made.first.tolist(), made.last.tolist()) == ([[1, 2], [0, 0]], [[1, 3], [0, 0]])
    assert made.words.tolist() == [[1, 1], [0, 0]]
    hidden = text_arrays([["Ada", "xy"]], PIECES, [{1}])
    assert hidden.ids[0].tolist() == [PIECES.cls, *PIECES.word("Ada"), PIECES.mask, PIECES.mask, PIECES.sep]
    assert hidden.shapes.tolist() == made.shapes[:1].tolist()
