"""`samner bench speed`: sentences a second, memory, start, many labels, and the ratio to a peer."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from samner.bench import machine, peer_env, workload
from samner.bench.children import Child, cold_start_seconds, import_seconds
from samner.bench.workload import FEW, MANY, Job
from samner.errors import FormatError, InputError

ROUNDS, STARTS, BATCH_SIZE = 3, 5, 32
PEERS = ("gliner",)
PEER_TEXTS = 100
PROTOCOL = {
    "sentences_per_second": "strings to entities, one process, schema compiled, after one warm-up batch a schema; "
    "median of the rounds",
    "peak_rss_mb": "of the process that does only this",
    "import_s": "from samner import SamNER, in a fresh interpreter; median",
    "cold_start_s": "from starting the interpreter to the first entity, empty cache folder, files in the page cache; "
    "median",
    "labels": "types with definitions; cold_s: compile with an empty cache folder; cached_s: in a new process with the "
    "folder filled; warm_ratio: time of the bundled texts with many against few, alternating rounds; median",
    "peer": "same texts, labels and threads, alternating rounds in one run, each in a process of its own; the peer has "
    "its architecture (DeBERTa-v3-small, as GLiNER small v2.1) with random weights, our tokenizer's pieces, the batch "
    "size that is fastest for it, and a threshold at which it keeps as many spans; ratio: its seconds / ours, median; "
    "forward_ratio: its forward passes alone (nothing before or after) / all of ours",
}
Say = Callable[[str], None]


def run(
    *,
    model: str | None = None,
    data: Path | None = None,
    peer: str | None = None,
    peer_env_dir: Path | None = None,
    tokenizer: Path | None = None,
    threads: int | None = None,
    rounds: int = ROUNDS,
    peer_texts: int = PEER_TEXTS,
    say: Say | None = None,
) -> dict[str, Any]:
    """Measure the shipped model, or that of the folder `model`; the JSON of `samner bench speed --json`.

    Texts are the bundled ones, or the CrossNER test set in `data`. `peer="gliner"` compares on about `peer_texts`
    of them; its environment is `peer_env_dir` (made where there is none). `tokenizer` is the tokenizer.json that
    the peer reads with (default: the model's). Nothing is scored, so nothing is logged as a look.
    """
    if peer is not None and peer not in PEERS:
        raise InputError(
            f"a peer out of {', '.join(PEERS)}", repr(peer), "leave --peer out for our figures alone"
        )
    say, load = say or (lambda _: None), machine.load()
    jobs = workload.crossner_jobs(data) if data else workload.default_jobs()
    setup = {"model": model, "threads": threads or machine.cores(), "batch_size": BATCH_SIZE}
    python = peer_env.ensure(peer_env_dir, say) if peer else None
    say("import and start")
    starts = {"import_s": import_seconds(STARTS), "cold_start_s": cold_start_seconds(STARTS, model)}
    say("extraction")
    result = _extraction(setup, jobs, rounds)
    say(f"{MANY} labels")
    result |= {"labels": _labels(setup, rounds)}
    if python is not None:
        say(f"{peer}, this takes minutes")
        script = [str(python), str(Path(__file__).with_name("peer_gliner.py"))]
        pieces = tokenizer or _tokenizer(model)
        result |= {"peer": _peer(setup, workload.sample(jobs, peer_texts), script, pieces, rounds)}
    result["samples"] |= starts
    return result | {
        "import_s": median(starts["import_s"]),
        "cold_start_s": median(starts["cold_start_s"]),
        "benchmark": "speed",
        "load_before": load,
        "texts": "CrossNER test" if data else "bundled sentences",
        "threads": setup["threads"],
        "machine": machine.describe(),
        "version": machine.release(),
        "protocol": PROTOCOL,
    }


def worker(setup: dict[str, Any], jobs: list[Job], cache: str | None = None) -> Child:
    """A process that extracts the jobs when asked, see `samner.bench.worker`."""
    command = [sys.executable, "-m", "samner.bench.worker"]
    return Child(command, setup | {"cache_dir": cache, "jobs": [job.to_dict() for job in jobs]})


def _extraction(setup: dict[str, Any], jobs: list[Job], rounds: int) -> dict[str, Any]:
    everything = {"jobs": list(range(len(jobs)))}
    with worker(setup, jobs) as child:
        answers = [child.ask(everything) for _ in range(rounds)]
        about = child.about
    sentences = sum(len(job.texts) for job in jobs)
    rates = [sentences / a["seconds"] for a in answers]
    return {
        "sentences_per_second": median(rates),
        "peak_rss_mb": answers[-1]["peak_rss_mb"],
        "sentences": sentences,
        "spans": sum(answers[-1]["spans"]),
        "load_s": about["load_s"],
        "model": about["model"],
        "samples": {"rate": rates},
    }


def _labels(setup: dict[str, Any], rounds: int) -> dict[str, Any]:
    texts = workload.texts()
    jobs = [Job(texts, workload.types(FEW)), Job(texts, workload.types(MANY))]
    with tempfile.TemporaryDirectory() as cache:
        with worker(setup, jobs, cache) as child:
            cold = child.about["compile_s"][1]
        with worker(setup, jobs, cache) as child:
            cached = child.about["compile_s"][1]
            pairs = [[child.ask({"jobs": [n]})["seconds"] for n in (0, 1)] for _ in range(rounds)]
    ratios = [many / few for few, many in pairs]
    return {
        "few": FEW,
        "many": MANY,
        "cold_s": cold,
        "cached_s": cached,
        "warm_ratio": median(ratios),
        "warm_ratios": ratios,
    }


def _peer(
    setup: dict[str, Any], jobs: list[Job], script: list[str], tokenizer: Path, rounds: int
) -> dict[str, Any]:
    everything = {"jobs": list(range(len(jobs)))}
    with worker(setup, jobs) as ours:
        spans = ours.ask(everything)["spans"]
        peer_setup = {
            "tokenizer": str(tokenizer),
            "threads": setup["threads"],
            "spans": spans,
            "jobs": [{"texts": job.texts, "labels": list(job.types)} for job in jobs],
        }
        with Child(script, peer_setup) as peer:
            pairs = [(ours.ask(everything), peer.ask({})) for _ in range(rounds)]
            about = peer.about
    return _compared(jobs, spans, pairs) | {"name": "gliner"} | about


def _compared(
    jobs: list[Job], spans: list[int], pairs: list[tuple[dict[str, Any], dict[str, Any]]]
) -> dict[str, Any]:
    ratios = [theirs["seconds"] / ours["seconds"] for ours, theirs in pairs]
    forward = [theirs["forward_seconds"] / ours["seconds"] for ours, theirs in pairs]
    sentences = sum(len(job.texts) for job in jobs)
    return {
        "ratio": median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "forward_ratio": median(forward),
        "forward_ratio_range": [min(forward), max(forward)],
        "sentences": sentences,
        "sentences_per_second": median(sentences / theirs["seconds"] for _, theirs in pairs),
        "samner_sentences_per_second": median(sentences / ours["seconds"] for ours, _ in pairs),
        "spans": pairs[-1][1]["spans"],
        "samner_spans": sum(spans),
        "peak_rss_mb": pairs[-1][1]["peak_rss_mb"],
        "samner_peak_rss_mb": pairs[-1][0]["peak_rss_mb"],
    }


def _tokenizer(model: str | None) -> Path:
    """The tokenizer file of the model folder, of the shipped model where none is given."""
    root = Path(model) if model else Path(__file__).resolve().parent.parent
    found = sorted(root.rglob("tokenizer.json"))
    if not found:
        raise FormatError(f"a tokenizer.json in {root}", "none", "give one with tokenizer=")
    return found[0]
