"""Boundary repair: within the tokens, overlapping the span, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from llm_rules import Rules, Switch, mentions
from samner import LLMUse, SamNER
from samner.engines.llm.mixing import Sheet
from samner.ports import Judgement, Prompt
from samner.types import Candidate, Entity, Mediated, Span

pytestmark = pytest.mark.model
TYPES = {"person": "A named human being.", "city": "A town.", "drink": "Something to drink."}
TEXT = "Angela Merkel drank Earl Grey tea in Berlin."
WORDS = ["Angela", "Merkel", "drank", "Earl", "Grey", "tea", "in", "Berlin", "."]
Row = Mapping[str, Any]


@cache
def loaded() -> tuple[SamNER, Switch]:
    switch, use = Switch(), LLMUse(gate=None, repair=True)
    return SamNER(engine="hybrid", llm=switch, use=use, cache_dir=False, threads=2), switch


def repairing(answers: Callable[[str], Row], missed: object = ()) -> tuple[SamNER, Rules]:
    """A pipeline whose LLM answers each span by its words."""

    def rule(prompt: Prompt) -> str:
        rows = {s: dict(answers(m)) for s, m in mentions(prompt).items()}
        return json.dumps(rows | {"missed": list(missed) if isinstance(missed, tuple) else missed})

    ner, switch = loaded()
    switch.now = Rules(rule)
    return ner, switch.now


def none(_: str) -> Row:
    return {"type": "none", "first": 0, "last": 0}


def places(found: list[Entity]) -> list[tuple[str, str]]:
    assert all(TEXT[e.start : e.end] == e.text for e in found)
    return [(e.text, e.label) for e in found]


def test_a_prompt_numbers_the_tokens_and_the_spans_by_them() -> None:
    ner, llm = repairing(none)
    ner.extract(TEXT, TYPES)
    (prompt,) = llm.asked
    assert prompt.version == "repair/1"
    lines = [json.loads(row) for row in prompt.user.splitlines() if row.startswith("{")]
    (passage,) = [row for row in lines if "tokens" in row]
    assert passage["tokens"] == [f"{n} {word}" for n, word in enumerate(WORDS)]
    for row in lines:
        if "first" in row:
            assert " ".join(WORDS[row["first"] : row["last"] + 1]) == row["mention"]


def test_a_span_is_moved_and_its_old_boundaries_are_given_up() -> None:
    def answers(words: str) -> Row:
        if "Merkel" in words:
            return {"type": "person", "first": 1, "last": 1}
        return none(words)

    ner, _ = repairing(answers)
    found = ner.extract(TEXT, TYPES)
    assert places(found) == [("Merkel", "person")]
    assert found[0].score > 0.9
    events = found.metadata["events"]  # type: ignore[attr-defined]
    assert events["calibrator: moved"] >= 1


def test_a_missed_mention_is_added_with_its_source() -> None:
    ner, _ = repairing(none, ({"passage": "p1", "type": "drink", "first": 3, "last": 5},))
    found = ner.extract(TEXT, TYPES)
    assert places(found) == [("Earl Grey tea", "drink")]
    trace = ner.trace(TEXT, TYPES)
    assert "added" in [row["event"] for row in trace.llm]
    assert any(row["text"] == "Earl Grey tea" and row["label"] == "drink" for row in trace.calibration)


@pytest.mark.parametrize(
    "said",
    [
        {"first": 0, "last": 99},
        {"first": -1, "last": 1},
        {"first": 1, "last": 0},
        {"first": "0", "last": "1"},
        {"first": True, "last": True},
        {"first": 1.0, "last": 1.0},
        {"first": 3, "last": 4},
        {"first": None, "last": 10**30},
        {"first": 0},
    ],
)
def test_boundaries_that_may_not_be_are_refused_and_the_type_stands(said: Row) -> None:
    def answers(words: str) -> Row:
        return {"type": "person", **said} if words == "Angela Merkel" else none(words)

    ner, _ = repairing(answers)
    found = ner.extract(TEXT, TYPES)
    assert places(found) == [("Angela Merkel", "person")]
    assert found.metadata["events"]["calibrator: refused"] >= 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "missed",
    [
        ({"passage": "p2", "type": "drink", "first": 3, "last": 5},),
        ({"passage": "p1", "type": "dragon", "first": 3, "last": 5},),
        ({"passage": "p1", "type": "none", "first": 3, "last": 5},),
        ({"passage": "p1", "type": "drink", "first": 3, "last": 500},),
        ({"passage": ["p1"], "type": "drink", "first": 3, "last": 5},),
        ("tea",),
        "tea",
        {"p1": 3},
        None,
    ],
)
def test_no_mention_is_added_outside_the_tokens_or_the_types(missed: object) -> None:
    ner, _ = repairing(none, missed)
    assert ner.extract(TEXT, TYPES) == []


def test_a_plain_id_in_the_place_of_an_object_is_an_answer_too() -> None:
    ner, switch = loaded()
    rule = {"Berlin": "city"}
    switch.now = Rules(
        lambda p: json.dumps({s: rule.get(m, "none") for s, m in mentions(p).items()} | {"missed": []})
    )
    assert places(ner.extract(TEXT, TYPES)) == [("Berlin", "city")]


def sheet() -> Sheet:
    spans = [Span(0, 3), Span(0, 6)]
    mediated = [Mediated(Candidate(span, {"anchor": 0.5}), (1.0,)) for span in spans]
    table = np.array([[0.4, 0.2], [0.1, 0.3]], np.float32)
    return Sheet(mediated, Judgement(table, table, {"match": table}), 0.9)


def row(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_what_was_answered_about_a_span_stands_before_what_others_wish() -> None:
    page = sheet()
    page.answered(0, row(1, 0), True)
    page.answered(1, row(0, 1), False)
    page.added(Span(0, 6), row(1, 0))
    np.testing.assert_allclose(page.judgement().score, [[0.04, 0.02], [0.01, 0.93]], atol=1e-6)
    assert page.new == {}


def test_a_wish_for_a_candidate_that_nobody_asked_about_types_it() -> None:
    page = sheet()
    page.added(Span(0, 6), row(1, 0))
    page.added(Span(0, 6), row(0, 1))
    np.testing.assert_allclose(page.judgement().score, [[0.4, 0.2], [0.91, 0.03]], atol=1e-6)


def test_new_spans_come_after_the_others() -> None:
    page = sheet()
    page.added(Span(4, 6), row(0, 1))
    fresh = page.mediated_new(np.array([[1.0]], np.float32))
    table = np.array([[0.5, 0.1]], np.float32)
    page.complete(fresh, Judgement(table, table, {"match": table}))
    whole = page.judgement()
    assert whole.mediated is not None
    assert [m.candidate.span for m in whole.mediated] == [Span(0, 3), Span(0, 6), Span(4, 6)]
    np.testing.assert_allclose(whole.score[2], [0.05, 0.91], atol=1e-6)
    assert {name: table.shape for name, table in whole.evidence.items()} == {
        "match": (3, 2),
        "embedded": (3, 2),
    }
