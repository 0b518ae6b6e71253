"""Words and surfaces, in code points of the original text."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from samner.errors import InputError
from samner.offsets import clean, find, token_offsets, words
from samner.types import Document, Span

# Any code point at all, lone surrogates too, with the troublesome ones made likely.
CHARS = st.one_of(
    st.characters(exclude_categories=()),
    st.sampled_from("aé İﬁ.'-_\t\n\x00\u0301\u200d\u200b\ufeff\ufffd\ud800\udfff東ก👩🇩€"),
)
TEXTS = st.text(CHARS)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace wrote.", ["Ada", "Lovelace", "wrote", "."]),
        ("O'Brien's C++", ["O", "'", "Brien", "'", "s", "C", "+", "+"]),
        ("snake_case €5 10%", ["snake", "_", "case", "€", "5", "10", "%"]),
        ("東京タワー", ["東", "京", "タワー"]),
        ("cafe\u0301 x", ["cafe\u0301", "x"]),
        ("I \u2764\ufe0f it", ["I", "\u2764\ufe0f", "it"]),
        ("co\u00adop \u200bzero\u200b", ["co\u00adop", "zero"]),
        ("\ufeffBOM", ["BOM"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a\x00b\tc\u2003d", ["a", "b", "c", "d"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_letters_that_grow_when_lowered_shift_nothing() -> None:
    text = "İİİ Ankara"
    assert words(text) == [Span(0, 3), Span(4, 10)]
    assert find(text, "Ankara") == [Span(4, 10)]


@given(TEXTS)
def test_words_are_disjoint_ordered_and_cover_everything_visible(text: str) -> None:
    spans = words(text)
    assert all(span.start < span.end for span in spans)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    covered = {at for span in spans for at in range(span.start, span.end)}
    for at, char in enumerate(text):
        hidden = char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs") or char == "\ufffd"
        assert hidden or at in covered
        assert not (char.isspace() and at in covered)


@given(TEXTS, TEXTS)
def test_words_of_a_joined_text_are_the_words_of_its_parts(left: str, right: str) -> None:
    shifted = [Span(start + len(left) + 1, end + len(left) + 1) for start, end in words(right)]
    assert words(f"{left} {right}") == words(left) + shifted


@pytest.mark.parametrize(
    ("text", "surface", "starts"),
    [
        ("The party likes art; Art is art.", "art", [16, 28]),
        ("aa aa aa", "aa aa", [0]),
        ("C++ and C", "C", [0, 8]),
        ("C++14", "C++", [0]),
        ("foo_bar foo", "foo", [0, 8]),
        ("e\u0301te e", "e", [5]),
        ("co\u00adart art", "art", [7]),
        ("東京都", "東京", [0]),
        ("สวัสดีกรุงเทพครับ", "กรุงเทพ", [6]),
        ("שלום עולם", "עולם", [5]),
        ("🇩🇪 Berlin🍺", "Berlin", [3]),
        ("anything", "", []),
        ("a  b", "  ", []),
        ("short", "much longer than it", []),
    ],
)
def test_find(text: str, surface: str, starts: list[int]) -> None:
    assert find(text, surface) == [Span(start, start + len(surface)) for start in starts]


@given(TEXTS, st.data())
def test_find_returns_the_surface_at_word_edges(text: str, data: st.DataObject) -> None:
    spans = words(text)
    if spans:
        first = data.draw(st.integers(0, len(spans) - 1))
        last = data.draw(st.integers(first, len(spans) - 1))
        surface = text[spans[first].start : spans[last].end]
        found = find(text, surface)
        assert found
        assert all(text[start:end] == surface for start, end in found)
        assert all(left.end <= right.start for left, right in pairwise(found))


def test_find_is_linear_on_repeats() -> None:
    assert find("ab" * 200_000, "aba") == []


@given(TEXTS)
def test_clean_keeps_length_and_is_encodable(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    cleaned.encode("utf-8")
    assert not any(unicodedata.category(char) == "Cc" and char not in "\t\n\r" for char in cleaned)
    assert clean(cleaned) == cleaned
    same = [a == b for a, b in zip(text, cleaned, strict=True)]
    changed = [char for char, kept in zip(text, same, strict=True) if not kept]
    assert all(unicodedata.category(char) in ("Cc", "Cs") for char in changed)


def test_clean_maps_each_kind() -> None:
    assert clean("a\ud83d\ude00b\x00c\x07\td\r\n") == "a\ufffd\ufffdb c \td\r\n"


def test_token_offsets() -> None:
    document = Document.from_tokens(["Ada", "Lovelace", "wrote", "."])
    assert token_offsets(document, Span(0, 12)) == (0, 2)
    assert token_offsets(document, Span(4, 12)) == (1, 2)
    assert token_offsets(document, Span(5, 20)) == (1, 4)


@given(st.lists(st.text("ab ", min_size=1), min_size=1), st.data())
def test_token_offsets_invert_the_join(tokens: list[str], data: st.DataObject) -> None:
    document = Document.from_tokens(tokens)
    assert document.words is not None
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    span = Span(document.words[first].start, document.words[last].end)
    assert token_offsets(document, span) == (first, last + 1)


def test_token_offsets_refuses_plain_texts_and_gaps() -> None:
    with pytest.raises(InputError, match=r"Document\.from_tokens"):
        token_offsets(Document("a b"), Span(0, 1))
    with pytest.raises(InputError, match="touches a token"):
        token_offsets(Document.from_tokens(["a", "b"]), Span(1, 2))
