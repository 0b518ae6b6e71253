"""Acronyms and what they stand for."""

from __future__ import annotations

import re

_SMALL = "a an and at by de del der des di du en et for in la le of on the to und van von y"
SMALL = frozenset(_SMALL.split())
LONGEST = 8
_WORDS = re.compile(r"\w+", re.UNICODE)


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
    letters = acronym.replace(".", "").removesuffix("s").casefold()
    words = [word.casefold() for word in _WORDS.findall(name)]
    if len(words) < 2:
        return False
    every = "".join(word[0] for word in words)
    large = "".join(word[0] for word in words if word not in SMALL)
    return letters in (every, large)


def in_brackets(name_end: int, acronym_start: int, acronym_end: int, text: str | None) -> bool:
    """Does the acronym stand in brackets right behind the name? Without the text the distance must do."""
    if acronym_start - name_end != 2:
        return False
    return text is None or (
        text[name_end:acronym_start] == " (" and text[acronym_end : acronym_end + 1] == ")"
    )
