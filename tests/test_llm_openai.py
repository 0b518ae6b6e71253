"""The OpenAI backend against a real server on loopback."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import fault_proxy
from samner import LLMUse, SamNER
from samner.bench.instant import first_answer, instant_server
from samner.cli.main import run
from samner.errors import InputError
from samner.llms import LLMSettings, load_llm, make_llm
from samner.llms.answers import fault
from samner.llms.errors import LLMError
from samner.llms.store import Store
from samner.ports import Prompt, Reply, Usage

pytest.importorskip("openai")
pytestmark = pytest.mark.extra
FORM = {
    "type": "object",
    "properties": {"s1": {"enum": ["person", "none"]}, "s2": {"enum": ["none", "city"]}},
    "required": ["s1", "s2"],
    "additionalProperties": False,
}
ANSWER = '{"s1": "person", "s2": "none"}'


def prompts(count: int) -> list[Prompt]:
    return [Prompt("Choose.", f"text {n}", FORM, "p/1") for n in range(count)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with instant_server() as url:
        yield url


def texts(replies: list[Reply | Exception]) -> list[str]:
    return [r.text if isinstance(r, Reply) else repr(r) for r in replies]


def test_prompts_are_answered_and_counted(url: str, tmp_path: Path) -> None:
    settings = LLMSettings(model="m", base_url=url, cache_dir=tmp_path)
    replies = load_llm(settings).ask(prompts(20))
    assert texts(replies) == [ANSWER] * 20
    total = sum((r.usage for r in replies if isinstance(r, Reply)), Usage())
    assert total.requests == 21  # one to find out what the server supports
    assert total.tokens_out > 20 * (len(ANSWER) // 4)
    free = load_llm(settings).ask(prompts(20))
    assert [r.usage for r in free if isinstance(r, Reply)] == [Usage(from_cache=1)] * 20
    (held,) = Store(tmp_path).contents()
    assert held[:2] == (load_llm(settings).id, 20)


def test_what_a_server_supports_is_asked_once(url: str, tmp_path: Path) -> None:
    settings = LLMSettings(model="m", base_url=url, cache_dir=tmp_path)
    load_llm(settings).ask(prompts(1))
    (reply,) = load_llm(settings).ask([Prompt("Another.", "text", FORM, "p/1")])
    assert isinstance(reply, Reply)
    assert reply.usage.requests == 1


def test_threads_processes_and_pickles_share_one(url: str) -> None:
    llm = make_llm(LLMSettings(model="m", base_url=url, cache_dir=False))
    found: dict[int, list[str]] = {}

    def ask(n: int) -> None:
        found[n] = texts(llm.ask(prompts(n)))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [ANSWER] * n for n in range(1, 9)}
    assert texts(pickle.loads(pickle.dumps(llm)).ask(prompts(2))) == [ANSWER] * 2
    if hasattr(os, "fork"):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply(_in_child, (llm,)) == [ANSWER] * 3


def _in_child(llm: object) -> list[str]:
    return texts(llm.ask(prompts(3)))  # type: ignore[attr-defined]


def test_no_server_is_an_error_for_each_prompt_and_soon(unused: int) -> None:
    llm = make_llm(
        LLMSettings(model="m", base_url=f"http://127.0.0.1:{unused}/v1", retries=1, cache_dir=False)
    )
    errors = llm.ask(prompts(50))
    assert {type(e) for e in errors} == {LLMError}
    assert str(errors[0]).startswith("expected an answer from the LLM server, found C")
    assert "check that the server runs and its URL" in str(errors[0])
    spent = [e.usage.requests for e in errors if isinstance(e, LLMError)]
    assert sum(spent) == 2  # the first prompt's, and its second try; the others are told at once


@pytest.fixture
def unused() -> int:
    """A port on which nobody listens."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_the_key_stays_where_it_is(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    llm = make_llm(LLMSettings(model="m", base_url=url.replace("//", "//user:word@"), cache_dir=False))
    assert texts(llm.ask(prompts(1))) == [ANSWER]
    shown = f"{llm.id} {llm!r} {vars(llm)}"
    assert "sk-very-secret" not in shown
    assert "word" not in llm.id


def test_neither_logs_nor_traces_nor_the_cache_nor_errors_hold_the_key(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One text is answered; at the other the server tells the key that it got, as some do."""
    caplog.set_level(logging.DEBUG)
    key, word = "sk-very-secret-0123456789", "passw0rd"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with fault_proxy(url, lambda text, _: "tell key" if "Paris" in text else None) as proxy:
        for base in (proxy.url, proxy.url.replace("//", f"//user:{word}@")):
            settings = LLMSettings(model="m", base_url=base, cache_dir=tmp_path)
            asking = SamNER(engine="hybrid", llm=settings, use=LLMUse(gate=None), cache_dir=False, threads=2)
            traces = [asking.trace(f"Merkel saw {city}.", ["person", "city"]) for city in ("Rome", "Paris")]
            shown = json.dumps([trace.to_dict() for trace in traces]) + repr(asking.asks.failures)
            told = "Basic ***" if word in base else "Bearer ***"
            assert f"status 401: Incorrect API key: {told}" in shown
            assert not {secret for secret in (key, word) if secret in shown}
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"s1" in held
    assert "chat/completions" in caplog.text
    assert not {secret for secret in (key, word) if secret in caplog.text or secret.encode() in held}


def test_the_hosted_server_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match="set OPENAI_API_KEY, or OPENAI_BASE_URL for another server"):
        make_llm(LLMSettings(model="m"))
    with pytest.raises(InputError, match="expected a base URL with http or https"):
        make_llm(LLMSettings(model="m", base_url="localhost:11434/v1"))


def test_check_and_cache_commands(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMNER_CACHE", str(tmp_path))
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert run(["llm", "check", "--llm-model", "m"]) == 0
    line = capsys.readouterr().out
    assert ": json_schema honoured; 0." in line
    assert line.endswith(" s a call; models there: instant\n")
    assert run(["llm", "check"]) == 0
    assert capsys.readouterr().out == "instant\n"
    assert run(["llm", "check", "--llm", "llamacpp"]) == 2
    assert "expected --llm-model with a file or folder, found none" in capsys.readouterr().err
    load_llm(LLMSettings(model="m")).ask(prompts(3))
    assert run(["cache", "info"]) == 0
    assert "       3 answers, " in capsys.readouterr().out
    assert run(["cache", "clear"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'llm.sqlite'}: 3 answers forgotten\n"
    assert run(["llm", "check", "--llm-model", "m", "--llm-set", "speed=9"]) == 2
    assert "expected --llm-set NAME=VALUE with a name out of temperature" in capsys.readouterr().err
    assert run(["llm", "check", "--llm-model", "m", "--llm", "oracle"]) == 2
    assert "expected an LLM backend out of llamacpp, offline, openai, transformers" in capsys.readouterr().err


@pytest.mark.parametrize(
    "schema",
    [
        FORM,
        {"type": "array", "items": {"type": "string"}, "minItems": 2},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/x"}},
            "required": ["a"],
            "$defs": {"x": {"const": 3}},
        },
        {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        {
            "type": "array",
            "prefixItems": [{"type": "number", "minimum": 2}],
            "items": {"type": "boolean"},
            "minItems": 2,
        },
    ],
)
def test_the_instant_server_obeys(schema: dict[str, object]) -> None:
    assert fault(first_answer(schema), schema) == ""
