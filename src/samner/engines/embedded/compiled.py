"""Schemas worked out once: type vectors, archetypes and priors; in memory by type, on disk by schema.

Shapes: K types, A archetypes, M units of the match, T of the token match, D of the encoder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.archetypes import Archetype
from samner.engines.embedded.adapter import Adapter
from samner.engines.embedded.cached import keep_small
from samner.engines.embedded.sessions import RUNTIME, Sessions
from samner.engines.embedded.store import Tables
from samner.engines.embedded.vectors import Describer, TypeVectors, type_text
from samner.errors import SchemaError
from samner.types import Schema

Array = NDArray[Any]
LEAST_SHARE = 1e-6  # a type that draws less counts as drawing this


@dataclass(frozen=True)
class Broader:
    """Pairs of the schema's types of which one is likely the broader: positions `narrow` and `wide` [E], sorted by
    `wide`, and the `likely` [E] probability of it."""

    narrow: Array
    wide: Array
    likely: Array

    def pressed(self, fits: Array) -> Array:
        """How much a narrower type that fits speaks against each type: [N, K] of `fits` [N, K] in 0..1."""
        out = np.zeros_like(fits)
        if len(self.wide) and len(fits):
            columns, starts = np.unique(self.wide, return_index=True)
            out[:, columns] = np.maximum.reduceat(fits[:, self.narrow] * self.likely, starts, axis=1)
        return out


@dataclass(frozen=True)
class CompiledSchema:
    """The schema, its vectors, its types' archetypes [K, A], its priors [K], declared (child, ancestor) positions, and
    pairs of which one is likely the broader, and scale and shift [K] of the scores where an adapter tempers them.

    A prior is the logarithm of the share of any mentions at all that a type draws to itself beside the schema's other
    types and none, measured on the model's bank of spans.
    """

    schema: Schema
    vectors: TypeVectors
    archetypes: Array
    prior: Array
    parents: tuple[tuple[int, int], ...]
    broader: Broader
    tempers: tuple[Array, Array] | None = None


class Compiler:
    """Compiles schemas against a set of archetypes, through the cache folder when there is one."""

    def __init__(
        self,
        describe: Describer,
        sessions: Sessions,
        tables: Tables,
        archetypes: Sequence[Archetype],
        model: str,
        cache: Path | None,
        adapter: Adapter | None = None,
    ) -> None:
        self._adapter = adapter
        self._describe, self._product, self._tables = describe, sessions.product, tables
        self.archetypes = tuple(a.name for a in archetypes)
        self._texts = [f"{a.name.replace('_', ' ')}: {a.definition}" for a in archetypes]
        self._model, self._cache = model, cache
        self._archetype_vectors: Array | None = None

    @property
    def archetype_vectors(self) -> Array:
        """The archetypes' definitions as vectors [A, M]."""
        if self._archetype_vectors is None:
            self._archetype_vectors = self._cached(self._texts).archetype
        return self._archetype_vectors

    def __call__(self, schema: Schema) -> CompiledSchema:
        """Raises SchemaError for an archetype that the set does not have."""
        self._check(schema)
        # Compiled in the order of the names, so that neither result nor cache depends on the user's order.
        order = sorted(range(len(schema)), key=lambda n: schema.names[n])
        vectors = self._cached([type_text(schema.types[n]) for n in order])
        back = _inverse(order)
        prior, vectors = self._prior(vectors)[back], vectors.rows(back)
        archetypes = self._archetypes(schema, vectors)
        broader, adapter, tempers = self._broader(vectors.match), self._adapter, None
        if (
            adapter is not None
        ):  # archetypes, priors and broader types stay those of the types as the model reads them
            vectors, tempers = adapter.vectors(schema, vectors), adapter.tempers(schema)
            schema = adapter.thresholds(schema)
        return CompiledSchema(schema, vectors, archetypes, prior, _parents(schema), broader, tempers)

    def _check(self, schema: Schema) -> None:
        for kind in schema:
            for name in kind.archetypes:
                if name not in self.archetypes:
                    raise SchemaError(
                        f"archetypes out of {', '.join(self.archetypes)}",
                        f"{name!r} at {kind.name!r}",
                        "mend the schema",
                    )

    def _archetypes(self, schema: Schema, vectors: TypeVectors) -> Array:
        """Each type's distribution over the archetypes, read from its text unless the user states it."""
        logits = self._product(vectors.as_span, self.archetype_vectors) * vectors.match.shape[1] ** -0.5
        table = softmax(logits)
        for n, kind in enumerate(schema):
            if kind.archetypes:
                table[n] = [kind.archetypes.count(name) / len(kind.archetypes) for name in self.archetypes]
        return table

    def _prior(self, vectors: TypeVectors) -> Array:
        """Of types in the order of their names: a sum in another order would differ in the last bits."""
        bank = self._tables.bank
        if not len(bank):
            return np.zeros(len(vectors.match), np.float32)
        logits = self._product(bank, vectors.match) * vectors.match.shape[1] ** -0.5 + vectors.bias
        weight = np.exp(np.clip(logits, -30, 30))
        share = weight / (1 + weight.sum(axis=1, keepdims=True))
        prior: Array = np.log(np.maximum(share.mean(axis=0), LEAST_SHARE))
        return prior

    def _broader(self, match: Array) -> Broader:
        """Pairs whose second type is likely broader than the first, by a bilinear form on their vectors."""
        narrow, wide, line = self._tables.narrow, self._tables.wide, self._tables.broader
        if not len(line):
            none = np.zeros(0, np.int64)
            return Broader(none, none, np.zeros(0))
        size = match.shape[1]
        pairs = (
            self._product(self._product(match, narrow.T), self._product(match, wide.T))
            * narrow.shape[1] ** -0.5
        )
        ends = self._product(match, line[: 2 * size].reshape(2, size))
        logits = pairs + ends[:, :1] + ends[:, 1] + line[-1]
        np.fill_diagonal(logits, -np.inf)
        to, of = np.nonzero(logits.T > 0)
        return Broader(of, to, 1 / (1 + np.exp(-logits[of, to])))

    def _cached(self, texts: Sequence[str]) -> TypeVectors:
        """Vectors of the texts, from the cache folder or worked out and put there. A cache that cannot be read or
        written only costs time."""
        if self._cache is None:
            return self._describe(texts)
        key = hashlib.sha256(json.dumps([self._model, RUNTIME, *texts]).encode()).hexdigest()
        file = self._cache / f"types-{key}.npz"
        try:
            with np.load(file, allow_pickle=False) as held:
                vectors = TypeVectors(*(held[f.name] for f in fields(TypeVectors)))
            with suppress(OSError):
                os.utime(file)  # used now: the least recently used go first
            return vectors
        except Exception:  # missing, unreadable or damaged: numpy and zipfile raise a dozen kinds
            vectors = self._describe(texts)
        write_beside(file, vectors)
        keep_small(self._cache)
        return vectors


def write_beside(file: Path, vectors: TypeVectors) -> None:
    """Write whole or not at all, so that a reader or a killed process never meets half a file."""
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as stream:
            temporary = stream.name
            np.savez(stream, **{f.name: getattr(vectors, f.name) for f in fields(vectors)})
        os.replace(temporary, file)
    except OSError:  # a read-only or full disk: go on without the cache
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def softmax(logits: Array) -> Array:
    """Rows of probabilities."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    table: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return table


def _inverse(order: Sequence[int]) -> list[int]:
    places = [0] * len(order)
    for n, place in enumerate(order):
        places[place] = n
    return places


def _parents(schema: Schema) -> tuple[tuple[int, int], ...]:
    """(child, ancestor) positions of every declared line of parents."""
    place = {name: n for n, name in enumerate(schema.names)}
    by_name = {t.name: t for t in schema}
    pairs = []
    for child in schema:
        above = child.parent
        while above is not None:
            pairs.append((place[child.name], place[above]))
            above = by_name[above].parent
    return tuple(pairs)
