"""The embedded engine: both extractors, the archetypes and the calibrator on one pass of a small encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from samner.archetypes import Archetype
from samner.engines.embedded.abilities import (
    Anchor,
    ArchetypeMatch,
    EmbeddedCalibrator,
    Explorer,
    word_ranges,
)
from samner.engines.embedded.adapter import Adapter, open_folder
from samner.engines.embedded.compiled import CompiledSchema, Compiler
from samner.engines.embedded.reader import Encoded, Reader
from samner.engines.embedded.sessions import Sessions
from samner.engines.embedded.store import Fitted, Manifest, Tables
from samner.engines.embedded.vectors import Describer, TypeVectors, type_text
from samner.engines.embedded.words import WordPieces
from samner.passages import Passage
from samner.ports import ConsensusRule, ModelInfo, Reading
from samner.types import Schema, Span
from samner.workers import check_stopped

Array = NDArray[Any]


class EmbeddedEngine:
    """Implements `samner.ports.Engine` on a model or adapter folder; safe to share between threads and across a
    fork."""

    capacity = 180  # pieces a passage: training saw few that were longer
    asks = None

    def __init__(
        self, folder: Path, archetypes: Sequence[Archetype], cache: Path | None, threads: int
    ) -> None:
        self.manifest, self.adapter = open_folder(folder)
        folder, self._threads = self.manifest.folder, threads
        tables = Tables(folder)
        sessions = Sessions(folder)
        self.pieces = WordPieces(folder / "tokenizer.json")
        self._reader = Reader(sessions, tables, self.pieces, self.manifest.sizes)
        describe = self._describe = Describer(sessions, tables, self.pieces, self._spread)
        model, adapter = self.manifest.hash, self.adapter
        self._compiler = Compiler(describe, sessions, tables, archetypes, model, cache, adapter)
        self.extractors = (Anchor(), Explorer())
        self.classifier = ArchetypeMatch(self._compiler, sessions)
        fitted = self.manifest.fitted | dict(adapter.fitted if adapter else {})
        self.calibrator = EmbeddedCalibrator(fitted)
        self.info = _info(self.manifest, fitted, adapter)
        self.every_threshold = self.manifest.every_threshold

    @cached_property
    def cost(self) -> Callable[[str], int]:
        word = self.pieces.word
        return lambda surface: len(word(surface))

    def knows(self, word: str) -> bool:
        return self.pieces.word(word) != (self.pieces.unknown,)

    def compile(self, schema: Schema) -> CompiledSchema:
        return self._compiler(schema)

    def describe(self, schema: Schema) -> TypeVectors:
        """The vectors of a schema's types, in its order, past every cache."""
        return self._describe([type_text(kind) for kind in schema])

    def encode(self, passages: Sequence[Passage]) -> list[Encoded]:
        return [self._read(passage) for passage in passages]

    def _read(self, passage: Passage) -> Encoded:
        check_stopped()  # the pass over a passage is what takes the time
        return self._reader.read(passage)

    def span_vectors(self, reading: Reading, spans: Sequence[Sequence[Span]]) -> list[Array]:
        """Where spans lie in the space in which types are matched: [N, M] for the N spans of each passage."""
        rows = zip(reading.passages, cast("Sequence[Encoded]", reading.encoded), spans, strict=True)
        return [
            encoded.vectors(*word_ranges(passage, of_passage))[0]
            if of_passage
            else np.zeros((0, self.manifest.sizes["match"]), np.float32)
            for passage, encoded, of_passage in rows
        ]

    def threshold(self, without: frozenset[str]) -> float:
        return self.numbers(without).threshold

    def numbers(self, without: frozenset[str]) -> Fitted:
        return self.calibrator.numbers(without)

    def consensus(self, without: frozenset[str]) -> ConsensusRule:
        by = self.numbers(without)
        return ConsensusRule(by.consensus_anchor, by.consensus_explorer, by.consensus_confirm)

    def _spread(self, work: Callable[[str], Any], items: Sequence[str]) -> list[Any]:
        """Type texts on all threads; few are done where they are."""
        if len(items) < 8 or self._threads == 1:
            return [work(item) for item in items]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(work, items))


def _info(manifest: Manifest, fitted: Mapping[str, Fitted], adapter: Adapter | None) -> ModelInfo:
    thresholds = {name or "default": by.threshold for name, by in fitted.items()}
    of = manifest if adapter is None else adapter
    return ModelInfo(of.id, of.hash, manifest.card, manifest.sizes["widest"], thresholds)
