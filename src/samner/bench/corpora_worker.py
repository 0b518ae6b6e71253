"""The process that `samner bench corpora` measures. JSON lines as `samner.bench.worker` speaks them: the set-up first,
then {"do": "batch" | "run" | "memory" | "ray"} for each measurement."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any


class Subject:
    """A recognizer, a corpus file, and the same texts as a list."""

    def __init__(self, setup: dict[str, Any]) -> None:
        from samner import SamNER
        from samner.engines.embedded import sessions

        sessions.THREADS = setup["within"]
        self.setup = setup
        self.ner = SamNER(setup["model"], threads=setup["threads"], cache_dir=False)
        self.schema = self.ner.compile(setup["types"])
        self.texts = list(islice(cycle(setup["texts"]), setup["documents"]))
        self.file, self.out = Path(setup["folder"]) / "corpus.jsonl", Path(setup["folder"]) / "out"
        rows = (json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(self.texts))
        self.file.write_text("".join(rows), encoding="utf-8")
        self.batch(setup["texts"])  # what is loaded on first use is loaded now
        self.about = {"model": {"id": self.ner.info.id, "hash": self.ner.info.hash}}

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        from samner.corpora import Limits, Options

        shutil.rmtree(self.out, ignore_errors=True)
        samples: list[list[float]] = []
        begun = time.perf_counter()
        # Shards enough for several workers, and for a line through what the end of one leaves in memory.
        eighths = Options(limits=Limits(max(1, self.setup["documents"] // 8), 4 << 20))
        if question["do"] == "batch":
            self.batch(self.texts)
        elif question["do"] == "ray":
            self.run(options=eighths, work=self._on_ray(question["workers"]))
        elif question["do"] == "memory":
            self.run(options=eighths, watch=lambda tally, _: samples.append([tally.documents, _rss_mb()]))
        else:
            self.run()
        seconds = time.perf_counter() - begun
        done = 0.0
        for sample in samples:
            done += sample[0]
            sample[0] = done
        return {"seconds": seconds, "samples": samples}

    def batch(self, texts: list[str]) -> None:
        self.ner.extract_batch(texts, self.schema, batch_size=self.setup["batch_size"])

    def run(self, **more: Any) -> None:
        from samner.corpora import run

        run([self.file], self.out, self.ner, self.schema.schema, **more)

    def _on_ray(self, workers: int) -> Any:
        from samner.integrations.ray import on_ray

        return on_ray(workers=(workers, workers))


def _rss_mb() -> float:
    """The memory that this process holds now."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
    except (OSError, ValueError):  # only Linux tells this way
        return 0.0


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what libraries print must not reach the parent
    os.dup2(2, 1)
    subject = Subject(json.loads(sys.stdin.readline()))
    replies.write(json.dumps(subject.about) + "\n")
    replies.flush()
    for line in sys.stdin:
        replies.write(json.dumps(subject.ask(json.loads(line))) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
