"""Acronyms and what they stand for."""

from __future__ import annotations

import re

_SMALL = "a an and at by de del der des di du en et for from in la le of on or the to und van von with y"
SMALL = frozenset(_SMALL.split())
LONGEST = 8
_WORDS = re.compile(r"\w+(?:'\w+)*", re.UNICODE)


def looks_like_acronym(surface: str) -> bool:
    """Two to eight letters and digits, the letters capitals but for a plural s and dots: NASA, U.N., R2D2, MoU not."""
    text = surface.replace(".", "").removesuffix("s")
    letters = [c for c in text if c.isalpha()]
    return (
        2 <= len(text) <= LONGEST
        and text.isalnum()
        and len(letters) >= 2
        and all(c.isupper() for c in letters)
    )


def stands_for(acronym: str, name: str) -> bool:
    """Are the acronym's letters the initials of the name's words, small words (of, the) counted or not?"""
    return letters_of(acronym) in initials(name)


def letters_of(acronym: str) -> str:
    return acronym.replace(".", "").removesuffix("s").casefold()


def initials(name: str) -> frozenset[str]:
    """The initials of the words of a name, and those without its small words; nothing for a single word."""
    words = [word.casefold() for word in _WORDS.findall(name)]
    if len(words) < 2:
        return frozenset()
    every = "".join(word[0] for word in words)
    return frozenset((every, "".join(word[0] for word in words if word not in SMALL)))


def short_for(acronym: str, name: str) -> bool:
    """Do the acronym's letters stand in the name in this order, the first at the beginning of a word? Enough only for
    an acronym in brackets beside its name (Schwartz and Hearst, 2003)."""
    letters = [c for c in acronym.casefold() if c.isalnum()]
    text = name.casefold()
    if not 0 < len(letters) < len(text) or len(_WORDS.findall(name)) > len(letters) + 5:
        return False
    at = len(text)
    for n, letter in reversed(list(enumerate(letters))):
        at = text.rfind(letter, 0, at)
        while n == 0 and at > 0 and text[at - 1].isalnum():
            at = text.rfind(letter, 0, at)
        if at < 0:
            return False
    return True


def in_brackets(first_end: int, start: int, end: int, text: str | None) -> bool:
    """Does what lies from `start` to `end` stand in brackets right behind what ends at `first_end`? Without the text
    the distance must do."""
    if start - first_end != 2:
        return False
    return text is None or (text[first_end:start] == " (" and text[end : end + 1] == ")")
