"""What the tests of corpus runs share: inputs, rows of a folder, and a `samner run` that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
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


# A run that kills itself, as kill -9 would, right after it has written so many chunks: at a certain point, however fast
# or slow the machine is. (Kills at times are those of test_corpora_kills.py.)
_ENDS_AFTER = """
import os, signal, sys
from samner.corpora.journal import Journal
left, append = int(sys.argv.pop(1)), Journal.append
def append_and_die(*args):
    global left
    append(*args)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
Journal.append = append_and_die
from samner.cli import main
main()
"""


def run_until_chunk(chunks: int, *args: Any) -> None:
    """Start a run that is killed when it has written `chunks` chunks to its journals."""
    _, _, _, *arguments = command(*args)
    program = [sys.executable, "-c", _ENDS_AFTER, str(chunks), *arguments]
    killed = subprocess.run(program, capture_output=True, text=True, timeout=600)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
