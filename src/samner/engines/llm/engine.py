"""Engines that ask a frozen LLM: `hybrid` about spans that the embedded calibrator doubts, `llm` at every stage.

Both rest on the embedded engine: whatever the LLM leaves unanswered, its answer stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samner.archetypes import Archetype
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.llm.archetype import LLMClassifier
from samner.engines.llm.asker import Asker
from samner.engines.llm.calibrator import LLMCalibrator
from samner.engines.llm.glossary import Archetypes
from samner.errors import InputError, MissingExtraError
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

CONFIRM = 0.01  # least confidence of an anchor that confirms an explorer's single word


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
        self.embedded = EmbeddedEngine(folder, archetypes, cache, threads)
        prices = (llm.price_in, llm.price_out) if isinstance(llm, LLMSettings) else (None, None)
        self.asks = Asker(_loaded(llm, self.name), use.requests, use.tokens, prices)
        self.info: ModelInfo = self.embedded.info
        self.capacity = self.embedded.capacity
        self.every_threshold = self.embedded.every_threshold
        self._put_together(Archetypes(archetypes), use)

    def _put_together(self, archetypes: Archetypes, use: LLMUse) -> None:
        self.extractors: Sequence[Extractor] = self.embedded.extractors
        self.classifier: ArchetypeClassifier = self.embedded.classifier
        self.calibrator: Calibrator = LLMCalibrator(self.embedded, archetypes, self.asks, use)

    @property
    def cost(self) -> Callable[[str], int]:
        return self.embedded.cost

    def knows(self, word: str) -> bool:
        return self.embedded.knows(word)

    def compile(self, schema: Schema) -> CompiledSchema:
        return self.embedded.compile(schema)

    def encode(self, passages: Sequence[Passage]) -> Sequence[Any]:
        return self.embedded.encode(passages)

    def threshold(self, without: frozenset[str]) -> float:
        return self.embedded.threshold(without)

    def consensus(self, without: frozenset[str]) -> ConsensusRule:
        return self.embedded.consensus(without)


class LLMEngine(HybridEngine):
    """The paper's pipeline: an LLM extracts, gives the archetypes, and types every span."""

    name = "llm"

    def _put_together(self, archetypes: Archetypes, use: LLMUse) -> None:
        try:
            from samner.engines.llm.extractors import LLMExtractor
        except ImportError:
            raise MissingExtraError("rapidfuzz", "llm") from None
        self.extractors = [LLMExtractor(extractor, self.asks) for extractor in self.embedded.extractors]
        self.classifier = LLMClassifier(self.embedded.classifier, archetypes, self.asks, use)
        use = replace(use, gate=None)
        self.calibrator = LLMCalibrator(self.embedded, archetypes, self.asks, use)

    def consensus(self, without: frozenset[str]) -> ConsensusRule:
        """The embedded rule, which an LLM's spans pass with their confidence near 1; but an explorer's single word
        always needs an anchor's, as in the paper."""
        rule = super().consensus(without)
        return replace(rule, confirm=max(rule.confirm, CONFIRM))


def _loaded(llm: LLM | LLMSettings | None, engine: str) -> LLM:
    if llm is None:
        remedy = "name it with --llm-model, in Python with llm=LLMSettings(model=...)"
        raise InputError(f"an LLM for the engine {engine}", "none", remedy)
    return load_llm(llm) if isinstance(llm, LLMSettings) else llm
