"""A counter on stderr, for people: only on a terminal, and never between lines of output on the same terminal."""

from __future__ import annotations

import sys
import time

_EVERY = 0.2  # seconds between two updates


class Progress:
    """Counts what is done. `with Progress("documents") as progress: progress.step()`."""

    def __init__(self, what: str, quiet: bool = False) -> None:
        self._what = what
        self._shown = sys.stderr.isatty() and not quiet
        self._count, self._start, self._last = 0, time.monotonic(), 0.0

    def __enter__(self) -> Progress:
        return self

    def step(self, count: int = 1) -> None:
        self._count += count
        now = time.monotonic()
        if self._shown and now - self._last >= _EVERY:
            self._last = now
            rate = self._count / max(now - self._start, 1e-9)
            sys.stderr.write(f"\r{self._count} {self._what}, {rate:.0f} a second\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away, before a message or at the end."""
        if self._shown and self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._last = 0.0

    def __exit__(self, *_: object) -> None:
        self.clear()
