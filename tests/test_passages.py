"""Documents in passages: every word owned once, nothing torn, nothing moved."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from material import texts
from samner.errors import InputError
from samner.offsets import clean, words
from samner.passages import Passage, passages
from samner.types import Document, Span


def length(word: str) -> int:
    return len(word)


def one(word: str) -> int:
    return 1


def cut(text: str | list[str], capacity: int, overlap: int, cost: object = one) -> list[Passage]:
    document = Document(text) if isinstance(text, str) else Document.from_tokens(text)
    return list(passages(document, one if cost is one else length, capacity, overlap))


def owned(passage: Passage) -> list[Span]:
    """The words of its own part, as spans of the document."""
    core = passage.words[passage.core.start : passage.core.end]
    return [Span(w.start + passage.offset, w.end + passage.offset) for w in core]


@given(texts(60), st.integers(1, 30), st.integers(0, 30), st.sampled_from([one, length]))
def test_the_parts_cover_every_word_once(text: str, capacity: int, overlap: int, cost: object) -> None:
    held = cut(text, capacity, overlap, cost)
    assert [word for passage in held for word in owned(passage)] == words(clean(text))
    for passage in held:
        assert passage.core.start < passage.core.end
        end = passage.offset + len(passage.text)
        assert text[passage.offset : end] == passage.text
        first, last = passage.words[0], passage.words[-1]
        assert (first.start, last.end) == (0, len(passage.text))


@given(texts(60), st.integers(1, 30), st.integers(0, 30), st.sampled_from([one, length]))
def test_no_passage_costs_more_than_it_may(text: str, capacity: int, overlap: int, cost: object) -> None:
    for passage in cut(text, capacity, overlap, cost):
        total = sum(1 if cost is one else word.end - word.start for word in passage.words)
        assert total <= capacity or len(passage.words) == 1


@given(texts(60), st.integers(1, 30), st.integers(0, 30))
def test_a_word_has_one_owner(text: str, capacity: int, overlap: int) -> None:
    held = cut(text, capacity, overlap)
    for word in words(clean(text)):
        owners = []
        for passage in held:
            local = Span(word.start - passage.offset, word.end - passage.offset)
            owners += [passage] if local in passage.words and passage.owns(local) else []
        assert len(owners) == 1


@given(st.lists(texts(3).filter(bool), max_size=30), st.integers(1, 20), st.integers(0, 10))
def test_spans_of_tokens_begin_and_end_on_tokens(tokens: list[str], capacity: int, overlap: int) -> None:
    document = Document.from_tokens(tokens)
    assert document.words is not None
    for passage in cut(tokens, capacity, overlap):
        assert passage.begins is not None
        assert passage.ends is not None
        for n, word in enumerate(passage.words):
            start, end = word.start + passage.offset, word.end + passage.offset
            (token,) = [t for t in document.words if t.start <= start and end <= t.end]
            inside = words(clean(document.text[token.start : token.end]))
            assert (n in passage.begins) == (start == token.start + inside[0].start)
            assert (n in passage.ends) == (end == token.start + inside[-1].end)


def test_cuts_prefer_the_end_of_a_sentence() -> None:
    first, *_ = cut("One two three four five. Six seven eight nine ten.", 9, 2)
    assert first.text == "One two three four five."
    first, *_ = cut("One two three four five\nsix seven eight nine ten", 8, 2)
    assert first.text == "One two three four five"
    first, *_ = cut("One. Two three four five six seven eight", 6, 2)
    assert first.text == "One. Two three four five"  # an end in the first half would waste the passage


def test_neighbours_overlap_and_share_what_they_both_hold() -> None:
    first, second = cut(" ".join(f"w{n}" for n in range(16)), 10, 4)
    assert first.core == (0, 7)
    assert [second.surface(n) for n in range(4)] == ["w6", "w7", "w8", "w9"]
    assert second.core == (1, 10)  # what begins in w6 has three words to end in
    assert first.owns(Span(*first.words[6]))
    assert not first.owns(Span(*first.words[7]))


def test_a_word_that_costs_too_much_stands_alone() -> None:
    held = cut("a " + "b" * 50 + " c", 10, 3, length)
    assert ["b" * 50] in [[p.surface(n) for n in range(len(p.words))] for p in held]


def test_texts_without_words_have_no_passages() -> None:
    assert cut("", 10, 2) == cut(" \n\u200b\x00", 10, 2) == cut([" ", "\u200b"], 10, 2) == []


def test_the_words_that_a_span_touches() -> None:
    (passage,) = cut("  Ada Lovelace, 1815", 10, 2)
    assert passage.word_range(Span(0, 3)) == (0, 0)
    assert passage.word_range(Span(1, 5)) == (0, 1)
    assert passage.word_range(Span(4, 18)) == (1, 3)
    with pytest.raises(InputError, match="touches a word"):
        passage.word_range(Span(3, 4))
