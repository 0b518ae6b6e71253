"""The trace tells what happened, and no more."""

from __future__ import annotations

import json

import pytest

from material import SENTENCE, TYPES
from samner import SamNER
from samner.archetypes import load as load_archetypes

pytestmark = pytest.mark.model


def test_the_three_stages_of_a_sentence(ner: SamNER) -> None:
    trace = ner.trace(SENTENCE, TYPES)
    data = trace.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["text"] == SENTENCE
    assert trace.entities == ner.extract(SENTENCE, TYPES)
    for stage in ("discovery", "mediation", "calibration"):
        rows = {(row["start"], row["end"]): row for row in data[stage]}
        assert rows[(0, 12)]["text"] == "Ada Lovelace"
        assert all(SENTENCE[start:end] == row["text"] for (start, end), row in rows.items())


def test_discovery_says_who_found_what_and_why_it_stays(ner: SamNER) -> None:
    rows = ner.trace(SENTENCE, TYPES).discovery
    assert all(set(row["sources"]) <= {"anchor", "explorer"} and row["why"] for row in rows)
    assert {row["kept"] for row in rows} <= {True, False}
    kept = [(row["start"], row["end"]) for row in rows if row["kept"]]
    assert kept == [(row["start"], row["end"]) for row in ner.trace(SENTENCE, TYPES).mediation]


def test_mediation_is_a_distribution(ner: SamNER) -> None:
    for row in ner.trace(SENTENCE, TYPES).mediation:
        assert set(row["archetypes"]) == {a.name for a in load_archetypes()}
        assert sum(row["archetypes"].values()) == pytest.approx(1, abs=1e-4)


def test_calibration_shows_every_label_and_the_decision(ner: SamNER) -> None:
    for row in ner.trace(SENTENCE, TYPES).calibration:
        assert [c["label"] for c in row["candidates"]] == list(TYPES)
        assert all({"match", "prior", "agreement"} <= set(c) for c in row["candidates"])
        assert row["score"] == max(c["score"] for c in row["candidates"])
    decisions = {row["text"]: row["decision"] for row in ner.trace(SENTENCE, TYPES).calibration}
    assert decisions["Ada Lovelace"] == "comes out as person"
    assert any(decision.startswith("does not") for decision in decisions.values())


def test_a_long_text_tells_of_every_span_once(ner: SamNER) -> None:
    text = " ".join([SENTENCE] * 20)
    trace = ner.trace(text, TYPES)
    places = [(row["start"], row["end"]) for row in trace.discovery]
    assert len(set(places)) == len(places)
    assert all(text[row["start"] : row["end"]] == row["text"] for row in trace.discovery)
    assert trace.entities == ner.extract(text, TYPES)


def test_without_a_schema_there_is_no_calibration(ner: SamNER) -> None:
    trace = ner.trace(SENTENCE, None)
    assert trace.calibration == []
    assert trace.entities == ner.extract(SENTENCE, None)


def test_of_tokens_it_counts_characters(ner: SamNER) -> None:
    tokens = SENTENCE.split()
    trace = ner.trace(tokens, TYPES)
    assert trace.text == " ".join(tokens)
    assert all(trace.text[e.start : e.end] == e.text for e in trace.entities)
