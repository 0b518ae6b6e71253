"""What a corpus run keeps on disk, put to the test: going on past a million documents, and `kill -9`."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from itertools import chain, pairwise, repeat
from pathlib import Path
from typing import Any

from samner.bench.workload import FEW, json_lines, texts, types
from samner.corpora.folder import Folder
from samner.corpora.job import Job, Options, settle
from samner.corpora.plan import unfinished
from samner.corpora.receipts import Receipt
from samner.corpora.sources import find_sources
from samner.corpora.tally import Tally
from samner.errors import SamnerError

SEED = 20_26
EVERY = 3.0  # seconds after which a run is killed
STARTS = 500  # most


def resume(folder: Path, documents: int) -> dict[str, Any]:
    """Seconds to finish a run of which all but the last shard is done; there is about one document in that."""
    from samner import SamNER
    from samner.corpora import run

    file, out = json_lines(folder / "million.jsonl", documents + 1), folder / "million"
    ner = SamNER(cache_dir=False)
    schema = ner.compile(types(FEW)).schema
    job = Job.of(find_sources([str(file)]), ner, schema, Options())
    left = _receipts(job, Folder(out))
    begun = time.perf_counter()
    outcome = run([file], out, ner, schema)
    seconds = time.perf_counter() - begun
    done = outcome.total.documents - outcome.before.documents
    assert outcome.total.documents == documents + 1, "the receipts do not add up"
    return {"documents": documents, "shards": left + 1, "seconds": seconds, "left": done}


def _receipts(job: Job, folder: Folder) -> int:
    """Receipts for all shards but the last; how many."""
    folder.create()
    settle(job, folder)
    starts = list(unfinished(job, folder))
    for (number, start), (_, stop) in pairwise(starts):
        tally = Tally(documents=stop.number - start.number)
        Receipt(number, start, stop, tally, [], "").write(folder)
    return len(starts) - 1


def kills(folder: Path, count: int, documents: int, seed: int = SEED) -> dict[str, Any]:
    """`samner run`, killed at random `count` times or more, in as many runs as that takes, and once more every three
    seconds; the same bytes at the end of each?"""
    file = corpus(folder / "kills.jsonl", documents)
    whole = folder / "undisturbed"
    begun = time.perf_counter()
    killed(file, whole, [])
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    killed(file, whole, [])  # finds nothing to do
    every = max(EVERY, 1.5 * (time.perf_counter() - begun))
    chance = random.Random(seed)
    at_random = iter(lambda: chance.uniform(0, 0.9) * seconds, None)  # without end
    rounds = [_round(file, folder / "random", whole, at_random)]
    while sum(kills for kills, _ in rounds) < count:
        rounds.append(_round(file, folder / "random", whole, at_random))
    always, same = _round(file, folder / "always", whole, repeat(every, STARTS))
    return {
        "documents": documents,
        "undisturbed_s": seconds,
        "seed": seed,
        "every_s": every,
        "random": {
            "kills": sum(kills for kills, _ in rounds),
            "runs": len(rounds),
            "same_bytes": all(same for _, same in rounds),
        },
        "always": {"kills": always, "same_bytes": same},
    }


def _round(file: Path, out: Path, whole: Path, delays: Iterable[float]) -> tuple[int, bool]:
    """A run of its own, killed until it is through: how often, and whether it came to the bytes of `whole`."""
    kills = killed(file, out, delays)
    same = final_bytes(out) == final_bytes(whole)
    shutil.rmtree(out)
    return kills, same


def killed(file: Path, out: Path, delays: Iterable[float]) -> int:
    """Start `samner run` and kill it after each delay, until it is through; after the last one it is left in peace.
    How often it was killed."""
    command = [
        sys.executable,
        "-c",
        "from samner.cli import main; main()",
        "run",
        str(file),
        "--out",
        str(out),
    ]
    command += ["--labels", ",".join(types(FEW)), "--shard-documents", "500"]
    kills = 0
    for delay in chain(delays, [None]):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                _, said = process.communicate(timeout=delay)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
                continue
        if process.returncode not in (0, 1):  # 1: documents that failed, as some are made to
            found = said.decode(errors="replace").strip()
            raise SamnerError(
                "a run that ends well", f"exit code {process.returncode}: {found}", "see its message"
            )
        break
    return kills


def corpus(path: Path, documents: int) -> Path:
    """JSON Lines of the bundled sentences; every hundredth line is no JSON, and a long document stands at the end."""
    sentences = texts()
    with path.open("w", encoding="utf-8") as lines:
        for n in range(documents):
            row = json.dumps({"id": str(n), "text": sentences[n % len(sentences)]})
            lines.write(("{broken" if n % 100 == 99 else row) + "\n")
        lines.write(json.dumps({"id": "long", "text": "\n".join(sentences)}) + "\n")
    return path


def final_bytes(out: Path) -> dict[str, bytes]:
    """What must not depend on how often a run was stopped: the shards and the list of errors."""
    names = [*out.glob("shard-*"), out / "errors.jsonl"]
    return {path.name: path.read_bytes() for path in sorted(names)}
