"""Engines that ask a frozen LLM: `hybrid` about spans that the embedded calibrator doubts, `llm` at every stage.

Both rest on the embedded engine: whatever the LLM leaves unanswered, its answer stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from samner.archetypes import Archetype
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.llm.asker import Asker
from samner.engines.llm.calibrator import LLMCalibrator
from samner.engines.llm.glossary import Archetypes
from samner.errors import InputError
from samner.llms import LLMSettings, load_llm
from samner.options import LLMUse
from samner.passages import Passage
from samner.ports import (
    LLM,
    ArchetypeClassifier,
    Calibrator,
    CompiledSchema,
    ConsensusRule,
    Extractor,
    ModelInfo,
)
from samner.types import Schema


class HybridEngine:
    """Implements `samner.ports.Engine`: discovery and mediation embedded, calibration by both."""

    name = "hybrid"

    def __init__(
        self,
        folder: Path,
        archetypes: Sequence[Archetype],
        cache: Path | None,
        threads: int,
        llm: LLM | LLMSettings | None = None,
        use: LLMUse | None = None,
    ) -> None:
        use = use or LLMUse()
        self._embedded = EmbeddedEngine(folder, archetypes, cache, threads)
        self.asks = Asker(_loaded(llm, self.name), use.requests, use.tokens)
        self.info: ModelInfo = self._embedded.info
        self.capacity = self._embedded.capacity
        self.every_threshold = self._embedded.every_threshold
        self._archetypes = Archetypes(archetypes)
        self.extractors: Sequence[Extractor] = self._embedded.extractors
        self.classifier: ArchetypeClassifier = self._embedded.classifier
        self.calibrator: Calibrator = LLMCalibrator(self._embedded, self._archetypes, self.asks, use)

    @property
    def cost(self) -> Callable[[str], int]:
        return self._embedded.cost

    def knows(self, word: str) -> bool:
        return self._embedded.knows(word)

    def compile(self, schema: Schema) -> CompiledSchema:
        return self._embedded.compile(schema)

    def encode(self, passages: Sequence[Passage]) -> Sequence[Any]:
        return self._embedded.encode(passages)

    def threshold(self, without: frozenset[str]) -> float:
        return self._embedded.threshold(without)

    def consensus(self, without: frozenset[str]) -> ConsensusRule:
        return self._embedded.consensus(without)


def _loaded(llm: LLM | LLMSettings | None, engine: str) -> LLM:
    if llm is None:
        remedy = "name it with --llm-model, in Python with llm=LLMSettings(model=...)"
        raise InputError(f"an LLM for the engine {engine}", "none", remedy)
    return load_llm(llm) if isinstance(llm, LLMSettings) else llm
