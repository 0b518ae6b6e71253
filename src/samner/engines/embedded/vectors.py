"""Type texts to vectors: what the type encoder reads, and what it makes of it.

Shapes: K types, M units of the match, T of the token match, D of the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.sessions import Sessions
from samner.engines.embedded.store import Tables
from samner.engines.embedded.words import WordPieces
from samner.types import EntityType

Array = NDArray[Any]
_HUMPS = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")  # between two words, not within iPhone, DNA or PhD
STRETCH = (
    250  # word pieces of a type text that are read together; longer ones are read in stretches and averaged
)


@dataclass(frozen=True)
class TypeVectors:
    """match [K, M], bias [K], start, end and inside [K, T], archetype and as_span [K, M]."""

    match: Array
    bias: Array
    start: Array
    end: Array
    inside: Array
    archetype: Array
    as_span: Array

    def rows(self, order: Sequence[int]) -> TypeVectors:
        return TypeVectors(*(getattr(self, f.name)[list(order)] for f in fields(self)))


def type_text(kind: EntityType) -> str:
    """What the type encoder reads."""
    name = spaced(kind.name)
    text = f"{name}: {kind.definition}" if kind.definition else name
    return f"{text} Examples: {', '.join(kind.examples)}." if kind.examples else text


def spaced(name: str) -> str:
    """The words of an identifier such as MusicalArtist or WORK_OF_ART; a name with spaces stays as it is."""
    return name if " " in name.strip() else _HUMPS.sub(" ", name.replace("_", " ")).strip() or name


class Describer:
    """Type texts to vectors."""

    def __init__(
        self,
        sessions: Sessions,
        tables: Tables,
        pieces: WordPieces,
        run: Callable[[Callable[[str], Array], Sequence[str]], list[Array]],
    ) -> None:
        self._sessions, self._tables, self._pieces, self._run = sessions, tables, pieces, run

    def __call__(self, texts: Sequence[str]) -> TypeVectors:
        means = self._run(self.mean, texts)
        rows = self._sessions.project(np.stack(means))
        start, end, inside = np.split(rows["token"], 3, axis=1)
        return TypeVectors(
            rows["match"], rows["bias"][:, 0], start, end, inside, rows["archetype"], rows["as_span"]
        )

    def mean(self, text: str) -> Array:
        """Mean state [D] over a type text of any length."""
        ids = self._pieces.sentence(text)
        total: Array = np.zeros(self._tables.shape.shape[1], np.float32)
        count = 0
        for at in range(0, max(1, len(ids)), STRETCH):
            stretch = [self._pieces.cls, *ids[at : at + STRETCH], self._pieces.sep]
            total = total + self._sessions.types(self._tables.embed(np.array(stretch)))
            count += len(stretch)
        mean: Array = total / count
        return mean
