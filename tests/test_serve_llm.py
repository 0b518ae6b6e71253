"""An engine that asks an LLM, behind the service: over HTTP, with an LLM made of rules."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("httpx")
pytest.importorskip("fastapi")

import uvicorn

from llm_rules import Rules, by_mention
from samner import Entity, LLMUse, SamNER
from samner.cli.engine_options import EngineChoice
from samner.client import Client
from samner.llms.errors import LLMError
from samner.llms.settings import LLMSettings
from samner.ports import Prompt, Reply
from samner.serve.app import create_app
from samner.serve.settings import Settings
from serving import SENTENCE, TYPES

pytestmark = [pytest.mark.extra, pytest.mark.model]


def labels(entities: list[Entity]) -> dict[str, str]:
    return {e.text: e.label for e in entities}


@contextmanager
def served(ner: SamNER, folder: Path) -> Iterator[Client]:
    """The application on a thread of this process, on any free port."""
    config = uvicorn.Config(create_app(ner, Settings(folder / "s.db")), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(60)


class Echo:
    """A server that refuses each prompt and repeats it, as some do."""

    id = "echo"

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | LLMError]:
        return [LLMError("an answer", f"status 400: {prompt.user}", "ask another") for prompt in prompts]


def test_what_it_says_of_failures_at_the_end_quotes_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    ner = SamNER(engine="hybrid", llm=Echo(), use=LLMUse(gate=None), cache_dir=False, threads=2)
    ner.extract(SENTENCE, TYPES)
    engine = EngineChoice("hybrid", LLMSettings(model="echo"))
    assert not engine.tell(ner)
    assert "Lovelace" in capsys.readouterr().err  # to the one who asked
    engine.tell(ner, quoting=False)
    said = capsys.readouterr().err
    assert "1 of 1 prompts got no answer" in said
    assert "Lovelace" not in said


def test_texts_of_many_clients_are_asked_about_and_accounted_for(tmp_path: Path) -> None:
    llm = Rules(by_mention({"London": "city", "Ada Lovelace": "person"}))
    ner = SamNER(engine="hybrid", llm=llm, use=LLMUse(gate=None), cache_dir=False, threads=2)
    texts = [f"{name} said: {SENTENCE}" for name in ("Ann", "Bob", "Eve")] * 4
    with served(ner, tmp_path) as client:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda text: client.extract(text, TYPES), texts))
        assert [labels(entities) for entities in found] == [labels(ner.extract(t, TYPES)) for t in texts]
        assert labels(found[0]) == {"Ada Lovelace": "person", "London": "city"}  # the others it said are none
        assert all(entities.metadata["usage"]["requests"] >= 1 for entities in found)  # type: ignore[attr-defined]
        trace = client.trace(SENTENCE, TYPES)
        assert trace.to_dict() == ner.trace(SENTENCE, TYPES).to_dict() | {"metadata": dict(trace.metadata)}
        assert trace.llm
        assert client.info()["model"]["llm"]["llm"] == "rules"
        figures = client._http.get("/metrics").text
        assert f'samner_llm_usage{{what="requests"}} {float(ner.usage.requests)}' in figures
