"""The OpenAI backend with servers that refuse or ignore json_schema, and runs that break off."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults import fault_proxy
from llama_server import free_port, use_built_libraries, wait_for
from llm_prompts import obeys, some_prompts
from samner.bench.instant import instant_server
from samner.llms import LLMSettings, load_llm, make_llm
from samner.llms.check import check
from samner.llms.dialect import Dialect
from samner.llms.errors import LLMError
from samner.llms.store import Store
from samner.ports import Reply
from tiny_llm import tiny_gguf, tiny_transformers

pytest.importorskip("openai")
pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def instant() -> Iterator[str]:
    with instant_server() as url:
        yield url


@pytest.mark.parametrize(
    ("fault", "verdict", "dialect", "requests"),
    [
        ("strip response_format", "ignored", Dialect("json_object"), 3),
        ("refuse json_schema", "refused", Dialect("json_object"), 2),
        ("refuse response_format", "refused", Dialect("plain"), 3),
        ("refuse max_tokens", "honoured", Dialect(limit="max_completion_tokens"), 2),
        ("refuse temperature", "honoured", Dialect(temperature=False), 2),
        ("refuse seed", "honoured", Dialect(seed=False), 2),
        ("refuse system", "honoured", Dialect(system=False), 2),
    ],
)
def test_a_server_is_spoken_to_as_it_understands(
    instant: str, tmp_path: Path, fault: str, verdict: str, dialect: Dialect, requests: int
) -> None:
    with fault_proxy(instant, lambda text, seen: fault) as proxy:
        settings = LLMSettings(model="m", base_url=proxy.url, cache_dir=tmp_path)
        checked = check(make_llm(settings))
        assert (checked.json_schema, checked.format) == (verdict, dialect.format)
        before = len(proxy.done)
        prompts = some_prompts(20, seed=1)
        assert all(map(obeys, prompts, load_llm(settings).ask(prompts)))
        assert len(proxy.done) == before + 20  # what check found out is remembered
        held = Store(tmp_path).dialect(f"{proxy.url.partition('//')[2]} m")
        assert held is not None
        assert Dialect.of(held) == dialect
        replies = make_llm(LLMSettings(model="m", base_url=proxy.url, cache_dir=False)).ask(prompts)
        assert sum(r.usage.requests for r in replies if isinstance(r, Reply)) == 20 + requests


def test_one_mishap_is_no_ignored_schema(instant: str) -> None:
    with fault_proxy(
        instant, lambda text, seen: "not json" if "Good morning" in text and not seen else None
    ) as proxy:
        checked = check(make_llm(LLMSettings(model="m", base_url=proxy.url, cache_dir=False)))
        assert checked.json_schema == "honoured"


def test_a_schema_that_alone_is_refused_is_said_in_words(instant: str) -> None:
    with fault_proxy(
        instant, lambda text, seen: "refuse json_schema" if "prompt 1;" in text else None
    ) as proxy:
        prompts = some_prompts(3, seed=2)
        replies = make_llm(LLMSettings(model="m", base_url=proxy.url, cache_dir=False)).ask(prompts)
        assert all(map(obeys, prompts, replies))
        assert [r.usage.requests for r in replies if isinstance(r, Reply)] in (
            [2, 2, 1],
            [1, 3, 1],
            [1, 2, 2],
        )


def ask_in_a_process(url: str, folder: Path, count: int) -> subprocess.Popen[str]:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from llm_prompts import some_prompts\n"
        "from samner.llms import LLMSettings, load_llm\n"
        f"s = LLMSettings(model='m', base_url={url!r}, cache_dir={str(folder)!r}, concurrency=2)\n"
        f"load_llm(s).ask(some_prompts({count}, seed=3))"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_a_run_that_breaks_off_goes_on_where_it_was(instant: str, tmp_path: Path, how: str) -> None:
    with fault_proxy(instant, lambda text, seen: "slow") as proxy:
        with ask_in_a_process(proxy.url, tmp_path, 40) as child:
            _until(lambda: len(proxy.done) >= 15)
            begun = time.monotonic()
            child.send_signal(getattr(signal, how))
            child.wait(10)
            assert time.monotonic() - begun < 5
        kept = Store(tmp_path).contents()[0][1]
        assert 10 <= kept < 40
        before = len(proxy.done)
        with ask_in_a_process(proxy.url, tmp_path, 40) as child:
            assert child.wait(60) == 0
        assert len(proxy.done) - before == 40 - kept
        assert Store(tmp_path).contents()[0][1] == 40


def _until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise TimeoutError


@contextmanager
def served(arguments: list[str], port: int, path: str) -> Iterator[str]:
    """A Python server in a process of its own, on one thread."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as child:
        try:
            wait_for(f"http://127.0.0.1:{port}{path}", child)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            child.kill()


def need(*packages: str) -> None:
    if missing := [name for name in packages if importlib.util.find_spec(name) is None]:
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.mark.slow
def test_the_server_of_llama_cpp_python_refuses_schemas(tmp_path: Path) -> None:
    need("llama_cpp", "gguf", "uvicorn", "sse_starlette", "starlette_context", "pydantic_settings")
    use_built_libraries()
    port, model = free_port(), tiny_gguf(tmp_path)
    one = ["--n_threads", "1", "--n_threads_batch", "1"]
    arguments = ["llama_cpp.server", "--model", str(model), "--port", str(port), "--n_ctx", "4096", *one]
    with served(arguments, port, "/v1/models") as url:
        _every_prompt_has_its_own_end(url, "m", "refused", {"json_object", "plain"})


@pytest.mark.slow
def test_transformers_serve_ignores_schemas(tmp_path: Path) -> None:
    need("torch", "transformers", "uvicorn", "fastapi", "accelerate")
    port, model = free_port(), tiny_transformers(tmp_path)
    arguments = ["transformers.cli.transformers", "serve", str(model), "--port", str(port), "--device", "cpu"]
    with served(arguments, port, "/health") as url:
        _every_prompt_has_its_own_end(url, str(model), "ignored", {"plain"})


def _every_prompt_has_its_own_end(url: str, model: str, verdict: str, formats: set[str]) -> None:
    """Random weights and nobody who holds them to the schema: noise, which must be seen to be noise."""
    llm = make_llm(
        LLMSettings(
            model=model, base_url=url, cache_dir=False, max_tokens=24, timeout=300, concurrency=1, retries=0
        )
    )
    checked = llm.find_out()  # type: ignore[attr-defined]
    assert checked.json_schema == verdict
    assert checked.dialect.format in formats
    prompts = some_prompts(3, seed=4)
    for prompt, reply in zip(prompts, llm.ask(prompts), strict=True):
        if isinstance(reply, Reply):
            assert reply.text
            assert obeys(prompt, reply) or reply.usage.requests == 2
        else:
            assert isinstance(reply, LLMError), reply
            assert str(reply).startswith(("expected an answer in JSON", "expected a whole answer"))
