"""Can the model read this text at all?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

LATIN_END = 0x024F
LATIN_MORE = range(0x1E00, 0x1F00)
LEAST_LETTERS = LEAST_WORDS = 10
SAMPLE = 20_000  # characters looked at


def unreadable(text: str) -> bool:
    """True when most letters of the text are of a script other than Latin."""
    if text.isascii():
        return False
    letters = [c for c in text[:SAMPLE] if c.isalpha()]
    foreign = sum(ord(c) > LATIN_END and ord(c) not in LATIN_MORE for c in letters)
    return len(letters) >= LEAST_LETTERS and 2 * foreign > len(letters)


def unknown(words: Iterable[str], knows: Callable[[str], bool]) -> bool:
    """True when the model's vocabulary has no piece for most of the words."""
    known = [knows(word) for word in words]
    return len(known) >= LEAST_WORDS and 2 * sum(known) < len(known)
