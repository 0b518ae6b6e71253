"""STAGE 3, Semantic Calibration: archetype-marked spans to the user's types, or to none of them.

A calibrator judges every span against every type; this stage lets a declared parent yield to its child, applies the
thresholds and settles overlaps. What it returns is a choice among the spans and types it was given, nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from samner.options import Options
from samner.passages import Passage
from samner.ports import Calibrator, Judgement, Reading
from samner.types import Entity, Mediated, Schema, Span

if TYPE_CHECKING:
    from samner.ports import Floats

SHOWN = 3  # alternatives that an entity carries
NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """A span of a passage with a label that may come out, before thresholds and overlaps."""

    span: Span
    label: str
    score: float
    archetype: str
    sources: tuple[str, ...]
    alternatives: tuple[tuple[str, float], ...]


class Calibration:
    """Asks a calibrator, and chooses the best label of each span; with `multi_label` every label that may come
    out, best first."""

    def __init__(self, calibrator: Calibrator, mediation_of: Callable[[Mediated], str]) -> None:
        self.calibrator = calibrator
        self._archetype = mediation_of

    def run(
        self, reading: Reading, mediated: Sequence[Sequence[Mediated]], options: Options, limits: Limits
    ) -> list[tuple[Judgement, list[Choice]]]:
        """The judgement on each passage's spans, and the choices made from it. Needs a schema in the reading."""
        assert reading.compiled is not None
        schema = reading.compiled.schema
        judged = self.calibrator.judge(reading, mediated, options.without)
        return [
            (j, self._choose(m if j.mediated is None else j.mediated, j, schema, options, limits))
            for m, j in zip(mediated, judged, strict=True)
        ]

    def _choose(
        self,
        mediated: Sequence[Mediated],
        judgement: Judgement,
        schema: Schema,
        options: Options,
        limits: Limits,
    ) -> list[Choice]:
        table = judgement.each if options.multi_label else judgement.score
        names = schema.names
        ranked = _best_first(table, names, options.multi_label)
        fitting = ranked if options.multi_label else [[k] for k in _fitting(table, names, limits)]
        choices = []
        for m, row, order, columns in zip(mediated, table, ranked, fitting, strict=True):
            top, sources = order[: SHOWN + 1], tuple(sorted(m.candidate.sources))
            for k in columns:
                label, score = names[k], float(row[k])
                if options.multi_label and score < limits.relevant(label):
                    continue
                rest = tuple((names[n], float(row[n])) for n in top if n != k)[:SHOWN]
                choices.append(Choice(m.candidate.span, label, score, self._archetype(m), sources, rest))
        return choices


def _fitting(table: Floats, names: tuple[str, ...], limits: Limits) -> list[int]:
    """The column of each row's label: the best one of those that reach what they need, or else the best of all."""
    columns = np.argsort(_by_name(names))  # equal scores go to the name that sorts first, as in `_best_first`
    scores = table[:, columns]
    needed = np.array([limits.needed(names[k]) for k in columns])
    reached = np.where(scores >= needed, scores, -1.0)
    best = np.where((scores >= needed).any(axis=1, keepdims=True), reached, scores).argmax(axis=1)
    chosen: list[int] = columns[best].tolist()
    return chosen


def _best_first(table: Floats, names: tuple[str, ...], every: bool) -> list[list[int]]:
    """The columns of each row by score, the best few or `every` one. Equal scores go to the name that sorts first, so
    that the order of the labels decides nothing."""
    rank = _by_name(names)
    count = len(names) if every else min(SHOWN + 1, len(names))
    least = np.partition(table, -count, axis=1)[:, -count] if len(table) else table[:, 0]
    rows = []
    for row, bound in zip(table, least, strict=True):
        columns = np.flatnonzero(row >= bound)
        rows.append(columns[np.lexsort((rank[columns], -row[columns]))].tolist())
    return rows


@lru_cache(maxsize=64)
def _by_name(names: tuple[str, ...]) -> NDArray[np.int64]:
    """The place of each name among the sorted ones."""
    return np.argsort(np.argsort(np.array(names, dtype=object), kind="stable"), kind="stable")


def by_archetype(mediated: Sequence[Mediated], archetypes: Sequence[str]) -> list[Choice]:
    """The choices when no schema is given: each span by its likeliest archetype, discovery and mediation alone."""
    choices = []
    for m in mediated:
        ranked = sorted(zip(archetypes, m.archetypes, strict=True), key=lambda pair: -pair[1])
        found = max(m.candidate.sources.values())
        scored = [(name, found * share) for name, share in ranked[: SHOWN + 1]]
        (label, score), *rest = scored
        sources = tuple(sorted(m.candidate.sources))
        choices.append(Choice(m.candidate.span, label, score, label, sources, tuple(rest)))
    return choices


class Limits:
    """The least score of each label: its type's own, else the model's; an explicit threshold stands for the model's
    and is a floor under the types' own. `usual` is what it would be without an explicit one, `relevant` the least
    score with which an entity may come out or keep others from it."""

    def __init__(self, schema: Schema | None, default: float, options: Options) -> None:
        self._default, self._explicit = default, options.threshold
        self._by_score = options.overlap == "score"
        self._own = {t.name: t.threshold for t in schema or () if t.threshold is not None}

    def __getitem__(self, label: str) -> float:
        if self._explicit is None:
            return self.usual(label)
        return max(self._own.get(label, 0.0), self._explicit)

    def usual(self, label: str) -> float:
        return self._own.get(label, self._default)

    def needed(self, label: str) -> float:
        """What a label needs to be a span's label before a better one that fails. By score it is its limit. Where
        leftmost and longest win, it is what it would be without an explicit threshold: a choice that depended on
        that could let a higher threshold bring an entity in."""
        return self[label] if self._by_score else self.usual(label)

    def relevant(self, label: str) -> float:
        return self[label] if self._by_score else min(self[label], self.usual(label))


def to_entity(passage: Passage, choice: Choice) -> Entity:
    """The entity in the document's own offsets, its text cut from the passage."""
    start, end = choice.span
    return Entity(
        start + passage.offset,
        end + passage.offset,
        passage.text[start:end],
        choice.label,
        choice.score,
        choice.archetype,
        choice.sources,
        choice.alternatives,
    )


def settle(entities: Sequence[Entity], limits: Limits, options: Options) -> list[Entity]:
    """Apply thresholds and overlap rule to a document's entities; the result is in order of position.

    Raising the threshold only ever removes entities. By score that is plain: who has a better score never asks who has
    a worse one. Leftmost-longest is settled first, with the usual thresholds telling whom to trust, and then filtered.
    """
    entities = eligible(entities, limits)
    if options.overlap == "longest-first":
        kept = [e for e in _keep(_longest_first(entities, limits), options) if e.score >= limits[e.label]]
    else:
        kept = _keep(sorted(entities, key=_by_score), options)
    return sorted(kept, key=lambda e: (e.start, -e.end, -e.score, e.label))


def eligible(entities: Sequence[Entity], limits: Limits) -> list[Entity]:
    """Those that may come out or keep others from it; the rest need not be held until a document is read."""
    return [e for e in entities if e.score >= limits.relevant(e.label)]


def _by_score(entity: Entity) -> tuple[float, int, int, str]:
    return (-entity.score, entity.start, -entity.end, entity.label)


def _longest_first(entities: Sequence[Entity], limits: Limits) -> list[Entity]:
    """Entities that the model is sure of from left to right, longest first; then the rest by score."""
    sure = [e for e in entities if e.score >= limits.usual(e.label)]
    rest = [e for e in entities if e.score < limits.usual(e.label)]
    return sorted(sure, key=lambda e: (e.start, -e.end, *_by_score(e))) + sorted(rest, key=_by_score)


def _keep(ranked: Sequence[Entity], options: Options) -> list[Entity]:
    """Those that do not clash with a better one; nested ones may lie inside each other but never cross."""
    kept: list[Entity] = []
    starts: list[int] = []  # of the kept ones, sorted, so that a long document does not compare all with all
    in_place: list[Entity] = []
    reach = max((e.end - e.start for e in ranked), default=0)
    for entity in ranked:
        near = in_place[bisect_left(starts, entity.start - reach) : bisect_left(starts, entity.end)]
        if any(entity.span.overlaps(o.span) and _clash(entity.span, o.span, options) for o in near):
            continue
        kept.append(entity)
        at = bisect_left(starts, entity.start)
        starts.insert(at, entity.start)
        in_place.insert(at, entity)
    return kept


def _clash(span: Span, other: Span, options: Options) -> bool:
    """Do two overlapping spans exclude each other?"""
    if span == other:
        return not options.multi_label
    if not options.nested:
        return True
    inside = other.start <= span.start and span.end <= other.end
    around = span.start <= other.start and other.end <= span.end
    return not (inside or around)
