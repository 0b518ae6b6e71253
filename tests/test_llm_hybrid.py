"""The hybrid engine end to end, on the shipped model and an LLM made of rules."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache

import pytest

from llm_rules import Rules, Switch, by_mention, mentions, options
from samner import Document, Failure, InputError, LLMUse, SamNER
from samner.engines.llm.asker import BudgetSpent
from samner.ports import Prompt, Usage
from samner.types import Entities

pytestmark = pytest.mark.model
TYPES = {"person": "A named human being.", "city": "A town.", "political party": "A party."}
TEXT = "Angela Merkel met Emmanuel Macron of the CDU in Berlin."


@cache
def loaded(**use: object) -> tuple[SamNER, Switch]:
    switch = Switch()
    settings = LLMUse(**{"gate": None} | use)  # type: ignore[arg-type]
    return SamNER(engine="hybrid", llm=switch, use=settings, cache_dir=False, threads=2), switch


def hybrid(llm: Rules, **use: object) -> SamNER:
    """A pipeline with this LLM, until the next one is asked for."""
    ner, switch = loaded(**use)
    switch.now = llm
    return ner


def labels(entities: list) -> dict[str, str]:
    return {e.text: e.label for e in entities}


def test_the_answers_of_the_llm_are_the_labels() -> None:
    llm = Rules(by_mention({"CDU": "city", "Berlin": "political_party", "Angela Merkel": "person"}))
    found = hybrid(llm).extract(TEXT, TYPES)
    assert labels(found) == {"Angela Merkel": "person", "CDU": "city", "Berlin": "political party"}
    assert all(TEXT[e.start : e.end] == e.text and e.score > 0.9 for e in found)


def test_the_result_names_llm_prompt_cost_and_events() -> None:
    llm = Rules(by_mention({"Berlin": "city"}))
    ner = hybrid(llm)
    before = ner.usage
    found = ner.extract(TEXT, TYPES)
    assert isinstance(found, Entities)
    about = found.metadata
    assert (about["llm"], about["prompts"]) == ("rules", ["calibrate/1"])
    assert about["usage"]["requests"] == len(llm.asked) == 1
    assert about["events"] == {"calibrator: answered": len(mentions(llm.asked[0]))}
    assert ner.usage.requests == before.requests + 1
    assert ner.usage.tokens_in == before.tokens_in + about["usage"]["tokens_in"] > before.tokens_in


def test_only_doubted_spans_are_asked_about(ner: SamNER) -> None:
    llm = Rules(by_mention({}))
    assert hybrid(llm, gate=0.0).extract(TEXT, TYPES) == ner.extract(TEXT, TYPES)
    assert llm.asked == []
    hybrid(llm, gate=0.8).extract(TEXT, TYPES)
    some = set(mentions(llm.asked[0]).values())
    hybrid(llm, gate=None).extract(TEXT, TYPES)
    assert some < set(mentions(llm.asked[1]).values())


@pytest.mark.parametrize(
    "rule",
    [
        lambda prompt: RuntimeError("HTTP 500"),
        lambda prompt: "",
        lambda prompt: "I would rather not.",
        lambda prompt: json.dumps({"s99": "city"}),
        lambda prompt: json.dumps(dict.fromkeys(mentions(prompt), "evil")),
        lambda prompt: "x" * 1_000_000,
    ],
)
def test_where_nothing_valid_comes_back_the_embedded_answer_stands_and_says_so(
    rule: Callable[[Prompt], str | Exception], ner: SamNER
) -> None:
    llm = Rules(rule)
    asking = hybrid(llm)
    found = asking.extract(TEXT, TYPES)
    assert found == ner.extract(TEXT, TYPES)
    asked = len(mentions(llm.asked[0]))
    assert found.metadata["events"] == {"calibrator: fell back": asked}  # type: ignore[attr-defined]
    told = [row for row in asking.trace(TEXT, TYPES).llm if row["event"] == "fell back"]
    assert len(told) == asked
    assert all(row["detail"].endswith("the embedded choice stands") for row in told)
    assert all(TEXT[row["start"] : row["end"]] == row["text"] for row in told)


def test_an_answer_is_missed_alone(ner: SamNER) -> None:
    def rule(prompt: Prompt) -> str:
        answers = {s: "city" if m == "Berlin" else "none" for s, m in mentions(prompt).items()}
        return json.dumps({s: a for s, a in answers.items() if mentions(prompt)[s] != "CDU"})

    plain = {e.text: e for e in ner.extract(TEXT, TYPES)}
    found = {e.text: e for e in hybrid(Rules(rule)).extract(TEXT, TYPES)}
    assert found["Berlin"].label == "city"
    assert found.get("CDU") == plain.get("CDU")
    assert "Angela Merkel" not in found


@pytest.mark.parametrize("share", [1, 4])
def test_no_document_takes_anything_from_its_neighbours(share: int, ner: SamNER) -> None:
    """Every answer is wrong in its own way, every third request fails: a document alone gives the same."""
    texts = [f"Person {n} met Merkel in town {n} of Berlin, with number {n % 3}." for n in range(40)]

    def rule(prompt: Prompt) -> str | Exception:
        said = mentions(prompt)
        if any(m.endswith(" 7") for m in said.values()):
            return RuntimeError("HTTP 500")
        return json.dumps({s: options(prompt)[s][len(m) % 4] for s, m in said.items()})

    together = (hybrid(Rules(rule)) if share == 1 else hybrid(Rules(rule), share=share)).extract_batch(
        texts, TYPES
    )
    plain = ner.extract_batch(texts, TYPES)
    for text, found, embedded in zip(texts, together, plain, strict=True):
        if share == 1:
            assert found == hybrid(Rules(rule)).extract(text, TYPES)
        assert all(text[e.start : e.end] == e.text for e in found)
        failed = "calibrator: fell back" in found.metadata["events"]  # type: ignore[union-attr]
        if failed:
            assert found == embedded


def test_documents_share_requests_only_when_allowed() -> None:
    texts = [f"Merkel visited Berlin in {1990 + n}." for n in range(8)]
    apart, joined = Rules(by_mention({})), Rules(by_mention({}))
    first = hybrid(apart).extract_batch(texts, TYPES)
    second = hybrid(joined, share=4).extract_batch(texts, TYPES, batch_size=8)
    assert len(apart.asked) == 8
    assert len(joined.asked) < 8
    assert first == second
    costs = [r.metadata["usage"] for r in second]  # type: ignore[union-attr]
    assert sum(c["requests"] for c in costs) == len(joined.asked)
    assert sum(c["tokens_in"] for c in costs) == sum(len(p.user) // 4 for p in joined.asked)


def test_a_budget_is_kept_and_the_embedded_answers_stand(ner: SamNER) -> None:
    texts = [f"Merkel visited Berlin in {1990 + n}." for n in range(12)]
    llm = Rules(by_mention({}))
    asking = hybrid(llm, requests=5)
    found = asking.extract_batch(texts, TYPES)
    assert len(llm.asked) == asking.usage.requests == 5
    plain = ner.extract_batch(texts, TYPES)
    kept = [f == p for f, p in zip(found, plain, strict=True)]
    assert sum(kept) >= 7
    spent = sum("calibrator: not asked" in f.metadata["events"] for f in found)  # type: ignore[union-attr]
    assert spent == 7


def test_a_budget_of_tokens_is_never_overdrawn() -> None:
    texts = [f"Merkel visited Berlin in {1990 + n}." for n in range(30)]
    llm = Rules(by_mention({}))
    ner = hybrid(llm, tokens=4000)
    ner.extract_batch(texts, TYPES, batch_size=4)
    assert 0 < len(llm.asked) < 30
    assert ner.usage.tokens_in + ner.usage.tokens_out <= 4000
    assert issubclass(BudgetSpent, Exception)


def test_noise_gives_listed_types_on_known_spans_with_right_offsets() -> None:
    rng = random.Random(3)

    def noise(prompt: Prompt) -> str | Exception:
        roll = rng.random()
        if roll < 0.2:
            return RuntimeError("cut")
        if roll < 0.3:
            return "".join(rng.choices('{}[]":,s1nonecity', k=40))
        wild = ["city", "none", "evil", 3, None, ["person"], "Person "]
        return json.dumps({s: rng.choice(wild) for s in [*mentions(prompt), "s77"]})

    ner = hybrid(Rules(noise))
    texts = [f"{TEXT} No {n}: Ödön von Horváth, İstanbul, 東京 and C++." for n in range(60)]
    for text, found in zip(texts, ner.extract_batch(texts, TYPES, threshold=0.0), strict=True):
        assert not isinstance(found, Failure)
        assert {e.label for e in found} <= set(TYPES)
        assert all(text[e.start : e.end] == e.text for e in found)
        spans = {(row["start"], row["end"]) for row in ner.trace(text, TYPES).discovery}
        assert {(e.start, e.end) for e in found} <= spans


def test_what_is_no_text_is_a_failure_in_its_place() -> None:
    ner = hybrid(Rules(by_mention({"Berlin": "city"})))
    long = "Berlin is large. " * 900
    found = ner.extract_batch([TEXT, 42, "", ["In", "Berlin"], Document(long, "long")], TYPES)  # type: ignore[list-item]
    assert isinstance(found[1], Failure)
    assert found[2] == []
    assert [(e.start, e.end, e.label) for e in found[3]] == [(1, 2, "city")]
    assert len(found[4]) == 900
    assert found[4].metadata["events"]["calibrator: answered"] >= 900  # type: ignore[union-attr]


def test_five_hundred_types_fit_a_prompt() -> None:
    many = {f"kind {n}": f"Things of kind {n}." for n in range(497)} | TYPES
    llm = Rules(by_mention({"Berlin": "city", "Angela Merkel": "person"}))
    found = hybrid(llm).extract(TEXT, many)
    assert labels(found)["Berlin"] == "city"
    for prompt in llm.asked:
        assert len(prompt.user) < 12_000
        assert all(len(ids) <= 25 and ids[-1] == "none" for ids in options(prompt).values())


def test_label_order_changes_no_prompt() -> None:
    llm = Rules(by_mention({}))
    ner = hybrid(llm)
    ner.extract(TEXT, TYPES)
    ner.extract(TEXT, dict(reversed(TYPES.items())))
    assert llm.asked[0] == llm.asked[1]


def test_without_calibration_no_llm_is_asked_and_without_mediation_no_archetype_is_told(ner: SamNER) -> None:
    llm = Rules(by_mention({}))
    asking = hybrid(llm)
    raw = asking.extract(TEXT, TYPES, without={"calibration"})
    assert raw == ner.extract(TEXT, TYPES, without={"calibration"})
    assert llm.asked == []
    asking.extract(TEXT, TYPES, without={"mediation"})
    assert "Archetypes" not in llm.asked[0].user
    assert "archetype" not in llm.asked[0].user


def test_classify_asks_about_the_users_spans() -> None:
    llm = Rules(by_mention({"Berlin": "political_party"}))
    (entity, other) = hybrid(llm).classify(TEXT, [(48, 54), (41, 44)], TYPES)
    assert (entity.text, entity.label) == ("Berlin", "political party")
    assert (other.text, other.label) == ("CDU", "none")


def test_an_engine_without_its_llm_and_an_llm_without_its_engine_say_so(ner: SamNER) -> None:
    with pytest.raises(InputError, match="an LLM for the engine hybrid, found none"):
        SamNER(engine="hybrid")
    with pytest.raises(InputError, match="an engine that asks an LLM, found 'embedded'"):
        SamNER(llm=Rules(by_mention({})))
    with pytest.raises(InputError, match="a gate from 0 to 1"):
        LLMUse(gate=1.5)
    assert ner.usage == Usage()
