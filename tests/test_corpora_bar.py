"""The progress bar of `samner run`: quiet without a terminal, and right about how far the input is read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from corpus_runs import command, lines_file
from samner.cli.corpus_bar import CorpusBar
from samner.corpora.sources import Source
from samner.corpora.stream import Position
from samner.corpora.tally import Tally

SOURCES = [
    Source("a.jsonl", "lines", 100, ""),
    Source("b.jsonl.gz", "lines", 50, ""),
    Source("c", "text", 50, ""),
]


def test_the_share_that_is_read() -> None:
    bar = CorpusBar(SOURCES)
    shares = [
        bar.share(Position(*place, 0)) for place in ((0, 0), (0, 50), (1, 0), (1, 100), (1, 9999), (3, 0))
    ]
    assert shares == [0, 0.25, 0.5, 0.625, 0.75, 1]


def test_it_is_quiet_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with CorpusBar(SOURCES) as bar:
        bar.watch(Tally(documents=1), Position(1, 0, 0))
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.model
def test_on_a_terminal_it_tells_rates_and_goes_away(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    source = lines_file(tmp_path / "in.jsonl", 120)
    with subprocess.Popen(
        command([source], tmp_path / "out"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:  # the terminal is gone with its last user
                break
            if not block:
                break
            said += block
        report, _ = process.communicate(timeout=120)
    os.close(ours)
    for word in (b"documents", b"tokens", b"entities", b"a second", b"100%"):
        assert word in said
    assert report.startswith(b"108 documents, ")
    assert said.rstrip().endswith(b"\x1b[2K") or b"\x1b[1A\x1b[2K" in said[-200:]  # the line is cleared
