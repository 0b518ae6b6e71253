"""What the tests of corpus runs share: inputs, rows of a folder, and a `samner run` that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from samner.bench.workload import texts

LABELS = "person,city,company"


def lines_file(path: Path, count: int) -> Path:
    """JSON Lines of `count` real sentences; every tenth line is no JSON."""
    sentences = texts()
    rows = ({"id": f"d{n}", "text": sentences[n % len(sentences)]} for n in range(count))
    lines = ("{broken" if n % 10 == 9 else json.dumps(row) for n, row in enumerate(rows))
    path.write_text("".join(line + "\n" for line in lines))
    return path


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(out.glob("shard-*.jsonl")) for line in path.open("rb")]


def command(inputs: Iterable[str | Path], out: Path, *more: str) -> list[str]:
    program = [sys.executable, "-c", "from samner.cli import main; main()", "run"]
    return [*program, *map(str, inputs), "--out", str(out), "--labels", LABELS, *more]


def run_to_the_end(*args: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=600)


def run_and_kill(after: float, *args: Any) -> int | None:
    """Start a run and `kill -9` it after some seconds; its exit code where it was done before that."""
    with subprocess.Popen(command(*args), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            return process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return None


def kill_in_the_middle(journal: Path, *args: Any) -> None:
    """Start a run and kill it once its journal holds something."""
    with subprocess.Popen(command(*args), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not (journal.exists() and journal.stat().st_size):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
