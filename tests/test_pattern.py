"""Regular expressions as an extractor, and extractors by name."""

from __future__ import annotations

import pickle
import re
from importlib.metadata import entry_points
from typing import Any

import pytest
from hypothesis import given, strategies as st

from material import SENTENCE, TYPES, texts
from samner import SamNER
from samner.errors import InputError
from samner.extractors import load
from samner.extractors.gazetteer import Gazetteer
from samner.extractors.pattern import Pattern
from test_gazetteer import found


def matches(pattern: Any, text: str) -> list[str]:
    return [text[start:end] for (start, end), _ in found(Pattern(pattern), text)]


def test_one_expression_or_several() -> None:
    text = "Flight BA117 of 3 May cost 99.50 EUR"
    assert matches(r"[A-Z]{2}\d+", text) == ["BA117"]
    assert matches({"flight": r"[A-Z]{2}\d+", "money": re.compile(r"[\d.]+ eur", re.I)}, text) == [
        "BA117",
        "99.50 EUR",
    ]
    assert matches({"one": r"\d+", "two": r"\b\d\b"}, text) == ["117", "3", "99", "50"]
    assert found(Pattern("May", score=0.25), text) == [((18, 21), 0.25)]


def test_empty_and_invisible_matches_are_no_spans() -> None:
    assert matches(r"x*", "abc") == []
    assert matches(r"x*", "axb") == ["x"]
    assert matches(r"\s+|\W", "a \u200b \x00 b") == []
    assert matches(r"\s*May\s*", "3 May 2020") == ["May"]
    assert matches(r"(?=b)", "abc") == []
    assert matches("May", "") == []


def test_on_tokens_a_match_is_widened_to_whole_ones() -> None:
    joined = "on 2020-05-03 in AB"
    spans = found(Pattern(r"05|A"), ["on", "2020-05-03", "in", "AB"])
    assert [joined[s:e] for (s, e), _ in spans] == ["2020-05-03", "AB"]


@pytest.mark.parametrize(
    "pattern", ["(", "(?P<a>x)(?P<a>y)", b"x", 7, None, {}, {"a": "["}, "x{99999999999}"], ids=repr
)
def test_wrong_expressions_are_errors(pattern: Any) -> None:
    with pytest.raises(InputError, match="regular expression"):
        Pattern(pattern)


def test_a_score_is_a_share() -> None:
    with pytest.raises(InputError, match="score"):
        Pattern("x", score=-0.1)


@given(texts(), st.sampled_from([r"\w+", r".", r"(?s).+", r"[^a]*", r"\d|\s", r"^.", r"\bA.*?e\b"]))
def test_spans_hold_something_visible(text: str, pattern: str) -> None:
    for (start, end), _ in found(Pattern(pattern), text):
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]


def test_extractors_by_name() -> None:
    assert load("gazetteer") is Gazetteer
    assert load("pattern") is Pattern
    assert {e.name for e in entry_points(group="samner.extractors")} >= {"gazetteer", "pattern"}
    with pytest.raises(InputError, match="did you mean 'gazetteer'"):
        load("gazeteer")


def test_they_pickle() -> None:
    for extractor in (Pattern({"a": re.compile("Bob", re.I)}), Gazetteer(["Bob"])):
        again = pickle.loads(pickle.dumps(extractor))
        assert found(again, "Ada and Bob") == found(extractor, "Ada and Bob") == [((8, 11), 1.0)]


@pytest.mark.model
def test_they_take_part_in_the_consensus() -> None:
    text = "Order 66-KX-19 was sent by Ada Lovelace."
    codes, people = Pattern(r"\d+-\w+-\d+", name="codes"), Gazetteer(["Ada Lovelace"], name="people")
    ner = SamNER(cache_dir=False, extractors=[codes, people])
    types = {"order number": "A number that identifies an order.", "person": "A human being."}
    entities = {e.text: e for e in ner.extract(text, types, threshold=0.0, nested=True)}
    assert "codes" in entities["66-KX-19"].sources
    assert "people" in entities["Ada Lovelace"].sources
    assert entities["Ada Lovelace"].label == "person"
    with pytest.raises(InputError, match="'codes'"):
        SamNER(cache_dir=False, extractors=[codes, Pattern("x", name="codes")])
    with pytest.raises(InputError, match="'anchor'"):
        SamNER(cache_dir=False, extractors=[Pattern("x", name="anchor")])


@pytest.mark.model
def test_on_a_long_text_each_match_comes_once() -> None:
    text = " ".join(f"{SENTENCE} See note N{n}." for n in range(40))
    ner = SamNER(cache_dir=False, extractors=[Pattern(r"N\d+")])
    found = [e for e in ner.extract(text, TYPES, threshold=0.0, nested=True) if "pattern" in e.sources]
    assert [e.text for e in found] == [f"N{n}" for n in range(40)]
