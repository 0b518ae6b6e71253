"""A line on stderr that says how far a run is, for people: only on a terminal, and never amid other lines there."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from samner.cli.shared import report

if TYPE_CHECKING:
    from samner.ports import Asking

_EVERY = 0.5  # seconds between two drawings


class Progress:
    """`with Progress("documents", ner.asks) as progress: progress.step()`. The line is drawn twice a second whatever
    the run waits for, an LLM above all; without a name only an LLM's answers are counted."""

    def __init__(self, what: str = "", asks: Asking | None = None) -> None:
        self._what, self._asks = what, asks
        self._count, self._start = 0, time.monotonic()
        self._lock, self._over, self._drawn = threading.RLock(), threading.Event(), False
        self._shown = sys.stderr is not None and sys.stderr.isatty() and bool(what or asks)

    def __enter__(self) -> Progress:
        if self._shown:
            threading.Thread(target=self._draw, name="samner-progress", daemon=True).start()
        return self

    def step(self, count: int = 1) -> None:
        self._count += count

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it the line is away, so that others can be written to the same terminal."""
        with self._lock:
            if self._drawn:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
                self._drawn = False
            yield

    def report(self, message: str) -> None:
        with self.aside():
            report(message)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with self.aside():
            pass

    def _draw(self) -> None:
        while not self._over.wait(_EVERY):
            with self._lock:
                if not self._over.is_set():
                    sys.stderr.write(f"\r{self._line()[: _room()]}\x1b[K")
                    sys.stderr.flush()
                    self._drawn = True

    def _line(self) -> str:
        seconds = time.monotonic() - self._start
        parts = [f"{self._count:,} {self._what}, {self._count / seconds:,.1f} a second"] if self._what else []
        if self._asks is not None:
            from samner.llms.costs import so_far

            parts.append(so_far(self._asks))
        return "; ".join([*parts, f"{seconds:.0f} s"])


def _room() -> int:
    """Columns that a line may have: one that wraps could not be drawn over."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return (columns or 80) - 1
