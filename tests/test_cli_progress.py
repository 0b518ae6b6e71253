"""The line that says how far a run is: only on a terminal, alive while an LLM is waited for, and never amid output."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence

import pytest

from samner.cli.progress import Progress
from samner.engines.llm.asker import Asker
from samner.ports import Prompt, Reply, Usage

COST = Usage(requests=1, tokens_in=900, tokens_out=10)


class Slow:
    """An LLM that shows what the terminal says before it answers."""

    id = "slow"

    def __init__(self, terminal: Terminal) -> None:
        self.terminal, self.seen = terminal, list[str]()

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        return [reply for _, reply in self.replies(prompts)]

    def replies(self, prompts: Sequence[Prompt]) -> Iterator[tuple[int, Reply]]:
        for n, _ in enumerate(prompts):
            self.seen.append(self.terminal.read(f"{n} requests done"))
            yield n, Reply("{}", COST)


class Terminal:
    """A real one; what is written to it is read here."""

    def __init__(self, columns: int = 200) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.set_blocking(self._ours, False)
        self.stderr = os.fdopen(theirs, "w")

    def read(self, until: str = "") -> str:
        """What is there; with `until`, what comes up to there: a terminal hands things on in its own time."""
        shown, end = "", time.monotonic() + 10
        while True:
            with contextlib.suppress(BlockingIOError):
                shown += os.read(self._ours, 65536).decode()
            if until in shown or time.monotonic() > end:
                return shown
            time.sleep(0.01)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.stderr.close()


def test_it_tells_of_answers_while_the_rest_is_waited_for(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal.stderr)
    llm = Slow(terminal)
    asker = Asker(llm, prices=(1.0, 0.0))
    with Progress("documents", asker) as progress:
        progress.step()
        asker.ask([Prompt("", str(n), {}, "calibrate/1") for n in range(3)])
    first, _, last = llm.seen
    assert "1 documents" in first
    assert "0 requests done, 3 on the way, 0 tokens in" in first
    assert "2 requests done, 1 on the way, 1,800 tokens in, 20 out, money 0.0018" in last
    assert terminal.read("\r\x1b[K").endswith("\r\x1b[K")  # nothing stays


def test_a_message_stands_on_a_line_of_its_own(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal.stderr)
    with Progress("documents") as progress:
        assert "0 documents" in terminal.read("\x1b[K")
        progress.report("found none")
    message = "\r\x1b[Ksamner: found none\r\n"
    assert message in terminal.read(message)


def test_it_keeps_to_one_line_of_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Terminal(columns=30)
    monkeypatch.setattr(sys, "stderr", narrow.stderr)
    with Progress("documents", Asker(Slow(narrow))):
        shown = narrow.read("\x1b[K")
    line = shown.strip("\r").split("\x1b[K")[0]
    assert line.startswith("0 documents, 0.0 a second")
    assert len(line) == 29
    narrow.stderr.close()


def test_without_a_terminal_it_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("documents") as progress:
        progress.step()
        time.sleep(0.7)
    assert capsys.readouterr() == ("", "")
