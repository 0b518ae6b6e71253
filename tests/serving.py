"""A real server for tests: `samner serve` as a process of its own, on any free port of this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PROGRAM = [sys.executable, "-c", "from samner.cli import main; main()", "serve", "--port", "0"]
SENTENCE = "Ada Lovelace wrote to Charles Babbage in London."


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
def serving(folder: Path, *options: str, keys: str = "") -> Iterator[Server]:
    """Started with `options`, killed at the end. Its schemas are in `folder`/schemas.db."""
    environment: dict[str, Any] = os.environ | {"SAMNER_API_KEYS": keys}
    command = [*PROGRAM, "--schemas", str(folder / "schemas.db"), "--threads", "2", *options]
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(command, stderr=file, env=environment)
        try:
            server = Server("", process, file)
            while not (found := re.search(r"listening on (\S+)", server.log)):
                assert process.poll() is None, server.log
            server.url = found[1]
            yield server
        finally:
            process.kill()
            process.wait()
