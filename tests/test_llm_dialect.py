"""What is sent to a server, what is read from its answer, and what a refusal teaches; without any server."""

from __future__ import annotations

import pytest

from samner.errors import InputError
from samner.llms import LLMSettings, load_llm
from samner.llms.answers import json_of
from samner.llms.costs import Costs
from samner.llms.dialect import OBJECT, PLAIN, SCHEMA, Dialect, mended
from samner.llms.exchange import retry_after
from samner.ports import Prompt, Usage

SETTINGS = LLMSettings(model="m", temperature=0, seed=3, max_tokens=50)
FORM = {"type": "object", "properties": {"s1": {"enum": ["é", "none"]}}}
PROMPT = Prompt("Rules.", "Data.", FORM, "p/1")


def test_a_request_by_schema() -> None:
    assert Dialect().body(PROMPT, SETTINGS) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Rules."}, {"role": "user", "content": "Data."}],
        "max_tokens": 50,
        "temperature": 0,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": FORM},
        },
    }


def test_a_request_in_words_leaves_the_data_as_they_are() -> None:
    body = Dialect(PLAIN, "max_completion_tokens", True, False, False).body(PROMPT, SETTINGS)
    system, user = body.pop("messages")
    assert body == {"model": "m", "max_completion_tokens": 50}
    assert user == {"role": "user", "content": "Data."}
    assert system["content"].startswith("Rules.\n\nAnswer with one JSON value")
    assert system["content"].endswith('{"type": "object", "properties": {"s1": {"enum": ["é", "none"]}}}')
    assert Dialect(OBJECT).body(PROMPT, SETTINGS)["response_format"] == {"type": "json_object"}
    (only,) = Dialect(system=False).body(PROMPT, SETTINGS)["messages"]
    assert only == {"role": "user", "content": "Rules.\n\nData."}


def test_an_adapter_is_the_model_that_its_own_prompt_is_sent_to() -> None:
    settings = LLMSettings(model="m", adapters=(("explorer", "finder"), ("archetype", "sorter")))
    sent = {
        version: Dialect().body(Prompt("Rules.", "Data.", FORM, version), settings)["model"]
        for version in ("explorer/1", "explorer/2", "archetype/1", "anchor/1", "calibrate/1", "probe/1")
    }
    assert sent == {
        "explorer/1": "finder",
        "explorer/2": "finder",
        "archetype/1": "sorter",
        "anchor/1": "m",
        "calibrate/1": "m",
        "probe/1": "m",
    }
    assert {**Dialect().body(PROMPT, settings), "model": ""} == {
        **Dialect().body(PROMPT, SETTINGS),
        "model": "",
    } | {
        "temperature": 0.0,
        "seed": 0,
        "max_tokens": 1024,
    }


def test_a_wrong_answer_is_shown_to_its_writer() -> None:
    body = Dialect().body(PROMPT, SETTINGS)
    again = mended(body, "x" * 9000, "$.s1: 'x' is not one of them")
    assert again["messages"][:2] == body["messages"]
    assert again["messages"][2] == {"role": "assistant", "content": "x" * 4000}
    assert "$.s1: 'x' is not one of them" in again["messages"][3]["content"]
    assert {k: v for k, v in again.items() if k != "messages"} == {
        k: v for k, v in body.items() if k != "messages"
    }


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (
            "unsupported parameter: 'max_tokens', use 'max_completion_tokens'",
            {"limit": "max_completion_tokens"},
        ),
        ("'temperature' does not support 0", {"temperature": False}),
        ("unknown field seed", {"seed": False}),
        ("system role not supported", {"system": False}),
        ("response_format.type: json_schema is not supported", {"format": OBJECT}),
        ("bad request", {"format": OBJECT}),
    ],
)
def test_a_refusal_teaches(words: str, change: dict[str, object]) -> None:
    after = Dialect().after(words)
    assert after is not None
    assert after.to_dict() == Dialect().to_dict() | change


def test_refusals_come_to_an_end() -> None:
    words = "max_tokens, temperature, seed, system, response_format: all of them are wrong"
    dialect: Dialect | None = Dialect()
    seen = []
    while dialect is not None:
        assert dialect not in seen
        seen.append(dialect)
        dialect = dialect.after(words)
    assert seen[-1] == Dialect(PLAIN, "max_completion_tokens", False, False, False)
    assert Dialect.of(seen[-1].to_dict()) == seen[-1]
    assert Dialect.of({"format": SCHEMA, "colour": 1}) is None
    assert Dialect.of({"format": "xml"}) is None


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"a": 1}', '{"a": 1}'),
        (' [1, "}"] ', '[1, "}"]'),
        ("<think>{no}</think>\n{}", "{}"),
        ('Sure! Here it is:\n```json\n{"a": "é"}\n```\nEnjoy.', '{"a": "é"}'),
        ('The answer is {"a": {"b": []}} as you see {', '{"a": {"b": []}}'),
        ('"s1"', '"s1"'),
    ],
)
def test_the_json_in_an_answer(answer: str, found: str) -> None:
    assert json_of(answer) == found


@pytest.mark.parametrize(
    "answer", ["", "   ", "hello", "{", '{"a": NaN}', '{"a": 1', "[" * 100_000, "{'a': 1}"]
)
def test_no_json_in_an_answer(answer: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        json_of(answer)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after-ms": "x"}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": " "}, "expected the name of a model, found none; pass --llm-model"),
        ({"concurrency": 0}, "expected concurrency of at least 1, found 0; raise concurrency"),
        ({"retries": -1}, "expected retries of at least 0, found -1"),
        ({"timeout": float("nan")}, "expected a timeout in seconds, above 0, found nan"),
        ({"temperature": 3.0}, "expected a temperature from 0 to 2, found 3.0"),
        ({"price_in": -1.0}, "expected a price of 0 or more, found -1.0"),
    ],
)
def test_settings_are_checked(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        LLMSettings(**{"model": "m", **wrong})  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_an_unknown_backend_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"out of llamacpp, offline, openai, transformers, found 'oracle'"):
        load_llm(LLMSettings(model="m", backend="oracle"))


def test_costs_for_people() -> None:
    usage = Usage(3, 1_500_000, 20_000, 1000, 4.25, 2)
    assert str(Costs(usage)) == (
        "3 requests, 1,500,000 tokens in (1,000 cached by the server), 20,000 out, 4.2 s of waiting, "
        "2 answers from the cache"
    )
    priced = Costs.of(usage, LLMSettings(model="m", price_in=2.0, price_out=10.0))
    assert priced.money == pytest.approx(3.2)
    assert str(priced).endswith(", money 3.2000")
    assert priced.to_dict()["tokens_out"] == 20_000
    assert "money" not in Costs(usage).to_dict()
