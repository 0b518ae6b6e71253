"""`samner serve` as a process of its own, on any free port of this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from samner.bench.children import ChildError

_PROGRAM = [sys.executable, "-c", "from samner.cli import main; main()", "serve", "--port", "0"]
_START = 120.0  # seconds that a busy machine may need


@dataclass
class Server:
    """`log` is what it wrote to standard error so far."""

    url: str
    process: subprocess.Popen[bytes]
    file: IO[bytes]

    @property
    def log(self) -> str:
        self.file.seek(0)
        return self.file.read().decode()


@contextmanager
def serving(folder: Path, options: Sequence[str] = (), keys: str = "") -> Iterator[Server]:
    """Started with `options`, killed at the end. Its schemas are in `folder`/schemas.db, its API keys are `keys`."""
    command = [*_PROGRAM, "--schemas", str(folder / "schemas.db"), *options]
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(command, stderr=file, env=os.environ | {"SAMNER_API_KEYS": keys})
        try:
            server = Server("", process, file)
            server.url = _address(server)
            yield server
        finally:
            process.kill()
            process.wait()


def _address(server: Server) -> str:
    end = time.monotonic() + _START
    while time.monotonic() < end:
        if found := re.search(r"listening on (\S+)", server.log):
            return found[1]
        if server.process.poll() is not None:
            break
        time.sleep(0.02)
    last = (server.log.splitlines() or ["nothing on standard error"])[-1]
    raise ChildError("a server that listens", last, "run samner serve by hand to see more")
