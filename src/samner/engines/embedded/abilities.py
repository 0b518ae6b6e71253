"""What the embedded engine can do at each stage, all of it on the one reading that `Engine.encode` made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.compiled import Broader, CompiledSchema, Compiler, softmax
from samner.engines.embedded.reader import Encoded
from samner.engines.embedded.sessions import Sessions
from samner.engines.embedded.store import Fitted
from samner.passages import Passage
from samner.ports import Found, Judgement, Reading
from samner.types import Mediated, Span

if TYPE_CHECKING:
    from samner.ports import Floats

Array = NDArray[Any]
EXPLORER_LEAST = 0.1  # probability below which the explorer's span is not even proposed
AGREEMENT_LEAST = -6.0  # an agreement of almost nothing counts as this log-probability


class Explorer:
    """STAGE 1, recall-oriented: spans that look like a mention of anything, blind to the schema."""

    name = role = "explorer"

    def extract(self, reading: Reading) -> list[list[Found]]:
        return [self._of(encoded) for encoded in cast("Sequence[Encoded]", reading.encoded)]

    def _of(self, encoded: Encoded) -> list[Found]:
        first, last, logits = encoded.explored
        likely = sigmoid(logits)
        keep = likely >= EXPLORER_LEAST
        return found(encoded.passage, first[keep], last[keep], likely[keep])


class Anchor:
    """STAGE 1, precise: spans whose start, end and inside match a type of the schema, entities or not."""

    name = role = "anchor"

    def extract(self, reading: Reading) -> list[list[Found]]:
        if reading.compiled is None:
            return [[] for _ in reading.passages]
        compiled = cast(CompiledSchema, reading.compiled)
        return [self._of(encoded, compiled) for encoded in cast("Sequence[Encoded]", reading.encoded)]

    def _of(self, encoded: Encoded, compiled: CompiledSchema) -> list[Found]:
        first, last, logits = encoded.anchor_spans(encoded.anchored(compiled.vectors))
        return found(encoded.passage, first, last, sigmoid(logits))


def found(passage: Passage, first: Array, last: Array, score: Array) -> list[Found]:
    """Word ranges as spans of the passage, where it allows them."""
    words = passage.words
    return [
        Found(Span(words[f].start, words[e].end), s)
        for f, e, s in zip(first.tolist(), last.tolist(), score.tolist(), strict=True)
        if passage.allows(f, e)
    ]


class ArchetypeMatch:
    """STAGE 2: a span's archetypes by match with their definitions."""

    def __init__(self, compiler: Compiler, sessions: Sessions) -> None:
        self._compiler, self._sessions = compiler, sessions

    @property
    def archetypes(self) -> tuple[str, ...]:
        return self._compiler.archetypes

    def classify(self, reading: Reading, spans: Sequence[Sequence[Span]]) -> list[Floats]:
        return [
            self._of(encoded, of_passage) if of_passage else np.zeros((0, len(self.archetypes)), np.float32)
            for encoded, of_passage in zip(cast("Sequence[Encoded]", reading.encoded), spans, strict=True)
        ]

    def _of(self, encoded: Encoded, spans: Sequence[Span]) -> Floats:
        _, vectors = encoded.vectors(*word_ranges(encoded.passage, spans))
        definitions = self._compiler.archetype_vectors
        return softmax(self._sessions.product(vectors, definitions) * definitions.shape[1] ** -0.5)


def word_ranges(passage: Passage, spans: Sequence[Span]) -> tuple[Array, Array]:
    """First and last word of each span: two arrays [N]."""
    ranges = np.array([passage.word_range(span) for span in spans], np.int64).reshape(-1, 2)
    return ranges[:, 0], ranges[:, 1]


class EmbeddedCalibrator:
    """STAGE 3: match of span and definition, corrected for how eagerly a type attracts anything, and for the agreement
    of the span's archetypes with the type's."""

    def __init__(self, fitted: Mapping[str, Fitted]) -> None:
        self._fitted = fitted

    def numbers(self, without: frozenset[str]) -> Fitted:
        """The numbers fitted for this state of the pipeline; with several parts off, those of the first in order of
        the stages."""
        for part in ("calibration", "mediation", "consensus", "anchor", "explorer"):
            if part in without and part in self._fitted:
                return self._fitted[part]
        return self._fitted[""]

    def judge(
        self, reading: Reading, mediated: Sequence[Sequence[Mediated]], without: frozenset[str]
    ) -> list[Judgement]:
        compiled = cast(CompiledSchema, reading.compiled)
        rows = zip(cast("Sequence[Encoded]", reading.encoded), mediated, strict=True)
        return [self._of(encoded, of_passage, compiled, without) for encoded, of_passage in rows]

    def _of(
        self,
        encoded: Encoded,
        mediated: Sequence[Mediated],
        compiled: CompiledSchema,
        without: frozenset[str],
    ) -> Judgement:
        if not mediated:
            nothing = np.zeros((0, len(compiled.schema)), np.float32)
            return Judgement(nothing, nothing, {})
        evidence, raw = gather(encoded, mediated, compiled), "calibration" in without
        numbers, parents = self.numbers(without), compiled.parents
        return combine(evidence, numbers, parents, compiled.broader, raw=raw, tempers=compiled.tempers)


def gather(encoded: Encoded, mediated: Sequence[Mediated], compiled: CompiledSchema) -> dict[str, Array]:
    """The evidence on N spans and K types: match, agreement, anchor [N, K], prior [K], explorer [N]."""
    first, last = word_ranges(encoded.passage, [m.candidate.span for m in mediated])
    vectors, _ = encoded.vectors(first, last)
    types = compiled.vectors
    archetypes = np.array([m.archetypes for m in mediated], np.float32)
    product = encoded.sessions.product
    agreement = np.log(np.maximum(product(archetypes, compiled.archetypes), np.exp(AGREEMENT_LEAST)))
    return {
        "match": product(vectors, types.match) * types.match.shape[1] ** -0.5 + types.bias,
        "prior": compiled.prior,
        "agreement": agreement,
        "explorer": encoded.explorer_logits(first, last),
        "anchor": encoded.anchor_logits(first, last, encoded.anchored(types)),
    }


def corrected(evidence: Mapping[str, Array], by: Fitted, broader: Broader) -> Array:
    """The match [N, K] after prior, agreement and the narrower types' claims (see Fitted)."""
    match = (
        evidence["match"] - by.prior_share * evidence["prior"] + by.agreement_share * evidence["agreement"]
    )
    match = np.clip(match, -30, 30).astype(np.float64)
    return match - by.broader_share * broader.pressed(sigmoid(match)) if by.broader_share else match


def combine(
    evidence: Mapping[str, Array],
    by: Fitted,
    parents: Sequence[tuple[int, int]],
    broader: Broader,
    raw: bool,
    tempers: tuple[Array, Array] | None = None,
) -> Judgement:
    """Evidence to probabilities (see Fitted). `raw` leaves the choice to the uncorrected match alone; `tempers` are
    scale and shift [K] of the logits."""
    match = corrected(evidence, by, broader)
    explorer, anchor = evidence["explorer"][:, None], evidence["anchor"]
    whole = by.explorer * explorer
    each = by.each_bias + by.each_match * match + by.each_explorer * explorer + by.each_anchor * anchor
    if raw:
        # The span alone decides whether anything comes out, the best match what: no prior, no `none`.
        best = match == match.max(axis=1, keepdims=True)
        score = sigmoid(by.bias + whole + by.anchor * anchor.max(axis=1, keepdims=True)) * best
        return Judgement(score, sigmoid(each), dict(evidence))
    odds = log_odds(match, parents)
    logits = by.bias + by.choice * odds + whole + by.anchor * anchor
    if tempers is not None:
        logits, each = logits * tempers[0] + tempers[1], each * tempers[0] + tempers[1]
    score = sigmoid(logits)
    shown = {name: np.broadcast_to(evidence[name], match.shape) for name in ("match", "prior", "agreement")}
    return Judgement(score, sigmoid(each), shown)


def log_odds(match: Array, parents: Sequence[tuple[int, int]]) -> Array:
    """Log-odds [N, K] of each type against the others and none. Where a child fits better than none, it has beaten its
    declared ancestors: they neither compete with it nor come out themselves."""
    beaten = np.zeros(match.shape, bool)
    for child, ancestor in parents:
        beaten[:, ancestor] |= match[:, child] > 0
    weight = np.where(beaten, 0.0, np.exp(match - 30))
    none = np.exp(-30.0)
    # Summed from small to large: a sum in the order of the labels would differ with it in the last bits.
    rest = np.maximum(np.sort(weight, axis=1).sum(axis=1, keepdims=True) - weight, 0) + none
    odds = match - 30 - np.log(rest)
    return np.where(beaten, -30.0, odds)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    value: Array = 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    return value
