"""Learns what to add to the vectors of the types: the most likely change, given that small changes are likelier.

Logistic regressions that start from the model's own answer, so that with no texts nothing changes. Convex, without
chance: the same texts give the same change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.adapt.evidence import Evidence
from samner.engines.embedded.adapter import Change

Array = NDArray[Any]
ROUNDS = 120


@dataclass(frozen=True)
class Strength:
    """How freely vectors may change: the inverse variance of their units, of the match and of the anchor. Higher is
    stiffer."""

    match: float
    anchor: float


def learn(seen: Evidence, parents: Sequence[tuple[int, int]], strength: Strength) -> list[Change]:
    """The change of each type that the evidence speaks for."""
    match = _matched(seen, parents, strength.match)
    views = [
        _marked(words, logits, marks, strength.anchor)
        for words, logits, marks in zip(seen.words, seen.anchor, seen.marks, strict=True)
    ]
    start, end, inside = views
    return [
        Change(
            match[:-1, k].copy(),
            float(match[-1, k]),
            start[:, k].copy(),
            end[:, k].copy(),
            inside[:, k].copy(),
        )
        for k in range(seen.match.shape[1])
    ]


def _matched(seen: Evidence, parents: Sequence[tuple[int, int]], stiff: float) -> Array:
    """Change of match and bias [M + 1, K]: a choice among the types and none for each span. A broader type that the
    schema declares is no wrong answer for a mention of its child."""
    types = seen.match.shape[1]
    target = np.eye(types + 1, dtype=np.float32)[seen.label]
    open_, match, none = (
        np.ones_like(target),
        seen.match.astype(np.float32),
        np.zeros((len(target), 1), np.float32),
    )
    for child, ancestor in parents:
        open_[seen.label == child, ancestor] = 0

    def slope(change: Array) -> Array:
        logits = np.concatenate([match + seen.spans @ change, none], axis=1)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True)) * open_
        wrong = odds / odds.sum(axis=1, keepdims=True) - target
        out: Array = seen.spans.T @ wrong[:, :types]
        return out

    return descend(slope, seen.spans, 0.5, stiff, types)


def _marked(words: Array, logits: Array, marks: Array, stiff: float) -> Array:
    """Change of one of the anchor's views [T, K]: a yes or no for each word and type."""

    logits = logits.astype(np.float32)

    def slope(change: Array) -> Array:
        out: Array = words.T @ (1 / (1 + np.exp(-np.clip(logits + words @ change, -60, 60))) - marks)
        return out

    return descend(slope, words, 0.25, stiff, logits.shape[1])


def descend(slope: Callable[[Array], Array], x: Array, curve: float, stiff: float, types: int) -> Array:
    """The change [F, K] at which the slope and the pull back to nothing balance, by accelerated gradient descent;
    `curve` bounds the second derivative of the loss, `x` [N, F] are its inputs."""
    bound = curve * _largest(x) + stiff
    momentum = float((bound**0.5 - stiff**0.5) / (bound**0.5 + stiff**0.5))
    change = ahead = np.zeros((x.shape[1], types), np.float32)
    for _ in range(ROUNDS):
        now = ahead - (slope(ahead) + stiff * ahead) / bound
        ahead = now + momentum * (now - change)
        change = now
    return change


def _largest(x: Array) -> float:
    """The largest eigenvalue of x transposed times x, from above."""
    if not len(x):
        return 0.0
    vector = np.ones(x.shape[1]) / np.sqrt(x.shape[1])
    for _ in range(20):
        vector = x.T @ (x @ vector)
        size = float(np.linalg.norm(vector))
        vector = vector / max(size, 1e-12)
    return 1.1 * size
