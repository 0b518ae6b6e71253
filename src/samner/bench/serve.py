"""`samner bench serve`: what the service costs around the model, under load."""

from __future__ import annotations

import json
import re
import tempfile
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from samner.bench import load, machine, workload
from samner.bench.server import serving
from samner.bench.speed import BATCH_SIZE, worker
from samner.bench.workload import Job

CLIENTS, ROUNDS = 16, 3
PROTOCOL = {
    "served": "closed loop: each client sends one sentence a request, the next when it has the answer; HTTP/1.1 kept "
    "alive, schemas stored on the server and named; all on one machine, the clients' own processor time included in "
    "the throughput; one warm-up round",
    "in_process": "the same texts and schemas by extract_batch in one process with as many threads, alternating rounds",
    "ratio": "requests a second / in-process sentences a second, of the same round; median",
    "cpu_ms_around_the_model": "processor time of the server process a request (its own figure, of /metrics) less that "
    "of the in-process run a sentence; median of the rounds",
    "entities_equal": "the answers hold as many entities as the in-process results",
}
Round = tuple[dict[str, Any], load.Load, float]


def run(
    *,
    data: Path | None = None,
    clients: int = CLIENTS,
    rounds: int = ROUNDS,
    texts: int | None = None,
    model: str | None = None,
    threads: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The JSON of `samner bench serve --json`. Texts are the bundled ones, or the CrossNER test set in `data`; about
    `texts` of them. Nothing is scored, so nothing is logged as a look."""
    before = machine.load()
    jobs = workload.crossner_jobs(data) if data else workload.default_jobs()
    jobs = jobs if texts is None else workload.sample(jobs, texts)
    setup = {"model": model, "threads": threads or machine.cores(), "batch_size": BATCH_SIZE}
    options = ["--threads", str(setup["threads"]), *(["--model", model] if model else [])]
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), options) as server,
        worker(setup, jobs) as child,
    ):
        requests = _requests(server.url, jobs)
        say(f"{len(requests)} sentences, {clients} clients")
        load.run(server.url, requests, clients)
        done = [_round(server.url, requests, clients, child.ask) for _ in range(rounds)]
        about = child.about
    return figures(done, len(requests)) | {
        "benchmark": "serve",
        "clients": clients,
        "threads": setup["threads"],
        "texts": "CrossNER test" if data else "bundled sentences",
        "sentences": len(requests),
        "model": about["model"],
        "load_before": before,
        "machine": machine.describe(),
        "version": machine.release(),
        "protocol": PROTOCOL,
    }


def _requests(url: str, jobs: Sequence[Job]) -> list[bytes]:
    """The schemas put on the server, and a request for each text, the jobs one after another."""
    made = []
    for n, job in enumerate(jobs):
        path = f"{url}/v1/schemas/bench/{n}"
        body = json.dumps(job.types).encode()
        kind = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(path, body, kind, method="PUT")):
            pass
        made += [load.request(url, "/v1/extract", {"text": t, "schema": f"bench/{n}"}) for t in job.texts]
    return made


def _round(
    url: str, requests: Sequence[bytes], clients: int, ask: Callable[[Mapping[str, Any]], Any]
) -> Round:
    inside = ask({"jobs": None})
    start = _processor_seconds(url)
    under = load.run(url, requests, clients)
    return inside, under, _processor_seconds(url) - start


def _processor_seconds(url: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        found = re.search(r"^process_cpu_seconds_total (\S+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return float(found[1])


def figures(rounds: Sequence[Round], count: int) -> dict[str, Any]:
    """What the rounds over `count` requests come to."""
    waits = sorted(seconds * 1000 for _, under, _ in rounds for seconds in under.latencies)
    served = [count / under.seconds for _, under, _ in rounds]
    inside = [count / own["seconds"] for own, _, _ in rounds]
    around = [(spent - own["cpu_s"]) * 1000 / count for own, _, spent in rounds]
    return {
        "requests_per_second": median(served),
        "in_process_per_second": median(inside),
        "ratio": median(a / b for a, b in zip(served, inside, strict=True)),
        "median_ms": median(waits),
        "p99_ms": quantiles(waits, n=100)[98],
        "errors": sum(under.errors for _, under, _ in rounds),
        "cpu_ms_a_request": median(spent * 1000 / count for _, _, spent in rounds),
        "cpu_ms_around_the_model": median(around),
        "entities_equal": all(under.entities == sum(own["spans"]) for own, under, _ in rounds),
        "samples": {"served": served, "in_process": inside, "cpu_ms_around_the_model": around},
    }
