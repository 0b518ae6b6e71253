"""Fresh processes: one that answers JSON lines, one that imports, one that finds its first entity."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from samner.errors import SamnerError

IMPORT = "import time; t = time.perf_counter(); from samner import SamNER; print(time.perf_counter() - t)"
FIRST_ENTITY = """
import sys
from samner import SamNER
ner = SamNER(sys.argv[1] or None, cache_dir=__import__("pathlib").Path(sys.argv[2]))
print(ner.extract("Ada Lovelace wrote to Charles Babbage in London.", ["person", "city"])[0].text, flush=True)
"""


class ChildError(SamnerError):
    """A process of the bench that ended without its answer."""


class Child:
    """A process that answers each JSON line with one. The first answer belongs to `setup`."""

    def __init__(self, command: Sequence[str], setup: Mapping[str, Any]) -> None:
        self.command = list(command)
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, encoding="utf-8"
        )
        self.about = self.ask(setup)

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None  # it is a pipe, and so is stdout
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise self._died()
        reply: dict[str, Any] = json.loads(answer)
        return reply

    def _died(self) -> ChildError:
        self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        last = lines[-1] if lines else "nothing on standard error"
        code = self.process.returncode
        return ChildError(
            "an answer from a process of the bench",
            f"exit code {code}: {last}",
            f"run it by hand to see more: {' '.join(self.command)}",
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def import_seconds(runs: int) -> list[float]:
    """Seconds of `from samner import SamNER`, each in a fresh interpreter."""
    return [float(_run([sys.executable, "-c", IMPORT])[0]) for _ in range(runs)]


def cold_start_seconds(runs: int, model: str | None) -> list[float]:
    """Seconds from starting the interpreter to the first entity on standard output, with an empty cache folder."""
    out = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            out.append(_run([sys.executable, "-c", FIRST_ENTITY, model or "", cache])[1])
    return out


def _run(command: list[str]) -> tuple[str, float]:
    """The first line that the command prints, and the seconds until then."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None  # a pipe
        line = process.stdout.readline().strip()
        seconds = time.perf_counter() - start
        errors = process.communicate()[1].strip()
    if not line:
        found = errors.splitlines()[-1] if errors else "nothing printed"
        raise ChildError("an entity from a fresh process", found, "see that `samner extract` works first")
    return line, seconds
