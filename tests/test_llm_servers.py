"""The OpenAI backend against llama.cpp's server with random weights, and with every fault in front of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faults import FAULTS, fault_proxy
from llama_server import llama_server
from llm_prompts import obeys, some_prompts
from samner.llms import LLMSettings, load_llm, make_llm
from samner.llms.check import check
from samner.llms.errors import LLMError
from samner.llms.store import Store
from samner.ports import Prompt, Reply, Usage

pytest.importorskip("openai")
pytestmark = [pytest.mark.extra, pytest.mark.slow]
PASSING = {"429", "500", "503", "reset", "cut", "hang", "drip", "html", "no choices", "null", "megabyte"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_server(tmp_path_factory.mktemp("llama")) as url:
        yield url


def test_noise_obeys_the_schema(server: str) -> None:
    prompts = some_prompts(300, seed=1)
    replies = make_llm(LLMSettings(model="tiny", base_url=server, cache_dir=False)).ask(prompts)
    assert [n for n, pair in enumerate(zip(prompts, replies, strict=True)) if not obeys(*pair)] == []
    total = sum((r.usage for r in replies if isinstance(r, Reply)), Usage())
    assert total.requests == 301
    assert len({r.text for r in replies if isinstance(r, Reply)}) == 300


def test_what_llama_server_supports(server: str) -> None:
    checked = check(make_llm(LLMSettings(model="tiny", base_url=server, cache_dir=False)))
    assert (checked.json_schema, checked.format) == ("honoured", "json_schema")
    assert len(checked.models) == 1
    assert checked.models[0].endswith("tiny-0.gguf")


def test_a_prompt_that_is_too_long_stays_an_error_of_its_own(server: str) -> None:
    prompts = some_prompts(3, seed=2)
    prompts[1] = Prompt("Choose.", "word " * 40_000, prompts[1].answer, "p/1")
    one, long, two = make_llm(LLMSettings(model="tiny", base_url=server, cache_dir=False)).ask(prompts)
    assert obeys(prompts[0], one)
    assert obeys(prompts[2], two)
    assert isinstance(long, LLMError)
    assert "expected a prompt that the LLM server takes, found status 400" in str(long)
    assert not long.retryable


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "always"])
def test_a_fault_hurts_nobody_else(server: str, fault: str, lasting: bool) -> None:
    """Every third prompt meets the fault, once or every time."""

    def plan(text: str, seen: int) -> str | None:
        number = text.partition("prompt ")[2].partition(";")[0]
        hit = number and int(number) % 3 == 1 and "Choose" in text
        return fault if hit and (lasting or not seen) else None

    prompts = some_prompts(9, seed=3)
    settings = LLMSettings(
        model="tiny", base_url=server, cache_dir=False, timeout=1.0, retries=1, max_tokens=300
    )
    with fault_proxy(server, plan) as proxy:
        begun = time.monotonic()
        replies = make_llm(replace(settings, base_url=proxy.url)).ask(prompts)
        assert time.monotonic() - begun < 15
        assert proxy.faults[fault] >= 3
    for n, (prompt, reply) in enumerate(zip(prompts, replies, strict=True)):
        if n % 3 != 1 or not lasting or fault == "slow":
            assert obeys(prompt, reply), (n, reply)
            assert n % 3 != 1 or fault == "slow" or reply.usage.requests >= 2
        else:
            _in_its_own_place(n, prompt, reply, fault)


def _in_its_own_place(n: int, prompt: Prompt, reply: Reply | Exception, fault: str) -> None:
    if fault in ("wrong ids", "list"):  # JSON, and a caller sees that it names nothing that was asked for
        assert isinstance(reply, Reply)
        assert not obeys(prompt, reply)
        assert len(reply.text) < 100
        return
    assert isinstance(reply, LLMError), (n, reply)
    assert reply.usage.requests == 2  # a second try, or a request to mend the answer
    assert reply.retryable == (fault in PASSING)
    assert len(str(reply)) < 400
    assert len(repr(reply)) < 1000


def test_a_server_that_fails_for_a_while_is_waited_for(server: str, tmp_path: Path) -> None:
    with fault_proxy(server, lambda _, seen: ("429", "500", "reset", None)[min(seen, 3)]) as proxy:
        settings = LLMSettings(model="tiny", base_url=proxy.url, cache_dir=tmp_path)
        prompts = some_prompts(4, seed=4)
        replies = load_llm(settings).ask(prompts)
        assert all(map(obeys, prompts, replies))
        assert proxy.faults == {"429": 5, "500": 5, "reset": 5, None: 5}
        assert sum(r.usage.requests for r in replies if isinstance(r, Reply)) == 20
    assert Store(tmp_path).dialect(f"{proxy.url.partition('//')[2]} tiny")["format"] == "json_schema"
