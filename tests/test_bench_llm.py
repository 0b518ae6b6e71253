"""The benches that ask an LLM: CrossNER end to end, the gate's curve by hand, the overhead."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from samner.bench import report
from samner.bench.datasets import DOMAINS
from samner.bench.gate import print_gate, run as run_gate
from samner.bench.gate_pages import SIGNALS, GateTask
from samner.bench.oracle import Oracle, unmarked
from samner.cli.main import run
from samner.engines.llm.quoting import marked
from samner.locate import model_folder
from samner.schema import as_schema
from samner.types import Span

pytestmark = pytest.mark.model
ROOT = Path(__file__).parent.parent
TEXT = 'Angela "Angie" Merkel met <someone> in Berlin.'
GOLD = {Span(0, 21): "person", Span(39, 45): "city"}


def test_a_marked_passage_can_be_read_back() -> None:
    spans = {"s1": Span(0, 21), "s2": Span(8, 13), "s3": Span(39, 45)}
    assert unmarked(marked(TEXT, spans)) == (TEXT, spans)
    assert unmarked(marked("plain", {})) == ("plain", {})


def test_the_oracle_brings_every_candidate_to_its_gold() -> None:
    schema = as_schema(["person", "city", "drink"])
    texts = [TEXT, "Nothing to see.", "Merkel likes Berlin."]
    gold = [GOLD, {}, {Span(0, 6): "person", Span(13, 19): "drink"}]
    result = run_gate([GateTask(schema, texts, gold, [frozenset()] * 3)], model_folder(None))
    assert result["bound"] is True
    assert result["f1_with_all"] > result["f1_without"]
    for name in SIGNALS:
        rows = result["curves"][name]
        assert [row["share"] for row in rows] == sorted(row["share"] for row in rows)
        assert rows[-1]["f1"] <= result["f1_with_all"] + 1e-9
    alone, shared = result["requests"]
    assert (alone["share"], shared["share"]) == (1, 8)
    assert 0 < shared["requests"] <= alone["requests"] <= 3  # one a text at the most
    assert shared["characters"] <= alone["characters"]
    out = io.StringIO()
    print_gate(result, Console(file=out, width=120))
    assert "an upper bound, no result" in out.getvalue()
    assert json.loads(json.dumps(result))["texts"] == 3


def test_what_the_oracle_does_not_know_is_no_mention() -> None:
    assert Oracle().ask([]) == []


def test_a_doubtful_span_is_neither_right_nor_wrong() -> None:
    schema = as_schema(["person", "city"])
    task = GateTask(schema, ["Berlin is large."], [{}], [frozenset({Span(0, 6)})])
    assert run_gate([task], model_folder(None))["f1_without"] == 0.0  # nothing said, nothing wanted: 0 of 0
    wrong = GateTask(schema, ["Berlin is large."], [{Span(0, 6): "person"}], [frozenset()])
    assert run_gate([wrong], model_folder(None))["f1_with_all"] == 1.0


def test_the_page_and_the_results_agree() -> None:
    files = [ROOT / "bench" / "results" / f"{name}.json" for name in ("gate", "llm-overhead")]
    results = [report.read(file) for file in files]
    text = (ROOT / "docs" / "llm.md").read_text("utf-8")
    assert report.replace(text, report.markdown(results)) == text
    shipped = sha256((model_folder(None) / "model.json").read_bytes()).hexdigest()
    assert {result["model"]["hash"] for _, result in results} == {shipped}, "measure both again"
    assert dict(results)["llm-overhead"]["documents_per_second"] >= 200


@pytest.mark.extra
def test_crossner_runs_end_to_end_against_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openai", reason="needs the extra openai")
    from samner.bench.instant import instant_server

    for domain in DOMAINS:
        rows = "Angela\tB-misc\nMerkel\tI-misc\nmet\tO\nPeru\tB-country\n.\tO\n\nNo\tO\nname\tO\n"
        (tmp_path / f"{domain}.dev.txt").write_text(rows)
    out = tmp_path / "result.json"
    with instant_server() as url:
        asking = [
            "--engine",
            "hybrid",
            "--llm-model",
            "i",
            "--llm-base-url",
            url,
            "--gate",
            "1",
            "--no-cache",
        ]
        assert (
            run(["bench", "crossner", "--data", str(tmp_path), "--part", "dev", "--json", str(out), *asking])
            == 0
        )
    result = json.loads(out.read_text())
    assert result["model"]["prompts"] == ["calibrate/1"]
    assert result["model"]["usage"]["requests"] >= 15  # a sentence of each domain, three times
    assert result["look"] == "not logged: not the test part"
    assert "requests" in capsys.readouterr().err


@pytest.mark.extra
def test_crossner_can_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for domain in DOMAINS:
        (tmp_path / f"{domain}.dev.txt").write_text("Peru\tB-country\nmet\tO\nBerlin\tO\n")
    folder = tmp_path / "off"
    asked = [
        "llm",
        "export-prompts",
        str(folder),
        "--crossner",
        str(tmp_path),
        "--part",
        "dev",
        "--gate",
        "1",
    ]
    assert run(asked) == 0
    assert (folder / "prompts-3.jsonl").stat().st_size > 0
    assert "prompts of stage 3" in capsys.readouterr().out


@pytest.mark.extra
def test_the_overhead_is_measured(tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="needs the extra openai")
    out = tmp_path / "r.json"
    few = ["--documents", "40", "--rounds", "1", "--concurrency", "8", "--json", str(out)]
    assert run(["bench", "llm-overhead", *few]) == 0
    result = json.loads(out.read_text())
    assert (result["documents"], result["lost"]) == (40, 0)
    assert 0 < result["requests"] <= 40
    assert result["documents_per_second"] > 0


def test_the_pages_show_the_trials() -> None:
    names = ("embedded", "smollm2", "hosted")
    none, small, strong = (
        json.loads((ROOT / f"bench/results/llm-trial-{name}.json").read_text("utf-8")) for name in names
    )
    assert {r["part"] for r in (none, small, strong)} == {"dev"}
    assert len({(r["model"]["hash"], str(r["options"]), str(r["data"])) for r in (none, small, strong)}) == 1

    def science(result: dict[str, Any]) -> str:
        return f"{100 * result['strict']['domains']['science']:.1f}"

    def mean(result: dict[str, Any]) -> str:
        return f"{100 * result['strict']['mean']:.1f}"

    page, readme = ((ROOT / name).read_text("utf-8") for name in ("docs/llm.md", "README.md"))
    usage = small["model"]["usage"]
    assert f"| {science(none)} | {mean(none)} |" in page
    assert (
        f"{usage['requests']} requests, {usage['tokens_in']:,} tokens in | {science(small)} | {mean(small)} |"
        in page
    )
    assert f"| {science(strong)} | |" in page
    assert f"from {science(none)} to {science(strong)}" in readme
    assert f"from {mean(none)} down to {mean(small)}" in readme
