"""How many texts a minute each key may send: a bucket that fills evenly and holds a minute's worth."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

from samner.serve.problems import Busy, Problem, problem

_MINUTE = 60.0


class Rate:
    """`limit` is in texts a minute, 0 for none. Keys are held by their place in the settings, never by themselves."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._left: dict[int, tuple[float, float]] = {}  # tokens left, and when that was so

    def take(self, key: int, count: int, paid: int = 0) -> None:
        """`paid` of the `count` texts were taken before. Problem 429, with the seconds until all of them can be taken
        anew, where they are too many now; 413 where a minute never holds so many."""
        if not self._limit:
            return
        limit = f"at most {self._limit} texts a minute with this key"
        if count > self._limit:
            raise problem(413, limit, f"{count} at once", "send fewer at once")
        if self.seconds_until(key, count - paid) <= 0:
            self._left[key] = (self._now(key) - (count - paid), self._clock())
            return
        seconds = self.seconds_until(key, count)
        raise Problem(429, Busy(limit, "more", f"wait {seconds:.0f} s"), max(1, ceil(seconds)))

    def seconds_until(self, key: int, count: int) -> float:
        """How long until that many may be taken; 0 for now."""
        if not self._limit:
            return 0.0
        return max(0.0, (count - self._now(key)) * _MINUTE / self._limit)

    def _now(self, key: int) -> float:
        left, since = self._left.get(key, (float(self._limit), self._clock()))
        return min(self._limit, left + (self._clock() - since) * self._limit / _MINUTE)
