"""The gazetteer: whole words, longest first, exact offsets, and fast."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from material import SENTENCE, TYPES, texts
from samner import SamNER
from samner.errors import FormatError, InputError
from samner.extractors.gazetteer import Gazetteer
from samner.offsets import clean, words
from samner.passages import passages
from samner.ports import Extractor, Found, Reading
from samner.types import Document, Span


def found(gazetteer: Extractor, text: str | list[str]) -> list[Found]:
    """The spans in a text read as one passage, as offsets of the text."""
    document = Document(text) if isinstance(text, str) else Document.from_tokens(text)
    held = list(passages(document, len, 10**9, 0))
    rows = gazetteer.extract(Reading(held, None, [None] * len(held)))
    return [
        Found(Span(span.start + p.offset, span.end + p.offset), score)
        for p, row in zip(held, rows, strict=True)
        for span, score in row
    ]


def surfaces(entries: Iterable[str], text: str, **options: Any) -> list[str]:
    return [text[start:end] for (start, end), _ in found(Gazetteer(entries, **options), text)]


def test_whole_words_from_left_to_right_the_longest() -> None:
    entries = ["New York", "New York Times", "York", "art", "Times Square"]
    assert surfaces(entries, "The New York Times, a party, New York art.") == [
        "New York Times",
        "New York",
        "art",
    ]
    assert surfaces(entries, "York New Yorkshire New York Times Square") == ["York", "New York Times"]
    assert surfaces(["C++", "U.S."], "U.S. C++ C+") == ["U.S.", "C++"]
    assert surfaces(["a b c"], "a b a b c a b") == ["a b c"]


def test_case_counts_unless_it_is_to_be_ignored() -> None:
    text = "QUEEN, Queen, queen, İstanbul, STRASSE and ﬁn"
    assert surfaces(["Queen"], text) == ["Queen"]
    entries = ["queen", "istanbul", "i̇stanbul", "Straße", "FIN"]
    assert surfaces(entries, text, ignore_case=True) == [
        "QUEEN",
        "Queen",
        "queen",
        "İstanbul",
        "STRASSE",
        "ﬁn",
    ]


def test_white_space_and_composition_do_not_count() -> None:
    assert surfaces(["New York", "Zoë"], "New\n  York Zoe\u0308") == ["New\n  York", "Zoe\u0308"]
    assert surfaces([" New\tYork "], "New York") == ["New York"]


def test_on_tokens_only_whole_tokens() -> None:
    gazetteer = Gazetteer(["New York", "York", "Times"], score=0.5)
    joined = "in New York Times"
    assert found(gazetteer, ["in", "New York", "Times"]) == [((3, 11), 0.5), ((12, 17), 0.5)]
    assert [joined[s:e] for (s, e), _ in found(gazetteer, ["in", "New", "York Times"])] == []


def test_lists_by_name() -> None:
    gazetteer = Gazetteer({"band": ["Queen", "The Who"], "title": ["Queen", "King"]})
    assert len(gazetteer) == 3
    assert gazetteer.lists_of("Queen") == ("band", "title")
    assert gazetteer.lists_of("The  Who") == ("band",)
    assert gazetteer.lists_of("Who") == ()
    assert Gazetteer(["Queen"]).lists_of("Queen") == ("",)
    assert len(Gazetteer([])) == 0


@pytest.mark.parametrize(
    "entries", ["Queen", {"band": "Queen"}, [""], [" \u200b"], ["a", 7], [None]], ids=repr
)
def test_wrong_entries_are_errors(entries: Any) -> None:
    with pytest.raises(InputError, match="surface"):
        Gazetteer(entries)
    with pytest.raises(InputError, match="score"):
        Gazetteer(["a"], score=2.0)


visible = st.sampled_from(["Ada", "Zoë", "C++", "straße", "东京", "U.S.", "New York", "e\u0301"])


@given(texts(), st.lists(visible, max_size=5), st.booleans())
def test_spans_are_words_of_the_text(text: str, entries: list[str], ignore_case: bool) -> None:
    """Also with entries cut from the text itself: every one of them is found where nothing longer is."""
    own = words(clean(text))
    cut = [text[own[0].start : own[-1].end]] if 0 < len(own) < 4 else []
    spans = found(Gazetteer([*entries, *cut], ignore_case=ignore_case), text)
    starts, ends = {w.start for w in own}, {w.end for w in own}
    assert all(span.start in starts and span.end in ends for span, _ in spans)
    assert all(a.end <= b.start for (a, _), (b, _) in pairwise(spans))
    if cut:
        assert [span for span, _ in spans] == [Span(own[0].start, own[-1].end)]


def test_a_hundred_thousand_surfaces_on_a_long_text() -> None:
    gazetteer = Gazetteer(f"Name{n} of Place{n % 300}" for n in range(100_000))
    assert len(gazetteer) == 100_000
    text = "Name77 of Place77 met nobody of note in Place5, said Name3. " * 2_000
    started = time.process_time()
    assert len(found(gazetteer, text)) == 2_000
    assert time.process_time() - started < 5  # a loop of find would take minutes


def test_from_files(tmp_path: Path) -> None:
    plain, tabs = tmp_path / "plain.txt", tmp_path / "tabs.tsv"
    plain.write_text("\ufeffQueen\n\n  The Who \r\n", encoding="utf-8")
    tabs.write_text("Queen\tband\nRoger Daltrey\tsinger\nKing\n", encoding="utf-8")
    mapping, flat, data = tmp_path / "lists.yaml", tmp_path / "flat.yml", tmp_path / "lists.json"
    mapping.write_text("band: [Queen, The Who]\nsinger:\n- Roger Daltrey\n")
    flat.write_text("- Queen\n- 1984\n")
    data.write_text('{"band": ["Queen"]}')
    text = "Queen, The Who, Roger Daltrey, King and 1984"

    def of(path: Path, **options: Any) -> list[str]:
        return [text[s:e] for (s, e), _ in found(Gazetteer.from_file(path, **options), text)]

    assert of(plain) == ["Queen", "The Who"]
    assert of(tabs) == ["Queen", "Roger Daltrey", "King"]
    assert of(mapping) == ["Queen", "The Who", "Roger Daltrey"]
    assert of(flat) == ["Queen", "1984"]
    assert of(data) == ["Queen"]
    assert Gazetteer.from_file(str(tabs)).lists_of("Queen") == ("band",)
    assert Gazetteer.from_file(plain, name="bands", ignore_case=True).lists_of("QUEEN") == ("",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"", "at least one surface"),
        ("a.tsv", b"Queen\tband\n\tband\n", "a.tsv:2"),
        ("a.tsv", b"Queen\tband\tmore\n", "a.tsv:1"),
        ("a.txt", b"Z\xfcrich\n", "UTF-8"),
        ("a.txt", "\u200b\n".encode(), "a.txt"),
        ("a.yaml", b"band: Queen\n", "a.yaml:1"),
        ("a.yaml", b"band:\n- Queen\n- [x]\n", "a.yaml:3"),
        ("a.yaml", b"- [", "YAML"),
        ("a.json", b"[1]", "a.json"),
    ],
)
def test_wrong_files_are_errors_with_their_place(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError, match=says):
        Gazetteer.from_file(tmp_path / name)
    with pytest.raises(FormatError, match="readable file"):
        Gazetteer.from_file(tmp_path / "gone.txt")


@pytest.mark.model
def test_it_takes_part_in_the_consensus(ner: SamNER) -> None:
    """What only the gazetteer finds goes through the later stages: they type it, or leave it out."""
    names = Gazetteer(["took no", "Ada Lovelace", "wrote"], ignore_case=True)
    with_names = SamNER(cache_dir=False, extractors=[names])
    found = {e.text: e for e in with_names.extract(SENTENCE, TYPES)}
    assert "gazetteer" in found["Ada Lovelace"].sources
    assert "gazetteer" not in found["London"].sources
    everything = with_names.extract(SENTENCE, TYPES, threshold=0.0, nested=True)
    alone = {e.text: e for e in everything if e.sources == ("gazetteer",)}
    assert "took no" in alone
    assert "took no" not in {e.text for e in ner.extract(SENTENCE, TYPES, threshold=0.0, nested=True)}
    assert alone["took no"].label in TYPES
    assert alone["took no"].score < 0.5
    assert "took no" not in found
    rows = {row["text"]: row for row in with_names.trace(SENTENCE, TYPES).discovery}
    assert rows["took no"]["sources"] == {"gazetteer": 1.0}
    assert rows["took no"]["why"] == "an anchor found it"
