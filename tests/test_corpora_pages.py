"""The figures of docs/corpora.md and docs/cluster.md are those of bench/results/corpora.json, and are good enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samner.bench import corpora_plan, report
from samner.bench.machine import busy

ROOT = Path(__file__).parent.parent
FILE = ROOT / "bench/results/corpora.json"
RESULT: dict[str, Any] = {
    "run": {"rate": 300.0},
    "ray": {"rate": 250.0, "start_s": 9.0, "workers": 2},
    "memory": {"peak_mb": 200.0},
    "machine": {"cores": 2},
    "sizes": {
        "in": 175.0,
        "jsonl": 800.0,
        "parquet": 200.0,
        "parquet_without_texts": 120.0,
        "receipt": 1300.0,
        "receipt_s": 67e-6,
        "plan_s": 2.1e-6,
    },
}


def shown(page: Path) -> str:
    return page.read_text("utf-8").split(report.BEGIN)[1].split(report.END)[0].strip()


def test_the_pages_show_the_result() -> None:
    assert shown(ROOT / "docs/corpora.md") == report.markdown([report.read(FILE)]).strip()
    assert shown(ROOT / "docs/cluster.md") == corpora_plan.plan(json.loads(FILE.read_text("utf-8"))).strip()


def test_what_was_measured_is_what_is_asked() -> None:
    result = json.loads(FILE.read_text("utf-8"))
    assert result["run"]["share"] >= 0.9
    assert result["memory"]["documents"] >= 60_000
    assert result["memory"]["slope_mb_per_1000"] < 0.02
    assert busy(result) is None
    assert result["resume"]["documents"] == 1_000_000
    assert result["resume"]["seconds"] < 60
    for kills in (result["kills"]["random"], result["kills"]["always"]):
        assert kills["same_bytes"]
        assert kills["kills"] > 0


def test_the_arithmetic_by_hand(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"a\n{report.BEGIN}\nOLD TABLE\n{report.END}\nz\n")
    result = tmp_path / "corpora.json"
    result.write_text(json.dumps(RESULT))
    assert corpora_plan.main([str(result), str(page)]) == 0
    text = page.read_text()
    assert "OLD TABLE" not in text
    for part in (
        "10¹⁰ sentences / 150.0 a second = 6.67 × 10⁷ core-seconds = 18,519 core-hours, or 2.1 years",
        "On 1,000 cores that is 18.5 hours",
        "at an assumed 0.04 a core-hour it is 741, and every further cent adds 185",
        "= 2.86 × 10¹⁰ GPU-seconds = 7.9 million GPU-hours = 905 GPU-years; at an assumed 2 a GPU-hour, 16 million",
        "That is 21,400 times the cost",
        "In: 10¹⁰ × 175 = 1.75 TB. Out: 8.0 TB as JSON Lines, 2.0 TB as Parquet, 1.2 TB without",
        "that is 26 MB/s in and 30 MB/s out",
        "16 MiB of input are 95,900 sentences, 10.7 minutes of a core. 10¹⁰ / 95,900 = 104,000 shards, 104 a worker",
        "104,000 × 67 µs = 7 seconds",
        "10¹⁰ × 2.1 µs = 5.8 hours",
        "plan 35 minutes each",
    ):
        assert part in text


@pytest.mark.parametrize("name", ["corpora", "cluster", "graph", "tags", "discover"])
def test_no_page_waits_for_a_figure(name: str) -> None:
    text = (ROOT / f"docs/{name}.md").read_text("utf-8")
    assert "not measured yet" not in text
    assert "measured with the release model" not in text
    assert f"{report.BEGIN}\n{report.END}" not in text
