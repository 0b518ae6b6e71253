"""The engine `llm`: all three stages by a language model made of rules."""

from __future__ import annotations

import json
from functools import cache

import pytest

pytest.importorskip("rapidfuzz", reason="needs the extra llm")

from llm_rules import Rule, Rules, Switch, mentions
from samner import LLMUse, SamNER
from samner.archetypes import load as load_archetypes
from samner.engines.llm.prompts import stage_of
from samner.ports import Prompt

pytestmark = [pytest.mark.model, pytest.mark.extra]
TYPES = {"chancellor": "Who leads a government.", "capital": "A town.", "party": "A political party."}
TEXT = "Angela Merkel met a friend of the CDU in Berlin. Berlin was cold."
ANSWERS = {"Angela Merkel": "chancellor", "Berlin": "capital", "CDU": "party"}
KINDS = {"Angela Merkel": "person", "Berlin": "location", "CDU": "organization", "friend": "person"}


def model(anchor: list[str], explorer: list[str], types: dict[str, str] = ANSWERS) -> Rule:
    def rule(prompt: Prompt) -> str:
        name = prompt.version.partition("/")[0]
        if name in ("anchor", "explorer"):
            return json.dumps({"mentions": anchor if name == "anchor" else explorer})
        table, otherwise = (KINDS, "misc") if name == "archetype" else (types, "none")
        return json.dumps({s: table.get(m, otherwise) for s, m in mentions(prompt).items()})

    return rule


@cache
def loaded() -> tuple[SamNER, Switch]:
    switch = Switch()
    return SamNER(engine="llm", llm=switch, cache_dir=False, threads=2), switch


def asking(rule: Rule) -> tuple[SamNER, Rules]:
    ner, switch = loaded()
    switch.now = Rules(rule)
    return ner, switch.now


def test_extract_mediate_calibrate() -> None:
    ner, llm = asking(model(["Angela Merkel", "Berlin", "CDU"], ["Angela Merkel", "friend", "Berlin"]))
    found = ner.extract(TEXT, TYPES)
    assert [(e.text, e.start, e.label, e.archetype) for e in found] == [
        ("Angela Merkel", 0, "chancellor", "person"),
        ("CDU", 34, "party", "organization"),
        ("Berlin", 41, "capital", "location"),
        ("Berlin", 49, "capital", "location"),
    ]
    assert found[0].sources == ("anchor", "explorer")
    assert [stage_of(p.version) for p in llm.asked] == [1, 1, 2, 3]
    assert found.metadata["prompts"] == ["anchor/1", "archetype/1", "calibrate/1", "explorer/1"]  # type: ignore[attr-defined]
    assert found.metadata["usage"]["requests"] == 4  # type: ignore[attr-defined]


def test_the_consensus_keeps_an_explorers_single_word_only_with_the_anchors_consent() -> None:
    ner, _ = asking(model(["Berlin"], ["friend", "Angela Merkel"]))
    verdicts = {row["text"]: row["kept"] for row in ner.trace(TEXT, TYPES).discovery}
    assert verdicts == {"Angela Merkel": True, "friend": False, "Berlin": True}


def test_the_explorer_and_the_archetypes_are_blind_to_the_schema() -> None:
    ner, llm = asking(model(["Berlin"], ["Angela Merkel"]))
    ner.extract(TEXT, TYPES)
    ner.extract(TEXT, ["x", "y"])
    first, second = llm.asked[:4], llm.asked[4:]
    alike = [p.version for p, q in zip(first, second, strict=True) if p == q]
    assert alike == ["explorer/1", "archetype/1"]


def test_the_archetypes_that_may_be_chosen_are_told_with_their_definitions() -> None:
    ner, llm = asking(model(["Berlin"], []))
    ner.extract("Berlin was cold.", TYPES)
    (prompt,) = [p for p in llm.asked if p.version == "archetype/1"]
    known = sorted(load_archetypes(), key=lambda a: a.name)
    assert prompt.user == "\n".join(
        [
            "## Archetypes",
            *(f'{{"id": {json.dumps(a.name)}, "definition": {json.dumps(a.definition)}}}' for a in known),
            "",
            "## Passages",
            '{"id": "p1", "text": "<s1>Berlin</s1> was cold."}',
            "",
            "## Spans",
            '{"id": "s1", "mention": "Berlin"}',
        ]
    )
    assert prompt.answer["properties"]["s1"]["enum"] == [a.name for a in known]
    assert all(len(a.definition) > 20 for a in known)


def test_a_calibrators_prompt_tells_of_the_types_and_of_the_archetypes_at_hand_alone() -> None:
    ner, llm = asking(model(["Berlin"], []))
    ner.extract("Berlin was cold.", TYPES)
    (prompt,) = [p for p in llm.asked if p.version == "calibrate/1"]
    (place,) = [a for a in load_archetypes() if a.name == "location"]
    assert prompt.user == "\n".join(
        [
            "## Types",
            *(f'{{"id": "{name}", "definition": "{TYPES[name]}"}}' for name in sorted(TYPES)),
            "",
            "## Archetypes",
            f'{{"id": "location", "definition": {json.dumps(place.definition)}}}',
            "",
            "## Passages",
            '{"id": "p1", "text": "<s1>Berlin</s1> was cold."}',
            "",
            "## Spans",
            '{"id": "s1", "mention": "Berlin", "archetype": "location"}',
        ]
    )


def test_strings_that_are_nowhere_are_counted() -> None:
    ner, _ = asking(model(["Berlin", "Paris", "Angela Merkal"], []))
    trace = ner.trace(TEXT, TYPES)
    assert trace.metadata["events"]["anchor: unaligned"] == 1
    assert "'Paris' is nowhere in the text" in [row["detail"] for row in trace.llm]
    assert {row["text"] for row in trace.discovery} == {"Berlin", "Angela Merkel"}


def test_without_a_schema_no_anchor_is_asked() -> None:
    ner, llm = asking(model([], ["Angela Merkel", "Berlin"]))
    found = ner.extract(TEXT, None)
    assert [(e.text, e.label) for e in found][:2] == [("Angela Merkel", "person"), ("Berlin", "location")]
    assert {p.version for p in llm.asked} == {"explorer/1", "archetype/1"}


def test_where_nothing_comes_back_the_embedded_engine_stands_in(ner: SamNER) -> None:
    silent, _ = asking(lambda prompt: RuntimeError("HTTP 500"))
    found, plain = silent.extract(TEXT, TYPES), ner.extract(TEXT, TYPES)
    assert [(e.span, e.label, e.score) for e in found] == [(e.span, e.label, e.score) for e in plain]
    events = found.metadata["events"]  # type: ignore[attr-defined]
    assert events["anchor: fell back"] == events["explorer: fell back"] == 1
    assert events["archetypes: fell back"] == events["calibrator: fell back"] > 0


def test_one_passage_without_an_answer_takes_nothing_from_the_others() -> None:
    texts = [f"Person {n} saw Berlin." for n in range(6)]

    def rule(prompt: Prompt) -> str | Exception:
        if "Person 3" in prompt.user and prompt.version != "calibrate/1":
            return RuntimeError("HTTP 500")
        return model(["Berlin"], [])(prompt)

    ner, _ = asking(rule)
    results = ner.extract_batch(texts, TYPES)
    for n, (text, found) in enumerate(zip(texts, results, strict=True)):
        if n != 3:
            assert [(e.text, e.label) for e in found] == [("Berlin", "capital")]
        assert all(text[e.start : e.end] == e.text for e in found)
        assert ("anchor: fell back" in found.metadata["events"]) == (n == 3)  # type: ignore[union-attr]


def test_many_types_are_named_to_the_anchor_without_definitions() -> None:
    ner, llm = asking(model(["Berlin"], []))
    ner.extract(TEXT, {f"kind {n}": "A long definition of it." for n in range(500)})
    anchor = next(p for p in llm.asked if p.version == "anchor/1")
    assert "definition" not in anchor.user
    assert anchor.user.count("kind ") == 500
    assert LLMUse().share == 1
