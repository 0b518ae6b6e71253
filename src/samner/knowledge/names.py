"""Names of persons: titles, and which short name may stand for which full one."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NEUTRAL = (
    "president chancellor minister premier secretary senator governor mayor judge justice ambassador congressman "
    "congresswoman representative professor prof doctor dr sir dame general gen colonel col captain capt major "
    "lieutenant lt sergeant sgt admiral commander marshal reverend rev father sister brother bishop archbishop "
    "cardinal rabbi imam director chairman chairwoman"
)
_KEPT = "mr mrs ms miss mme mlle madame monsieur lord lady king queen prince princess"
# Says nothing about who is meant: "President Jimmy Carter" is Jimmy Carter.
NEUTRAL = frozenset(_NEUTRAL.split())
# Tells members of a family apart, so it stays part of the name: "Mr Bennet" is not Elizabeth Bennet.
KEPT = frozenset(_KEPT.split())
GENERATION = frozenset(["jr", "sr", "junior", "senior", "ii", "iii", "iv"])
_TOKEN = re.compile(r"[^\s,.]+\.?", re.UNICODE)


def name_tokens(normalised: str) -> tuple[str, ...]:
    """The parts of a normalised name, without neutral titles in front and without dots: ("w", "b", "yeats")."""
    tokens = [token.rstrip(".") for token in _TOKEN.findall(normalised)]
    while len(tokens) > 1 and tokens[0] in NEUTRAL:
        tokens = tokens[1:]
    return tuple(tokens)


def without_title(normalised: str) -> str:
    """A person's normalised name without neutral titles: the form under which persons meet."""
    return " ".join(name_tokens(normalised)) or normalised


def family_part(short: Sequence[str], full: Sequence[str]) -> bool:
    """Is `short` the end of a longer `full` name, as "van Gogh" is of "Vincent van Gogh"?"""
    ending = full[:-1] if full[-1] in GENERATION and short[-1] not in GENERATION else full
    return len(short) < len(ending) and tuple(ending[-len(short) :]) == tuple(short)


def given_part(short: Sequence[str], full: Sequence[str]) -> bool:
    """Is `short` the one word with which a longer `full` name begins? A title is none."""
    return len(short) == 1 < len(full) and short[0] == full[0] and short[0] not in KEPT and len(short[0]) > 1


def initials_of(short: Sequence[str], full: Sequence[str]) -> bool:
    """Do the two share the family name, and is every other part of `short` an initial of its counterpart?"""
    if len(short) < 2 or len(short) != len(full) or short[-1] != full[-1]:
        return False
    pairs = list(zip(short[:-1], full[:-1], strict=True))
    return short != full and all(s == f or (len(s) == 1 and f.startswith(s)) for s, f in pairs)
