"""The parts of the speed bench: workload, child processes, the peer's environment, and how rounds become figures."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from samner.bench import peer_env, speed, workload
from samner.bench.children import Child, ChildError
from samner.bench.datasets import TEST_SENTENCES
from samner.bench.peer_env import PeerError
from samner.bench.speed_rows import print_speed, speed_rows
from samner.bench.worker import peak_rss_mb
from samner.bench.workload import FEW, MANY, Job
from samner.errors import InputError
from samner.schema import as_schema

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


def test_bundled_labels_are_a_valid_schema_of_distinct_types() -> None:
    many = workload.types(MANY)
    assert len(many) == MANY
    assert len({name.casefold() for name in many}) == MANY
    assert len(as_schema(many)) == MANY
    assert all(many.values())
    assert list(workload.types(FEW)) == list(many)[:FEW]


def test_bundled_texts_are_plain_distinct_sentences() -> None:
    texts = workload.texts()
    assert len(set(texts)) == len(texts) == 299
    assert not any(mark in text for text in texts for mark in ("[[", "]]", "|", "\t"))
    assert all(60 <= len(text) <= 320 for text in texts)


def test_sample_is_spread_over_jobs() -> None:
    jobs = [Job([f"a{n}" for n in range(40)], {"x": ""}), Job([f"b{n}" for n in range(20)], {"y": ""})]
    taken = workload.sample(jobs, 12)
    assert [len(job.texts) for job in taken] == [8, 4]
    assert taken[0].texts[:3] == ["a0", "a5", "a10"]
    assert [len(job.texts) for job in workload.sample(jobs, 1000)] == [40, 20]


def test_child_answers_line_by_line() -> None:
    with Child([sys.executable, "-c", ECHO], {"setup": "é"}) as child:
        assert child.about == {"setup": "é"}
        assert child.ask({"n": 1}) == {"n": 1}
    assert child.process.returncode is not None


def test_a_child_that_dies_is_an_error_with_its_last_words() -> None:
    with pytest.raises(ChildError, match=r"ValueError: no such model.*by hand"):
        Child([sys.executable, "-c", "raise ValueError('no such model')"], {})


def test_peak_memory_is_that_of_the_process_and_not_of_its_parent() -> None:
    """A parent with 200 MB starts a small child: the child must not report them."""
    code = "from samner.bench.worker import peak_rss_mb; print(peak_rss_mb())"
    ballast = bytearray(os.urandom(1) * 200 * 2**20)
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env()
    )
    own = peak_rss_mb()
    if own is None:
        pytest.skip("this system does not tell")
    assert own > len(ballast) / 2**20
    assert 1 < float(child.stdout) < 150


def _env() -> dict[str, str]:
    source = str(Path(workload.__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}


def test_an_unknown_peer_is_refused() -> None:
    with pytest.raises(InputError, match="'spacy'"):
        speed.run(peer="spacy")


def test_an_environment_without_the_peer_is_refused_with_a_remedy(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    with pytest.raises(
        PeerError, match=r"torch 2\.13\.0 and gliner 0\.2\.29.*found neither.*delete the folder"
    ):
        peer_env.ensure(tmp_path / "env", lambda _: None)


def test_default_environment_lies_in_the_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert peer_env.default_folder() == tmp_path / "samner" / "peer-gliner-0.2.29"


def round_(seconds: float, forward: float = 0.0) -> dict[str, Any]:
    return {"seconds": seconds, "forward_seconds": forward, "spans": 7, "peak_rss_mb": 900.0}


def test_ratio_is_the_median_over_rounds_with_its_range() -> None:
    pairs = [(round_(1), round_(9, 8)), (round_(2), round_(20, 16)), (round_(1), round_(14, 8))]
    result = speed._compared([Job(["a"] * 10, {})], [3, 4], pairs)
    assert result["ratio"] == 10
    assert result["ratio_range"] == [9, 14]
    assert result["forward_ratio"] == 8
    assert result["sentences_per_second"] == pytest.approx(10 / 14)
    assert result["samner_sentences_per_second"] == 10
    assert result["samner_spans"] == result["spans"] == 7


RESULT: dict[str, Any] = {
    "sentences_per_second": 200.4,
    "peak_rss_mb": 310.2,
    "import_s": 0.08,
    "cold_start_s": 0.9,
    "labels": {
        "few": 10,
        "many": 1000,
        "cold_s": 8.0,
        "cached_s": 0.02,
        "warm_ratio": 1.1,
        "warm_ratios": [1.0, 1.2],
    },
    "samples": {"rate": [190, 200.4, 210], "import_s": [0.07, 0.08], "cold_start_s": [0.8, 0.9]},
    "texts": "bundled sentences",
    "threads": 2,
    "load_before": 0.1,
    "machine": {"processor": "a processor", "cores": 2},
}
PEER = {
    "name": "gliner",
    "versions": {"gliner": "0.2.29"},
    "ratio": 12.3,
    "ratio_range": [12.0, 12.9],
    "forward_ratio": 11.0,
    "forward_ratio_range": [10.5, 11.5],
    "peak_rss_mb": 1400.0,
}


def test_rows() -> None:
    rows = speed_rows(RESULT | {"peer": PEER})
    assert rows[0] == ("sentences a second, bundled sentences", "200", "190 to 210")
    assert ("ratio to gliner 0.2.29, same texts and labels", "12.3×", "12.0 to 12.9") in rows
    assert len(speed_rows(RESULT)) == len(rows) - 3
    assert speed_rows(RESULT | {"peak_rss_mb": None})[1] == ("peak memory of that run", "unknown", "")


def test_printed() -> None:
    out = io.StringIO()
    print_speed(RESULT, Console(file=out, width=100))
    assert "310 MB" in out.getvalue()
    assert "busy" not in out.getvalue()
    print_speed(RESULT | {"load_before": 3.0}, Console(file=out, width=100))
    assert "the machine was busy (load 3.0 on 2 cores)" in out.getvalue()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes get the gazetteer where they import SamNER, so that the bench runs without a model."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        f"sys.path += {[str(Path(__file__).parent)]!r}\n"
        "import samner, bench_gazetteer\n"
        "samner.SamNER = bench_gazetteer.StandIn\n"
    )
    source = str(Path(workload.__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), source]))
    monkeypatch.setattr(speed, "STARTS", 1)


@pytest.mark.usefixtures("stand_in")
def test_a_whole_run() -> None:
    result = speed.run(threads=1, rounds=2)
    json.dumps(result)
    assert set(result) >= {
        "sentences_per_second",
        "peak_rss_mb",
        "cold_start_s",
        "import_s",
        "samples",
        "machine",
    }
    assert result["sentences"] == 299
    assert result["spans"] == 2  # Yale and Arosa, once each
    assert result["sentences_per_second"] == pytest.approx(sum(result["samples"]["rate"]) / 2)
    assert result["cold_start_s"] > result["import_s"] >= 0
    assert result["labels"]["many"] == MANY
    assert result["labels"]["warm_ratio"] > 0
    assert "peer" not in result


@pytest.mark.usefixtures("stand_in")
def test_a_run_on_crossner_texts_takes_all_domains(tmp_path: Path) -> None:
    for domain, size in TEST_SENTENCES.items():
        (tmp_path / f"{domain}.test.txt").write_text("Yale\tO\n\n" * size)
    result = speed.run(data=tmp_path, threads=1, rounds=1)
    assert result["sentences"] == sum(TEST_SENTENCES.values())
    assert result["texts"] == "CrossNER test"


needs_peer = pytest.mark.skipif(
    "SAMNER_PEER_ENV" not in os.environ, reason="SAMNER_PEER_ENV names no environment of the peer"
)


@pytest.mark.slow
@needs_peer
@pytest.mark.usefixtures("stand_in")
def test_a_whole_run_with_the_peer() -> None:
    pieces, folder = _tokenizer(), Path(os.environ["SAMNER_PEER_ENV"])
    result = speed.run(
        peer="gliner", peer_env_dir=folder, tokenizer=pieces, threads=2, rounds=1, peer_texts=8
    )
    peer = result["peer"]
    assert peer["name"] == "gliner"
    assert peer["sentences"] == 9  # every 37th of 299
    assert peer["ratio"] == pytest.approx(peer["samner_sentences_per_second"] / peer["sentences_per_second"])
    assert peer["peak_rss_mb"] > 500


def _tokenizer() -> Path:
    pieces = os.environ.get("SAMNER_TOKENIZER")
    return Path(pieces) if pieces else speed._tokenizer(None)


@pytest.mark.slow
@pytest.mark.skipif(
    "SAMNER_PEER_ENV" not in os.environ, reason="SAMNER_PEER_ENV names no environment of the peer"
)
def test_the_peer_keeps_as_many_spans_as_asked() -> None:
    python = peer_env.ensure(Path(os.environ["SAMNER_PEER_ENV"]), lambda _: None)
    script = [str(python), str(Path(speed.__file__).with_name("peer_gliner.py"))]
    jobs = [{"texts": workload.texts()[:6], "labels": list(workload.types(FEW))}]
    setup = {"tokenizer": str(_tokenizer()), "threads": 2, "jobs": jobs, "spans": [12]}
    with Child(script, setup) as child:
        assert child.about["versions"]["gliner"] == "0.2.29"
        assert child.about["tokens_with_prompt"] > child.about["tokens"] > 6 * 20
        answer = child.ask({})
    assert abs(answer["spans"] - 12) <= 2
    assert answer["seconds"] > 0.5 * answer["forward_seconds"]
