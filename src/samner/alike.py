"""How a schema lies on the archetypes, and which of its types a model can hardly tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.archetypes import Archetype, load as load_archetypes
from samner.engines.embedded.compiled import CompiledSchema
from samner.engines.embedded.engine import EmbeddedEngine
from samner.locate import cache_folder, model_folder, usable_cores
from samner.types import EntityType, Schema

ALIKE = 0.8  # cosine of two types' vectors from which on mentions of one are often taken for the other
UNSURE = (
    0.5  # probability of the best archetype below which a definition does not say what kind of thing it means
)
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two types that are `alike` (cosine, up to 1); `broader` is the one of them that the model takes for the other's
    broader type, if any."""

    first: str
    second: str
    alike: float
    broader: str | None

    @property
    def advice(self) -> str:
        """What the user can do."""
        said = f"definitions of `{self.first}` and `{self.second}` are {self.alike:.2f} alike"
        if self.broader is None:
            return f"{said}: say in each what the other is not"
        narrow = self.second if self.broader == self.first else self.first
        return (
            f"{said}, and `{narrow}` looks like a kind of `{self.broader}`: if it is, give it "
            f"`parent: {self.broader}`; if not, say in each what the other is not"
        )


@dataclass(frozen=True, slots=True)
class Mapped:
    """A schema on the archetypes: `shares` [K, A] of each type, the pairs that are alike (most alike first), and the
    types whose text leaves open what kind of thing they are."""

    schema: Schema
    archetypes: tuple[str, ...]
    shares: Array
    pairs: tuple[Pair, ...]

    @property
    def unsure(self) -> list[str]:
        return [t.name for t, row in zip(self.schema, self.shares, strict=True) if row.max() < UNSURE]

    @property
    def unused(self) -> list[str]:
        """Archetypes that are no type's likeliest."""
        used = set(self.shares.argmax(axis=1).tolist())
        return [name for n, name in enumerate(self.archetypes) if n not in used]

    def best(self, row: Array, most: int = 3) -> list[tuple[str, float]]:
        """The likeliest archetypes of a type with at least a twentieth."""
        order = np.argsort(-row, kind="stable")[:most]
        return [(self.archetypes[n], float(row[n])) for n in order if row[n] >= 0.05]

    def to_dict(self) -> dict[str, Any]:
        types = {
            t.name: {name: round(float(share), 4) for name, share in zip(self.archetypes, row, strict=True)}
            for t, row in zip(self.schema, self.shares, strict=True)
        }
        pairs = [
            {
                "types": [p.first, p.second],
                "alike": round(p.alike, 4),
                "broader": p.broader,
                "advice": p.advice,
            }
            for p in self.pairs
        ]
        return {"types": types, "alike": pairs, "unsure": self.unsure, "unused": self.unused}


def open_engine(
    model: str | Path | None, archetypes: str | Path | None, threads: int | None
) -> EmbeddedEngine:
    """The embedded engine on a model with a set of archetypes (None: the shipped ones)."""
    kinds = load_archetypes(archetypes)
    return EmbeddedEngine(model_folder(model), kinds, cache_folder(None), threads or usable_cores())


def map_schema(engine: EmbeddedEngine, schema: Schema, least: float = ALIKE) -> Mapped:
    """Where each type of the schema lies, and which pairs are alike by `least` or more."""
    compiled = engine.compile(schema)
    shares = compiled.archetypes
    return Mapped(schema, engine.classifier.archetypes, shares, tuple(alike(compiled, least)))


def overlaps(engine: EmbeddedEngine, archetypes: Sequence[Archetype], least: float = ALIKE) -> list[Pair]:
    """The archetypes whose definitions are alike."""
    types = (EntityType(a.name.replace("_", " "), a.definition) for a in archetypes)
    return alike(engine.compile(Schema(tuple(types))), least)


def alike(compiled: CompiledSchema, least: float) -> list[Pair]:
    """Pairs whose vectors have a cosine of `least` or more; pairs that the schema itself relates are left out."""
    match = compiled.vectors.match
    unit = match / np.maximum(np.linalg.norm(match, axis=1, keepdims=True), 1e-9)
    cosine, names = unit @ unit.T, compiled.schema.names
    above = {(n, w): p for n, w, p in zip(*_broader(compiled), strict=True)}
    related = {frozenset(pair) for pair in compiled.parents}
    pairs = []
    for i, j in zip(*np.nonzero(np.triu(cosine >= least, 1)), strict=True):
        if frozenset((int(i), int(j))) in related:
            continue
        up, down = above.get((i, j), 0.0), above.get((j, i), 0.0)  # j is broader than i; i than j
        broader = None if max(up, down) < 0.5 else names[j] if up > down else names[i]
        pairs.append(Pair(names[i], names[j], float(cosine[i, j]), broader))
    return sorted(pairs, key=lambda p: (-p.alike, p.first, p.second))


def _broader(compiled: CompiledSchema) -> tuple[list[int], list[int], list[float]]:
    b = compiled.broader
    return b.narrow.tolist(), b.wide.tolist(), b.likely.tolist()
