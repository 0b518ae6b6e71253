"""`samner bench corpora`: what shards, journals and Ray cost against a plain batch; memory, resume, kills; threads."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from samner.bench import corpora_state, machine
from samner.bench.children import Child
from samner.bench.corpora_sizes import sizes
from samner.bench.speed import BATCH_SIZE
from samner.bench.workload import FEW, texts, types

ROUNDS, DOCUMENTS, KILLS, MILLION = 3, 6_000, 12, 1_000_000
LONGER = (
    10  # times the documents, for memory: what an allocator takes in steps looks like growth in a short run
)
PROTOCOL = {
    "run": "the bundled sentences as JSON Lines, again and again, ten types; alternating rounds in one process: "
    "extract_batch on the list of texts, and a whole run from the file to shards and report; share: the rate of the "
    "run / the rate of the batch, median of the rounds",
    "memory": "resident memory of a run of ten times the documents in eight shards, sampled after every chunk; slope: "
    "least squares over its second half",
    "threads": "extract_batch on the same texts in fresh processes; texts: read at once, each on a thread; within: "
    "threads of ONNX Runtime for one text",
    "ray": "whole runs on a local Ray of its own; start: seconds before work begins, and rate: what comes then, both "
    "from runs of two sizes",
    "resume": "a file of many documents, all but the last shard with receipts (made by the planner, no model); the "
    "seconds of the run that does the rest",
    "sizes": "bytes a sentence of the bundled sentences, each once, as JSON Lines with an id, and of what comes "
    "out with the ten types; plan_s: seconds a sentence to walk through a file without parsing it; receipt: bytes, "
    "and seconds to read it",
    "kills": "`samner run` in a process, killed (SIGKILL) after a random time again and again until it is through, "
    "in new folders until there are enough kills; "
    "and killed `every_s` after every start until it is through (three seconds, or half more than a start takes); "
    "shards and errors compared with those of an undisturbed run",
}
Say = Callable[[str], None]


def run(
    *,
    model: str | None = None,
    documents: int = DOCUMENTS,
    rounds: int = ROUNDS,
    million: int = MILLION,
    kills: int = KILLS,
    ray_workers: int = 0,
    say: Say | None = None,
) -> dict[str, Any]:
    """Measure; the JSON of `samner bench corpora --json`. `ray_workers=0` leaves Ray out, `kills=0` the kills."""
    say, load, cores = say or (lambda _: None), machine.load(), machine.cores()
    with tempfile.TemporaryDirectory() as folder:
        setup = {"model": model, "threads": cores, "within": 1, "folder": folder, "documents": documents}
        say("batch against run")
        result: dict[str, Any] = {"run": _against_batch(setup, rounds)}
        say("memory")
        result["memory"] = _memory(setup | {"documents": LONGER * documents})
        say("threads")
        result["threads"] = _threads(setup, rounds, cores)
        if ray_workers:
            say(f"Ray with {ray_workers} workers")
            result["ray"] = _ray(setup, ray_workers)
        say(f"going on past {million:,} documents")
        result["resume"] = corpora_state.resume(Path(folder), million)
        say("sizes")
        result["sizes"] = sizes(Path(folder), max(million // 5, 1))
        if kills:
            say(f"{kills} kills, and one every three seconds")
            result["kills"] = corpora_state.kills(Path(folder), kills, documents // 2)
    return result | {
        "benchmark": "corpora",
        "documents": documents,
        "folder": tempfile.gettempdir(),
        "load_before": load,
        "machine": machine.describe(),
        "version": machine.release(),
        "protocol": PROTOCOL,
    }


def _worker(setup: dict[str, Any]) -> Child:
    jobs = {"texts": texts(), "types": types(FEW), "batch_size": BATCH_SIZE}
    return Child([sys.executable, "-m", "samner.bench.corpora_worker"], setup | jobs)


def _against_batch(setup: dict[str, Any], rounds: int) -> dict[str, Any]:
    with _worker(setup) as child:
        pairs = [(child.ask({"do": "batch"}), child.ask({"do": "run"})) for _ in range(rounds)]
        about = child.about
    shares = [batch["seconds"] / run["seconds"] for batch, run in pairs]
    return {
        "share": median(shares),
        "shares": shares,
        "rate": setup["documents"] / median(run["seconds"] for _, run in pairs),
        "batch_rate": setup["documents"] / median(batch["seconds"] for batch, _ in pairs),
        "model": about["model"],
    }


def _memory(setup: dict[str, Any]) -> dict[str, Any]:
    with _worker(setup) as child:
        samples = child.ask({"do": "memory"})["samples"]
    half = samples[len(samples) // 2 :]
    return {
        "documents": setup["documents"],
        "peak_mb": max(mb for _, mb in samples),
        "slope_mb_per_1000": slope([(done / 1000, mb) for done, mb in half]),
        "samples": samples[:: max(1, len(samples) // 50)],
    }


def slope(points: list[tuple[float, float]]) -> float:
    """Of the least-squares line through the points; 0 for fewer than two."""
    x, y = [p[0] for p in points], [p[1] for p in points]
    mean_x, mean_y = sum(x) / max(len(x), 1), sum(y) / max(len(y), 1)
    spread = sum((a - mean_x) ** 2 for a in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in points) / spread if spread else 0.0


def _threads(setup: dict[str, Any], rounds: int, cores: int) -> list[dict[str, Any]]:
    rows = []
    for count, within in dict.fromkeys([(1, 1), (cores, 1), (1, cores), (cores, 2), (2 * cores, 1)]):
        with _worker(setup | {"threads": count, "within": within}) as child:
            rates = [setup["documents"] / child.ask({"do": "batch"})["seconds"] for _ in range(rounds)]
        rows.append({"texts": count, "within": within, "rate": median(rates), "rates": rates})
    return rows


def _ray(setup: dict[str, Any], workers: int) -> dict[str, Any]:
    seconds = []
    for documents in (setup["documents"] // 2, setup["documents"]):
        with _worker(setup | {"documents": documents, "threads": 1}) as child:
            seconds.append(child.ask({"do": "ray", "workers": workers})["seconds"])
    rate = setup["documents"] / 2 / (seconds[1] - seconds[0])
    return {
        "workers": workers,
        "seconds": seconds,
        "rate": rate,
        "start_s": seconds[1] - setup["documents"] / rate,
    }
