"""`--engine hybrid` on the command line, against a real server on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="needs the extra openai")

from faults import fault_proxy
from samner.bench.instant import instant_server
from samner.cli.main import run
from samner.llms.store import Store

pytestmark = [pytest.mark.model, pytest.mark.extra]
TEXT = "Angela Merkel met Emmanuel Macron of the CDU in Berlin."


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with instant_server() as url:
        yield url


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMNER_CACHE", str(tmp_path / "cache"))


def hybrid(url: str, *more: str) -> list[str]:
    return ["--engine", "hybrid", "--llm-model", "instant", "--llm-base-url", url, "--gate", "1", *more]


def test_extract_with_an_llm_says_what_it_cost(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The server answers with the first listed id: `city` of these types."""
    common = ["extract", TEXT, "--labels", "person,city", "--format", "jsonl"]
    assert run([*common, *hybrid(server, "--llm-price-in", "2", "--llm-price-out", "4")]) == 0
    out, err = capsys.readouterr()
    body = json.loads(out)
    assert {e["label"] for e in body["entities"]} == {"city"}
    assert body["metadata"]["prompts"] == ["calibrate/1"]
    assert "instant" in body["metadata"]["llm"]
    cost = body["metadata"]["usage"]
    assert cost["requests"] >= 1
    assert cost["money"] == pytest.approx((2 * cost["tokens_in"] + 4 * cost["tokens_out"]) / 1e6)
    assert "requests, " in err
    assert "tokens in" in err
    assert "money 0.0" in err
    assert run([*common, *hybrid(server)]) == 0
    again, err = capsys.readouterr()
    assert json.loads(again)["entities"] == body["entities"]
    assert "money" not in json.loads(again)["metadata"]["usage"]
    assert err.startswith("samner: 0 requests, 0 tokens in, 0 out")
    assert "1 answers from the cache" in err


@pytest.mark.parametrize(
    ("engine", "adapter", "named"),
    [
        ("hybrid", "calibrate=judge", {"You assign": "judge"}),
        ("llm", "explorer=finder", {"You find every": "finder", "You find mentions": "instant"}),
    ],
)
def test_an_adapter_is_asked_for_by_its_name(
    engine: str, adapter: str, named: dict[str, str], server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with fault_proxy(server, lambda text, seen: None) as proxy:
        asked = [*hybrid(proxy.url, "--llm-adapter", adapter), "--engine", engine]
        assert run(["extract", TEXT, "--labels", "person,city", "--format", "jsonl", *asked]) == 0
    firsts = (text.splitlines()[0] for _, text in proxy.done)
    sent = {
        next(w for w in (*named, "You are") if first.startswith(w)): m
        for first, m in zip(firsts, proxy.models, strict=True)
    }
    assert sent == named | {"You are": "instant"}  # the last one finds out what the server supports
    assert f" {adapter} " in json.loads(capsys.readouterr().out)["metadata"]["llm"]


def test_a_server_that_is_not_there_costs_the_answers_but_no_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    common = ["extract", TEXT, "--labels", "person,city", "--format", "markup"]
    assert run(common) == 0
    plain = capsys.readouterr().out
    assert run([*common, *hybrid("http://127.0.0.1:9/v1", "--llm-set", "retries=0")]) == 1
    out, err = capsys.readouterr()
    assert out == plain
    assert "1 of 1 prompts got no answer, the embedded ones stand" in err


MINE = """
from samner.ports import Reply, Usage

class Mine:
    def __init__(self, settings):
        self.id = f"mine {settings.model}"

    def ask(self, prompts):
        answers = ({span: form["enum"][0] for span, form in p.answer["properties"].items()} for p in prompts)
        return [Reply(str(answer).replace("'", '"'), Usage(requests=1)) for answer in answers]
"""


def test_an_llm_of_another_package_plugs_in_by_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my_llm.py").write_text(MINE)
    info = tmp_path / "my_llm-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-llm\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[samner.llms]\nmine = my_llm:Mine\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    asked = ["--engine", "hybrid", "--llm", "mine", "--llm-model", "7b", "--gate", "1"]
    assert run(["extract", TEXT, "--labels", "city,person", "-f", "jsonl", *asked]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["metadata"]["llm"] == "mine 7b"
    assert {e["label"] for e in body["entities"]} == {"city"}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="no such signal here")
def test_an_interrupted_command_ends_at_once_and_goes_on_where_it_was(server: str, tmp_path: Path) -> None:
    texts, out = tmp_path / "texts.jsonl", tmp_path / "out.jsonl"
    texts.write_text("".join(json.dumps({"text": f"Number {n}: {TEXT}"}) + "\n" for n in range(100)))
    code = "import sys; from samner.cli.main import run; raise SystemExit(run(sys.argv[1:]))"
    with fault_proxy(server, lambda text, seen: "slow") as proxy:
        asked = [*hybrid(proxy.url), "--llm-set", "concurrency=1"]
        command = ["extract", str(texts), "--labels", "person,city", "-f", "jsonl", "-o", str(out), *asked]
        with subprocess.Popen([sys.executable, "-c", code, *command], stderr=subprocess.DEVNULL) as child:
            while len(proxy.done) < 6:
                assert child.poll() is None
                time.sleep(0.05)
            begun = time.monotonic()
            child.send_signal(signal.SIGINT)
            assert child.wait(25) == 130
            assert time.monotonic() - begun < 10  # all that is on the way would take half a minute
        assert len(proxy.done) < 60
        assert not out.exists()
        kept, before = Store(tmp_path / "cache").contents()[0][1], len(proxy.done)
        assert 4 <= kept < 60
        assert run([*command, "--llm-set", "concurrency=8"]) == 0
        assert len(proxy.done) == before + 100 - kept
    assert len(out.read_text().splitlines()) == 100


def test_explain_tells_of_the_questions(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", TEXT, "--labels", "city", "-f", "json", "--explain", *hybrid(server)]) == 0
    (body,) = json.loads(capsys.readouterr().out)
    rows = body["trace"]["llm"]
    assert {row["event"] for row in rows} == {"answered"}
    assert all(TEXT[row["start"] : row["end"]] == row["text"] for row in rows)
    assert body["trace"]["metadata"]["usage"]["requests"] >= 1
    assert all("embedded" in row["candidates"][0] for row in body["trace"]["calibration"])


def test_eval_with_an_llm(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"text": TEXT, "entities": [{"start": 48, "end": 54, "label": "city"}]}))
    assert run(["eval", str(gold), "--labels", "city,person", "--json", *hybrid(server)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["model"]["usage"]["requests"] >= 2
    assert report["typing_accuracy"] == 1.0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--engine", "hybrid"], "expected an LLM for the engine hybrid, found none"),
        (["--llm-model", "x"], "expected an engine that asks an LLM, found 'embedded'"),
        (["--engine", "hybird", "--llm-model", "x"], "an engine out of embedded, hybrid"),
        (["--engine", "hybrid", "--llm-model", "x", "--gate", "2"], "a gate from 0 to 1"),
        (["--engine", "hybrid", "--llm-model", "x", "--llm-budget", "much"], "expected --llm-budget as 500"),
    ],
)
def test_wrong_options_are_usage_errors(
    wrong: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["extract", TEXT, "--labels", "city", *wrong]) == 2
    assert told in capsys.readouterr().err
