"""What scores say: how far they can be trusted, and the threshold at which F1 is likely best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.bench.datasets import GoldDocument
from samner.types import Entity, Failure

Array = NDArray[Any]
LEAST = 0.02  # scores below which answers are not looked at
FEW = 50  # answers from which on the threshold is more theirs than the model's
STEEPEST = 2.0  # scale of the scores, and the inverse of the flattest
RIDGE = 8.0  # pull of scale and shift back to 1 and 0


@dataclass(frozen=True)
class Said:
    """Answers at a very low threshold: `score` and `right` [E], their `label`, the `text` that each is of; how many
    mentions there are of each label, and in each text [D]."""

    score: Array
    right: Array
    label: Array
    text: Array
    wanted: dict[str, int]
    wanted_in: Array

    def only(self, label: str) -> Said:
        rows = self.label == label
        wanted = {label: self.wanted.get(label, 0)}
        return replace(
            self,
            score=self.score[rows],
            right=self.right[rows],
            label=self.label[rows],
            text=self.text[rows],
            wanted=wanted,
        )

    @property
    def gold(self) -> int:
        return sum(self.wanted.values())

    def best_f1(self) -> float:
        """F1 at the best of all thresholds."""
        return _curve(self.score, self.right.astype(float), self.gold)[0]

    def without_each(self) -> Array:
        """F1 [D] at that threshold without the first text, without the second, and so on."""
        kept = self.score >= _curve(self.score, self.right.astype(float), self.gold)[1]
        texts = len(self.wanted_in)
        right, said = (np.bincount(self.text[k], minlength=texts) for k in (kept & self.right, kept))
        size = said + self.wanted_in
        out: Array = 2 * (right.sum() - right) / np.maximum(size.sum() - size, 1)
        return out


def gain_beyond_chance(one: Said, other: Said) -> float:
    """By how many standard errors `one` is better than `other` on the same texts (the jackknife's)."""
    gain = one.best_f1() - other.best_f1()
    change = one.without_each() - other.without_each()
    error = np.sqrt((len(change) - 1) * change.var())
    return float(gain / max(error, 1e-9))


def judge(documents: Sequence[GoldDocument], results: Sequence[list[Entity] | Failure]) -> Said:
    """Answers against the gold, in the same order."""
    rows = [
        (e.score, (e.start, e.end, e.label) in d.entities, e.label, n)
        for n, (d, result) in enumerate(zip(documents, results, strict=True))
        if not isinstance(result, Failure)
        for e in result
    ]
    wanted: dict[str, int] = {}
    for entity in (e for d in documents for e in d.entities):
        wanted[entity.label] = wanted.get(entity.label, 0) + 1
    score, right, label, text = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Said(
        np.array(score, float),
        np.array(right, bool),
        np.array(label, object),
        np.array(text, np.int64),
        wanted,
        np.array([len(d.entities) for d in documents]),
    )


Temper = tuple[float, float]


def tempers(said: Said, labels: Sequence[str]) -> dict[str, Temper]:
    """The temper of each label's scores: one scale for all of them, and a shift of its own, pulled to the common one
    the more so the fewer answers the label has. (A scale of its own would rest on a handful of answers, and a flat one
    lets every poor answer through.)"""
    scale, _ = _regression(said, np.array([1.0, 0.0]), np.array([RIDGE, RIDGE]))
    start, pull = np.array([min(max(scale, 1 / STEEPEST), STEEPEST), 0.0]), np.array([np.inf, RIDGE])
    common = np.array(_regression(said, start, pull))
    return {label: _regression(said.only(label), common, pull) for label in labels}


def _regression(said: Said, start: Array, pull: Array) -> Temper:
    """scale and shift with which sigmoid(scale * logit + shift) is the share that is right: Platt's regression, pulled
    to `start`; what is pulled without end stays there."""
    free = np.flatnonzero(np.isfinite(pull))
    inputs = np.stack([logit(said.score), np.ones(len(said.score))], axis=1)
    x, fixed, ridge = inputs[:, free], np.isinf(pull) * start, pull[free]
    weight = start[free].copy()
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ weight + inputs @ fixed)))
        slope = x.T @ (p - said.right) + ridge * (weight - start[free])
        curve = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        weight -= step
        if np.abs(step).max() < 1e-9:
            break
    done = start.copy()
    done[free] = weight
    return float(done[0]), float(done[1])


def tempered(said: Said, by: Mapping[str, Temper]) -> Array:
    """The scores [E] after tempering each by its label's."""
    scale, shift = np.array([by[label] for label in said.label]).reshape(-1, 2).T
    out: Array = 1 / (1 + np.exp(-(scale * logit(said.score) + shift)))
    return out


def logit(score: Array) -> Array:
    clipped = np.clip(score, 1e-6, 1 - 1e-6)
    out: Array = np.log(clipped / (1 - clipped))
    return out


def settled_threshold(said: Said, by: Mapping[str, Temper], usual: float) -> float:
    """The likely threshold of tempered scores; on few answers nearer to where tempering puts the model's own."""
    scores, n = tempered(said, by), len(said.score)
    scale, shift = np.mean(list(by.values()), axis=0)
    own = 1 / (1 + np.exp(-(scale * logit(np.array(usual)) + shift)))
    return float((n * likely_threshold(scores, said.gold) + FEW * own) / (n + FEW))


def likely_threshold(score: Array, gold: float) -> float:
    """The threshold with the best F1 that the scores themselves lead to expect, `gold` mentions being there. Smoother
    than the best on a few marked texts, and needs no marks."""
    return _curve(score, score, gold)[1] if len(score) else 0.5


def _curve(score: Array, right: Array, gold: float) -> tuple[float, float]:
    """The best F1 over all thresholds, and the threshold, halfway to the next score below."""
    if not len(score):
        return 0.0, 0.5
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(order) + 1) + gold)
    n = int(f1.argmax())
    below = ranked[n + 1] if n + 1 < len(ranked) else ranked[n] / 2
    return float(f1[n]), float((ranked[n] + below) / 2)
