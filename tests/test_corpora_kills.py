"""`samner run` under `kill -9`, at random and at every start, and the bench that counts it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from samner.bench import corpora, corpora_state
from samner.bench.corpora_rows import print_corpora
from samner.bench.corpora_state import corpus, final_bytes, killed


@pytest.mark.slow
@pytest.mark.model
def test_a_dozen_kills_at_random_change_no_byte(tmp_path: Path) -> None:
    result = corpora_state.kills(tmp_path, 12, 1_500)
    assert result["random"]["same_bytes"]
    assert result["always"]["same_bytes"]
    assert result["random"]["kills"] > 3  # how many depends on how far each start came


@pytest.mark.slow
@pytest.mark.model
def test_other_bytes_would_be_seen(tmp_path: Path) -> None:
    file = corpus(tmp_path / "in.jsonl", 20)
    killed(file, tmp_path / "a", [])
    killed(file, tmp_path / "b", [])
    assert final_bytes(tmp_path / "a") == final_bytes(tmp_path / "b")
    shard = tmp_path / "b" / "shard-000000.jsonl"
    shard.write_bytes(shard.read_bytes()[:-1])
    assert final_bytes(tmp_path / "a") != final_bytes(tmp_path / "b")


@pytest.mark.model
def test_going_on_reads_nothing_that_is_done(tmp_path: Path) -> None:
    result = corpora_state.resume(tmp_path, 10_000)
    assert (result["documents"], result["shards"], result["left"]) == (10_000, 3, 1)


def test_the_slope_of_a_line() -> None:
    assert corpora.slope([(0, 5), (1, 7), (2, 9)]) == pytest.approx(2)
    assert corpora.slope([(1, 5)]) == corpora.slope([]) == 0


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.extra
def test_the_bench_measures_and_prints(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    result = corpora.run(documents=160, rounds=1, million=6_000, kills=0)
    assert 0 < result["run"]["share"] < 2
    assert next(row["texts"] for row in result["threads"]) == 1
    assert result["memory"]["peak_mb"] > 50
    sizes = result["sizes"]
    assert 150 < sizes["in"] < sizes["jsonl"]
    assert sizes["parquet_without_texts"] < sizes["parquet"] < sizes["jsonl"]
    assert 0 < sizes["plan_s"] < sizes["receipt_s"] < 0.1
    out = io.StringIO()
    print_corpora(result, Console(file=out, width=120))
    assert "going on past 6,000 documents" in out.getvalue()
    assert "share of that" in out.getvalue()
