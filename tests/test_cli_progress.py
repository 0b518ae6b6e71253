"""The line that says how far a run is: only on a terminal, alive while an LLM is waited for, and never amid output."""

from __future__ import annotations

import os
import sys
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
            time.sleep(0.7)
            self.seen.append(self.terminal.read())
            yield n, Reply("{}", COST)


class Terminal:
    """A real one; what is written to it is read here."""

    def __init__(self) -> None:
        self._ours, theirs = os.openpty()
        os.set_blocking(self._ours, False)
        self.stderr = os.fdopen(theirs, "w")

    def read(self) -> str:
        try:
            return os.read(self._ours, 65536).decode()
        except BlockingIOError:
            return ""


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
    assert terminal.read().endswith("\r\x1b[K")  # nothing stays


def test_a_message_stands_on_a_line_of_its_own(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal.stderr)
    with Progress("documents") as progress:
        time.sleep(0.7)
        progress.report("found none")
    shown = terminal.read()
    assert "0 documents" in shown
    assert "\r\x1b[Ksamner: found none\r\n" in shown


def test_without_a_terminal_it_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("documents") as progress:
        progress.step()
        time.sleep(0.7)
    assert capsys.readouterr() == ("", "")
