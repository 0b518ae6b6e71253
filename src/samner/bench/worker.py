"""samner's side of `samner bench speed`, in a process of its own, so that its memory is that of the run alone.

JSON lines, as `peer_gliner` speaks them: the first line on standard input is the set-up
{"model", "threads", "cache_dir", "batch_size", "jobs": [{"texts", "types"}]}, each further line
{"jobs": [numbers]} asks for one round over those jobs (null: over all); each gets one line on standard output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def prepare(setup: dict[str, Any]) -> tuple[Any, list[Any], dict[str, Any]]:
    """The recognizer, the compiled schemas, and how long each took."""
    from samner import SamNER

    start = time.perf_counter()
    cache = Path(setup["cache_dir"]) if setup["cache_dir"] else None
    ner = SamNER(setup["model"], threads=setup["threads"], cache_dir=cache)
    ner.extract(setup["jobs"][0]["texts"][0], ["person"])  # what is loaded on first use is loaded now
    loaded = time.perf_counter() - start
    schemas, seconds = [], []
    for job in setup["jobs"]:
        start = time.perf_counter()
        schemas.append(ner.compile(job["types"]))
        seconds.append(time.perf_counter() - start)
    for job, schema in zip(setup["jobs"], schemas, strict=True):
        ner.extract_batch(job["texts"][: setup["batch_size"]], schema, batch_size=setup["batch_size"])
    model = {"id": ner.info.id, "hash": ner.info.hash}
    return ner, schemas, {"load_s": loaded, "compile_s": seconds, "model": model}


def round_of(ner: Any, schemas: list[Any], setup: dict[str, Any], chosen: list[int] | None) -> dict[str, Any]:
    """One timed pass over the chosen jobs, from strings to entities; `cpu_s` is the processor's time of it."""
    start, spent = time.perf_counter(), time.process_time()
    results = [
        ner.extract_batch(setup["jobs"][n]["texts"], schemas[n], batch_size=setup["batch_size"])
        for n in (range(len(schemas)) if chosen is None else chosen)
    ]
    seconds, cpu = time.perf_counter() - start, time.process_time() - spent
    spans = [sum(len(entities) for entities in job if isinstance(entities, list)) for job in results]
    return {"seconds": seconds, "cpu_s": cpu, "spans": spans, "peak_rss_mb": peak_rss_mb()}


def peak_rss_mb() -> float | None:
    """The largest memory of this process so far. `getrusage` alone would count the parent's in, on Linux."""
    try:
        with open("/proc/self/status", encoding="utf-8") as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1024**2 if sys.platform == "darwin" else size / 1024


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what libraries print must not reach the parent
    os.dup2(2, 1)
    setup = json.loads(sys.stdin.readline())
    ner, schemas, about = prepare(setup)
    replies.write(json.dumps(about) + "\n")
    replies.flush()
    for line in sys.stdin:
        replies.write(json.dumps(round_of(ner, schemas, setup, json.loads(line)["jobs"])) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
