"""Ray for real: a local cluster with two workers, one of which is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus_runs import LABELS, command, lines_file, run_to_the_end
from samner import SamNER
from samner.bench.corpora_state import final_bytes
from samner.corpora import Options, run
from samner.corpora.stream import Limits
from samner.errors import InputError

ray = pytest.importorskip("ray")
pytest.importorskip("pyarrow")

from samner.integrations.ray import extract, on_ray  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.slow, pytest.mark.model]
TYPES = LABELS.split(",")
ON_RAY = ("--ray", "local", "--workers", "2", "--shard-documents", "60")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, ner: SamNER) -> Path:
    """What one process makes of 240 documents, 24 of them bad, in four shards."""
    folder = tmp_path_factory.mktemp("whole")
    source = lines_file(folder / "in.jsonl", 240)
    run([source], folder / "out", ner, TYPES, options=Options(limits=Limits(60, 4 << 20)))
    return folder / "out"


def test_two_workers_give_the_bytes_of_one_process(whole: Path, tmp_path: Path) -> None:
    done = run_to_the_end([whole.parent / "in.jsonl"], tmp_path / "out", *ON_RAY)
    assert done.returncode == 1  # the bad documents
    assert "216 documents" in done.stdout
    assert final_bytes(tmp_path / "out") == final_bytes(whole)


def holders(folder: Path) -> set[int]:
    """Processes that have a journal in `folder` open."""
    found = set()
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(handle)
        except OSError:
            continue
        if target.startswith(str(folder)) and target.endswith(".journal"):
            found.add(int(handle.parts[2]))
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="finds the worker through /proc")
def test_a_killed_worker_loses_and_doubles_nothing(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        command([whole.parent / "in.jsonl"], out, *ON_RAY), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 120
        while not any(journal.stat().st_size for journal in out.glob(".state/*.journal")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        victims = holders(out / ".state")
        assert victims
        assert process.pid not in victims
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert b"216 documents" in said
    assert final_bytes(out) == final_bytes(whole)


def test_a_run_may_go_on_without_ray(whole: Path, tmp_path: Path) -> None:
    """The driver is killed; what its workers had finished is kept by the single process that goes on."""
    out = tmp_path / "out"
    with subprocess.Popen(
        command([whole.parent / "in.jsonl"], out, *ON_RAY),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 120
        while not list(out.glob("shard-*")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    time.sleep(2)  # the workers notice that their driver is gone
    done = run_to_the_end([whole.parent / "in.jsonl"], out, "--shard-documents", "60")
    assert done.returncode == 1
    assert final_bytes(out) == final_bytes(whole)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def test_a_dataset_gets_two_columns(cluster: Any, ner: SamNER) -> None:
    texts = ["Ada Lovelace met Charles Babbage in London.", None, "Siemens is based in Munich.", ""]
    rows = [{"n": n, "text": text} for n, text in enumerate(texts)]
    found = extract(cluster.data.from_items(rows), TYPES, workers=(1, 2), batch_size=2).take_all()
    found.sort(key=lambda row: row["n"])
    assert [row["text"] for row in found] == texts
    for row in found:
        if row["text"] is None:
            assert row["entities"] == []
            assert "NoneType" in row["error"]
        else:
            expected = [entity.to_dict() for entity in ner.extract(row["text"], TYPES)]
            assert [_plain(entity) for entity in row["entities"]] == expected
            assert row["error"] is None
    assert sum(len(row["entities"]) for row in found) >= 4


def _plain(entity: dict[str, Any]) -> dict[str, Any]:
    """An entity as Arrow gives it back, without the keys that it lacks."""
    return {key: value for key, value in entity.items() if value is not None}


def test_bounds_are_checked() -> None:
    with pytest.raises(InputError, match=r"workers=\(1, 8\)"):
        on_ray(workers=(3, 2))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "no such host:6379"])
def test_a_cluster_that_is_not_there_is_told_at_once(address: str, tmp_path: Path) -> None:
    source = lines_file(tmp_path / "in.jsonl", 2)
    begun = time.monotonic()
    done = run_to_the_end([source], tmp_path / "out", "--ray", address)
    assert time.monotonic() - begun < 60  # Ray alone tries for minutes
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"samner: expected a Ray cluster at {address}, found none: ")
    assert line.endswith("; start one with `ray start --head`, or pass --ray local")
