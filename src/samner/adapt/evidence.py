"""What the model sees in annotated texts: candidate spans and words with their states, and the truth about them.

Shapes: N spans, W words, K types, M units of the match, T of the token match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from samner.bench.datasets import GoldDocument
from samner.discovery import Discovery, kept
from samner.engines.embedded.abilities import corrected, gather
from samner.engines.embedded.compiled import CompiledSchema
from samner.engines.embedded.engine import EmbeddedEngine
from samner.errors import InputError
from samner.mediation import Mediation
from samner.passages import Passage, passages
from samner.pipeline import OVERLAP
from samner.ports import ConsensusRule, Reading
from samner.types import Candidate, Document, Span

Array = NDArray[Any]
EVERY = ConsensusRule(0, 0, 0)
NO_CONSENSUS = frozenset({"consensus"})


@dataclass(frozen=True)
class Evidence:
    """One document. `spans` [N, M + 1] are span vectors (scaled as the match scales them) and a 1 for the bias, `match`
    [N, K] the corrected match, `label` [N] the right type or K for none. `words` are the three views' states [W, T],
    `anchor` their logits [W, K], `marks` what these should be [W, K]."""

    spans: Array
    match: Array
    label: Array
    words: tuple[Array, ...]
    anchor: tuple[Array, ...]
    marks: tuple[Array, ...]


def gather_evidence(
    engine: EmbeddedEngine, compiled: CompiledSchema, documents: Sequence[GoldDocument]
) -> list[Evidence]:
    """The evidence of each document, in order. Every gold span is a candidate, found by an extractor or not."""
    return [_joined([_of(engine, compiled, p, d) for p in _passages(engine, d)], compiled) for d in documents]


def _passages(engine: EmbeddedEngine, document: GoldDocument) -> list[Passage]:
    return list(passages(Document(document.text), engine.cost, engine.capacity, OVERLAP))


def _of(
    engine: EmbeddedEngine, compiled: CompiledSchema, passage: Passage, document: GoldDocument
) -> Evidence:
    reading = Reading([passage], compiled, engine.encode([passage]))
    gold = _gold(passage, document, {name: k for k, name in enumerate(compiled.schema.names)})
    verdicts = Discovery(engine.extractors).run(reading, EVERY, NO_CONSENSUS)[0]
    found = {c.span: c for c in kept(verdicts) if passage.owns(c.span)}
    found |= {span: Candidate(span, {"gold": 1.0}) for span in gold if span not in found}
    (mediated,) = Mediation(engine.classifier).run(reading, [[found[span] for span in sorted(found)]])
    encoded = cast(Any, reading.encoded[0])
    none, size = len(compiled.schema), compiled.vectors.match.shape[1]
    vectors: Array = np.zeros((0, size), np.float32)
    match: Array = np.zeros((0, none))
    if mediated:
        ranges = np.array([passage.word_range(span) for span in sorted(found)]).T
        vectors = encoded.vectors(*ranges)[0]
        match = corrected(gather(encoded, mediated, compiled), engine.numbers(frozenset()), compiled.broader)
    return Evidence(
        np.concatenate([vectors * size**-0.5, np.ones((len(vectors), 1), np.float32)], axis=1),
        match,
        np.array([gold.get(span, none) for span in sorted(found)], np.int64),
        tuple(view.astype(np.float32) for view in encoded.token_states),
        encoded.anchored(compiled.vectors),
        _marks(passage, gold, none),
    )


def _gold(passage: Passage, document: GoldDocument, place: dict[str, int]) -> dict[Span, int]:
    """The gold mentions that the passage owns and holds whole, in its own offsets."""
    gold = {}
    for start, end, label in document.entities:
        span = Span(start - passage.offset, end - passage.offset)
        if span.start >= 0 and span.end <= len(passage.text) and passage.owns(span):
            try:
                passage.word_range(span)
            except InputError:  # nothing visible in it
                continue
            gold[span] = place[label]
    return gold


def _marks(passage: Passage, gold: dict[Span, int], types: int) -> tuple[Array, ...]:
    """Which words start, end and lie inside a mention of each type."""
    start, end, inside = (np.zeros((len(passage.words), types), np.float32) for _ in range(3))
    for span, k in gold.items():
        first, last = passage.word_range(span)
        start[first, k] = end[last, k] = 1
        inside[first : last + 1, k] = 1
    return start, end, inside


def _joined(parts: Sequence[Evidence], compiled: CompiledSchema) -> Evidence:
    return join(parts) if parts else nothing(compiled)


def join(parts: Sequence[Evidence]) -> Evidence:
    """Several documents as one."""
    if len(parts) == 1:
        return parts[0]
    spans, match, label = (
        np.concatenate([getattr(p, n) for p in parts]) for n in ("spans", "match", "label")
    )
    words, anchor, marks = (
        tuple(np.concatenate(rows) for rows in zip(*(getattr(p, name) for p in parts), strict=True))
        for name in ("words", "anchor", "marks")
    )
    return Evidence(spans, match, label, words, anchor, marks)


def nothing(compiled: CompiledSchema) -> Evidence:
    """The evidence of a document without words."""
    types, size, token = (
        len(compiled.schema),
        compiled.vectors.match.shape[1],
        compiled.vectors.start.shape[1],
    )
    empty = np.zeros((0, types), np.float32)
    words = tuple(np.zeros((0, token), np.float32) for _ in range(3))
    return Evidence(
        np.zeros((0, size + 1), np.float32), empty, np.zeros(0, np.int64), words, (empty,) * 3, (empty,) * 3
    )
