"""Between code points and UTF-16 units."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from samner.formats.rows import Fault


class Utf16:
    """Between code points and UTF-16 units, in which a browser counts, of one text."""

    def __init__(self, text: str) -> None:
        self._wide = [n for n, char in enumerate(text) if char > "\uffff"]

    def __bool__(self) -> bool:
        """Do the two differ?"""
        return bool(self._wide)

    def units(self, at: int) -> int:
        return at + bisect_left(self._wide, at)

    def points(self, at: Any) -> Any:
        """Raises Fault for a place inside a character; anything but a whole number is left for `checked` to refuse."""
        if type(at) is not int:
            return at
        before = bisect_left(range(len(self._wide)), at, key=lambda n: self._wide[n] + n + 1)
        if before < len(self._wide) and self._wide[before] + before + 1 == at:
            raise Fault(f"the offset {at} inside a character (UTF-16 units)")
        return at - before
