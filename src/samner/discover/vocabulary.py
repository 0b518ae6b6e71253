"""The type names that clusters are named from, and their vectors.

Shapes: K names, M units of the span space, A archetypes.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.compiled import CompiledSchema
from samner.engines.embedded.engine import EmbeddedEngine
from samner.types import EntityType, Schema

Array = NDArray[Any]
TOGETHER = 256  # names compiled as one schema: its cost grows with the square


@dataclass(frozen=True, slots=True)
class Term:
    """A type name with its definition (or ""), other names, the source that it is from, and an IRI (or "")."""

    name: str
    definition: str
    others: tuple[str, ...]
    source: str
    iri: str


@lru_cache(maxsize=1)
def load_terms() -> tuple[Term, ...]:
    """The shipped vocabulary, by name (see scripts/build_vocabulary.py)."""
    packed = (files("samner") / "discover" / "vocabulary.tsv.gz").read_bytes()
    rows = (line.split("\t") for line in gzip.decompress(packed).decode("utf-8").splitlines())
    return tuple(
        Term(n, d, tuple(o for o in others.split("|") if o), s, iri) for n, d, others, s, iri in rows
    )


@dataclass(frozen=True)
class Vocabulary:
    """The terms with match [K, M], bias [K], prior [K] and archetypes [K, A] (see `CompiledSchema`)."""

    terms: Sequence[Term]
    match: Array
    bias: Array
    prior: Array
    archetypes: Array

    @classmethod
    def compile(cls, engine: EmbeddedEngine, terms: Sequence[Term]) -> Vocabulary:
        """Read every term once; the engine keeps the vectors in its cache folder."""
        parts: list[CompiledSchema] = []
        for at in range(0, len(terms), TOGETHER):
            kinds = tuple(EntityType(t.name, t.definition) for t in terms[at : at + TOGETHER])
            parts.append(engine.compile(Schema(kinds)))
        return cls(
            terms,
            np.concatenate([p.vectors.match for p in parts]),
            np.concatenate([p.vectors.bias for p in parts]),
            np.concatenate([p.prior for p in parts]),
            np.concatenate([p.archetypes for p in parts]),
        )
