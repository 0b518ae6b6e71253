"""Ways in which users write one type, and changes to a passage that keep its marks true."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from samner.train.ontology import TypeEntry


@dataclass
class Passage:
    """A training passage as words (the encoder never sees the spaces) with mentions (first, last + 1, type number).

    Type number -1 is a mention whose type nobody knows.
    """

    words: list[str]
    mentions: list[tuple[int, int, int]]
    closed: tuple[int, ...] | None
    exhaustive: bool


def type_text(entry: TypeEntry, rng: random.Random, name_only: float) -> str:
    """One way to write the type: its name or another, in some style, with or without a definition."""
    name = entry.name
    dice = rng.random()
    if dice < 0.2 and entry.other_names:
        name = rng.choice(entry.other_names)
    elif dice < 0.35:
        name = styled(name, rng)
    if not entry.definitions or rng.random() < name_only:
        return name
    return f"{name}: {rng.choice(entry.definitions)}"


def styled(name: str, rng: random.Random) -> str:
    """A name as programs and tables write it: PERSON_NAME, PersonName, personname, plural."""
    parts = name.split()
    style = rng.randrange(4)
    if style == 0:
        return "_".join(parts)
    if style == 1:
        return "".join(parts)
    if style == 2:
        return "-".join(parts)
    return plural(name)


def plural(name: str) -> str:
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def crop(passage: Passage, longest: int, keep_whole: float, rng: random.Random) -> Passage:
    """A run of whole sentences of the passage, of at most `longest` words where sentences allow."""
    size = len(passage.words)
    if size <= longest and rng.random() < keep_whole:
        return passage
    inside = {n for first, last, _ in passage.mentions for n in range(first, last - 1)}
    ends = [n + 1 for n, w in enumerate(passage.words) if w in ".!?" and n not in inside and n + 1 - 4 > 0]
    borders = sorted({0, *ends, size})
    first = rng.randrange(len(borders) - 1)
    last = first + 1
    while last + 1 < len(borders) and borders[last + 1] - borders[first] <= longest and rng.random() < 0.5:
        last += 1
    return cut(passage, borders[first], min(borders[last], borders[first] + 2 * longest))


def cut(passage: Passage, start: int, end: int) -> Passage:
    """Words start..end with the mentions that lie wholly inside."""
    mentions = [(f - start, e - start, t) for f, e, t in passage.mentions if start <= f and e <= end]
    return Passage(passage.words[start:end], mentions, passage.closed, passage.exhaustive)


def lowered(passage: Passage) -> Passage:
    return Passage([w.lower() for w in passage.words], passage.mentions, passage.closed, passage.exhaustive)


class Surfaces:
    """How mentions of each type are written in the training data."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._of: dict[int, list[list[str]]] = defaultdict(list)
        for p in passages:
            for first, last, type_ in p.mentions:
                self._of[type_].append(p.words[first:last])

    def swap(self, passage: Passage, rate: float, rng: random.Random) -> Passage:
        """Replace some mentions by other mentions of their type, so that the context must tell. Flat marks only."""
        mentions = sorted(passage.mentions)
        if any(a[1] > b[0] for a, b in pairwise(mentions)):
            return passage
        words: list[str] = []
        moved, at = [], 0
        for first, last, type_ in mentions:
            words += passage.words[at:first]
            known = self._of.get(type_)
            surface = (
                rng.choice(known)
                if known and type_ >= 0 and rng.random() < rate
                else passage.words[first:last]
            )
            moved.append((len(words), len(words) + len(surface), type_))
            words += surface
            at = last
        return Passage(words + passage.words[at:], moved, passage.closed, passage.exhaustive)
