"""Only listed ids select, whatever comes back."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from samner.engines.llm.ids import ids_of, slug
from samner.engines.llm.replies import LONGEST, Unusable, as_object, chosen, strings

IDS = ("city", "political_party", "none")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"s1": "city"}', {"s1": "city"}),
        ('Sure!\n```json\n{"s1": "city"}\n```\nDone.', {"s1": "city"}),
        ('{"s1": "city", "s1": "city"}', {"s1": "city"}),
        ('{"s1": "city", "s1": "none", "s2": "none"}', {"s2": "none"}),
        ('{"s1": "city", "s1": "none", "s1": "city"}', {}),
    ],
)
def test_the_object_of_a_reply(text: str, value: object) -> None:
    assert as_object(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "an empty reply"),
        ("no", "no JSON object"),
        ('["s1"]', "no JSON object"),
        ('{"s1": ', "no JSON object"),
        ("[" * 50_000, "no JSON object"),
        ("x" * (LONGEST + 1), "a reply of 100001 characters"),
    ],
)
def test_what_is_no_object_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unusable, match=f"^{why}$"):
        as_object(text)


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_reply_breaks_the_reader(text: str) -> None:
    with suppress(Unusable):
        assert isinstance(as_object(text), dict)


def test_case_and_spacing_of_an_id_are_forgiven_and_nothing_else() -> None:
    assert chosen({"s1": "city"}, "s1", IDS) == "city"
    assert chosen({"s1": " Political Party "}, "s1", IDS) == "political_party"
    for value in ("town", "", None, 1, ["city"], {"type": "city"}, "city, none"):
        with pytest.raises(Unusable, match="no listed id"):
            chosen({"s1": value}, "s1", IDS)
    with pytest.raises(Unusable, match="no answer for this span"):
        chosen({"s2": "city"}, "s1", IDS)


def test_lists_of_strings() -> None:
    assert strings({"mentions": ["b", "a", "b"]}, "mentions") == ["b", "a"]
    for value in ({}, {"mentions": "a"}, {"mentions": ["a", 1]}):
        with pytest.raises(Unusable, match="no list of strings"):
            strings(value, "mentions")


def test_ids_are_readable_distinct_and_blind_to_order() -> None:
    names = ["Political Party", "political party", "none", "東京", "型", "C++", "C", "x" * 60, "X" * 60]
    ids = ids_of(names)
    assert ids == ids_of(names[::-1])
    assert ids["Political Party"] == "political_party"
    assert ids["political party"] == "political_party_2"
    assert ids["none"] == "none_2"
    assert {ids["東京"], ids["型"]} == {"type", "type_2"}


@given(st.lists(st.text(), unique=True, max_size=12))
def test_ids_never_collide_and_survive_their_own_slug(names: list[str]) -> None:
    ids = ids_of(names)
    assert len(set(ids.values())) == len(names)
    assert all(slug(id) == id and id != "none" for id in ids.values())
