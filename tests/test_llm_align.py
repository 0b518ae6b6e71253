"""From strings to offsets: whole words, every occurrence, and near misses within the stated distance only."""

from __future__ import annotations

import pytest

pytest.importorskip("rapidfuzz", reason="needs the extra llm")

from hypothesis import given, strategies as st

from material import texts
from samner.engines.llm.align import MOST, STRINGS, align
from samner.passages import Passage, passages
from samner.types import Document, Span

pytestmark = pytest.mark.extra


def passage_of(text: str) -> Passage:
    return next(passages(Document(text), lambda word: 1, 10_000, 0))


def found(text: str, *mentions: str) -> list[tuple[str, int, float]]:
    spans, _ = align(passage_of(text), mentions)
    return [(text[s.start : s.end], s.start, round(score, 2)) for s, score in spans]


def test_every_occurrence_and_whole_words_only() -> None:
    assert found("The art of the party: art.", "art") == [("art", 4, 1.0), ("art", 22, 1.0)]
    assert found("Strasbourg", "Stras", "bourg") == []


def test_a_shorter_mention_is_not_meant_inside_a_longer_one_if_it_stands_alone_too() -> None:
    text = "From York to New York."
    assert found(text, "New York", "York") == [("York", 5, 1.0), ("New York", 13, 1.0)]
    assert found("New York", "New York", "York") == [("New York", 0, 1.0), ("York", 4, 1.0)]


@pytest.mark.parametrize(
    ("text", "mention", "expected"),
    [
        ("He met Angela  Merkel.", "Angela Merkel", [("Angela  Merkel", 7, 1.0)]),
        ("He met ANGELA MERKEL.", "Angela Merkel", [("ANGELA MERKEL", 7, 1.0)]),
        ("He met Angela Merkel.", "Angela Merkle", []),  # two edits, one allowed
        ("He met Angela Merkel.", "Angela Merkal", [("Angela Merkel", 7, 0.92)]),
        ("He met Emmanuel Macron twice.", "Emanuel Macron", [("Emmanuel Macron", 7, 0.93)]),
        ("In Bonn.", "Born", []),  # too short for any edit
        ("Zoë came.", "zoë", [("Zoë", 0, 1.0)]),
        ("alpha-beta test", "alpha - beta", []),
        ("Peter Millers and Peter Miller's", "Peter Millert", [("Peter Miller", 18, 0.92)]),
    ],
)
def test_near_misses(text: str, mention: str, expected: list[tuple[str, int, float]]) -> None:
    got = found(text, mention)
    if mention == "Peter Millert":  # two places are equally near and differ: neither is meant
        assert got == []
    else:
        assert got == expected


def test_what_is_nowhere_is_told() -> None:
    spans, nowhere = align(passage_of("He met Angela Merkel."), ["Paris", "Angela Merkel", "", "  "])
    assert [span for span, _ in spans] == [Span(7, 20)]
    assert nowhere == ["Paris", "", "  "]
    many = [f"word {n}" for n in range(STRINGS + 5)]
    assert len(align(passage_of("nothing"), many)[1]) == STRINGS + 5


def test_spans_keep_to_the_users_tokens() -> None:
    passage = next(passages(Document.from_tokens(["New", "York-based", "x"]), lambda word: 1, 100, 0))
    assert align(passage, ["New York"]) == ([], ["New York"])
    assert [s for s, _ in align(passage, ["New York-based"])[0]] == [Span(0, 14)]


@given(texts(), st.lists(st.text(max_size=12), max_size=4), st.data())
def test_spans_lie_on_words_and_hold_what_was_said(text: str, others: list[str], data: st.DataObject) -> None:
    held = list(passages(Document(text), lambda word: 1, 10_000, 0))
    if not held:
        return
    (passage,) = held
    words = [passage.surface(n) for n in range(len(passage.words))]
    mentions = [*data.draw(st.lists(st.sampled_from(words), max_size=3)), *others]
    spans, nowhere = align(passage, dict.fromkeys(mentions))
    for span, score in spans:
        first, last = passage.word_range(span)
        assert passage.allows(first, last)
        surface = passage.text[span.start : span.end]
        assert score == 1.0 or 1 - score <= MOST / len(surface)
        assert score < 1.0 or any(
            " ".join(surface.split()).casefold() == " ".join(m.split()).casefold() for m in mentions
        )
    assert set(nowhere) <= set(mentions)
