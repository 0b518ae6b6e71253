"""How many texts a minute each key may send: a bucket that fills evenly and holds a minute's worth."""

from __future__ import annotations

import time
from collections.abc import Callable

from samner.serve.problems import Busy, Problem

_MINUTE = 60.0


class Rate:
    """`limit` is in texts a minute, 0 for none. Keys are held by their place in the settings, never by themselves."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._left: dict[int, tuple[float, float]] = {}  # tokens left, and when that was so

    def take(self, key: int, count: int) -> None:
        """Problem 429, with the seconds to wait, where `count` texts are too many now or for ever."""
        seconds = self.seconds_until(key, count)
        if seconds <= 0:
            self._left[key] = (self._now(key) - count, self._clock()) if self._limit else (0.0, 0.0)
            return
        limit = f"at most {self._limit} texts a minute with this key"
        found = f"{count} at once" if count > self._limit else "more"
        remedy = "send fewer at once" if count > self._limit else f"wait {seconds:.0f} s"
        raise Problem(429, Busy(limit, found, remedy), max(1, round(seconds + 0.5)))

    def seconds_until(self, key: int, count: int) -> float:
        """How long until that many may be taken; 0 for now."""
        if not self._limit:
            return 0.0
        return max(0.0, (count - self._now(key)) * _MINUTE / self._limit)

    def _now(self, key: int) -> float:
        left, since = self._left.get(key, (float(self._limit), self._clock()))
        return min(self._limit, left + (self._clock() - since) * self._limit / _MINUTE)
