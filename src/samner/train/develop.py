"""Judges a network on the development tasks while it trains, without export: a curve, not a published figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from samner.engines.embedded.words import WordPieces
from samner.offsets import words as split_words
from samner.train.arrays import pad, text_arrays
from samner.train.development import Task, development_tasks
from samner.train.network import Network, Types
from samner.train.ontology import TypeBook
from samner.train.split import Split
from samner.types import Span

Array = NDArray[Any]
THRESHOLDS = np.linspace(0.05, 0.9, 18)
POWERS = (0.0, 0.5, 1.0)


class Developer:
    """Holds the tasks; `judge` gives micro figures for each group of tasks at the group's best threshold."""

    def __init__(self, split: Split, book: TypeBook, pieces: WordPieces) -> None:
        self.tasks = development_tasks(split, book)
        self.pieces = pieces

    @torch.no_grad()
    def judge(self, network: Network) -> dict[str, Any]:
        network.eval()
        rows: dict[str, list[tuple[Task, list[_Scored]]]] = defaultdict(list)
        with torch.autocast(network.device.type, dtype=torch.bfloat16):
            for task in self.tasks:
                rows[task.group].append((task, self._score(network, task)))
        return {group: _figures(scored) for group, scored in rows.items()}

    def _score(self, network: Network, task: Task) -> list[_Scored]:
        texts = [f"{t.name}: {t.definition}" if t.definition else t.name for t in task.schema]
        ids, mask = pad(
            [[self.pieces.cls, *self.pieces.sentence(t)[:126], self.pieces.sep] for t in texts],
            self.pieces.pad,
        )
        types = network.describe(*(torch.from_numpy(a).to(network.device) for a in (ids, mask)))
        return [
            scored
            for at in range(0, len(task.texts), 16)
            for scored in self._texts(network, task, types, range(at, min(at + 16, len(task.texts))))
        ]

    def _texts(self, network: Network, task: Task, types: Types, which: Sequence[int]) -> list[_Scored]:
        words = [split_words(task.texts[n]) for n in which]
        surfaces = [
            [task.texts[n][w.start : w.end] for w in spans] for n, spans in zip(which, words, strict=True)
        ]
        ids, shapes, mask, *ends = (
            torch.from_numpy(a).to(network.device) for a in text_arrays(surfaces, self.pieces)
        )
        states = network.words(network.read(ids, shapes, mask), *ends)
        explored = network.explore(states).float().sigmoid().cpu().numpy()
        anchored = network.anchor(states, types).float().sigmoid().cpu().numpy()
        found = []
        for b, (n, of_text) in enumerate(zip(which, words, strict=True)):
            proposals = _proposals(explored[b], anchored[:, b], len(of_text))
            start, end = torch.tensor(proposals, device=network.device).view(-1, 2).T
            spans = network.spans(states, torch.full_like(start, b), start, end)
            logits = network.match(spans, types).float().cpu().numpy()
            with_none = np.concatenate([logits, np.zeros((len(logits), 1), np.float32)], 1)
            chosen = np.exp(with_none - with_none.max(1, keepdims=True))
            chosen /= chosen.sum(1, keepdims=True)
            places = [Span(of_text[s].start, of_text[e].end) for s, e in proposals]
            confidence = np.array([explored[b][s, e - s] for s, e in proposals])
            found.append(_Scored(places, chosen[:, :-1], confidence, task, n))
        return found


class _Scored:
    """Candidates of one text: spans, probabilities of each type [N, K], explorer's probability [N]."""

    def __init__(self, spans: list[Span], types: Array, explorer: Array, task: Task, n: int) -> None:
        self.spans, self.types, self.explorer = spans, types, explorer
        self.names = task.schema.names
        self.gold, self.doubtful = task.gold[n], task.doubtful[n]

    def ranked(self, power: float) -> list[tuple[float, Span, str]]:
        score = self.types.max(1) * np.maximum(self.explorer, 1e-4) ** power
        best = self.types.argmax(1)
        order = np.argsort(-score, kind="stable")
        kept: list[tuple[float, Span, str]] = []
        for n in order:
            if not any(self.spans[n].overlaps(span) for _, span, _ in kept):
                kept.append((float(score[n]), self.spans[n], self.names[best[n]]))
        return kept


def _proposals(explored: Array, anchored: Array, size: int) -> list[tuple[int, int]]:
    """The explorer's likely spans and the anchor's, as first and last word of a text of `size` words."""
    found = {(s, s + w) for s, w in zip(*np.nonzero(explored[:size] > 0.15), strict=True) if s + w < size}
    start, end, inside = anchored[:, :size]
    for k in range(start.shape[1]):
        ends = np.flatnonzero(end[:, k] > 0.25)
        for s in np.flatnonzero(start[:, k] > 0.25):
            for e in ends[(ends >= s) & (ends < s + explored.shape[1])]:
                if inside[s : e + 1, k].min() > 0.2:
                    found.add((s, e))
    return [(int(s), int(e)) for s, e in sorted(found)] or [(0, 0)]


def _figures(rows: list[tuple[Task, list[_Scored]]]) -> dict[str, float]:
    best: dict[str, float] = {"f1": -1.0}
    for power in POWERS:
        tables = [(s.ranked(power), s.gold, s.doubtful) for _, scored in rows for s in scored]
        for threshold in THRESHOLDS:
            right = found = wanted = spans = 0
            for ranked, gold, doubtful in tables:
                said = [
                    (span, label)
                    for score, span, label in ranked
                    if score >= threshold and span not in doubtful
                ]
                right += sum(gold.get(span) == label for span, label in said)
                spans += sum(span in gold for span, _ in said)
                found += len(said)
                wanted += len(gold)
            f1 = 200 * right / max(1, found + wanted)
            if f1 > best["f1"]:
                best = {
                    "f1": round(f1, 2),
                    "span_f1": round(200 * spans / max(1, found + wanted), 2),
                    "precision": round(100 * right / max(1, found), 2),
                    "recall": round(100 * right / max(1, wanted), 2),
                    "threshold": float(round(threshold, 3)),
                    "power": power,
                }
    best["typing"] = round(_typing(rows), 2)
    return best


def _typing(rows: list[tuple[Task, list[_Scored]]]) -> float:
    """Of the gold spans that were proposed, how many get their type when `none` may not be said."""
    right = total = 0
    for _, scored in rows:
        for s in scored:
            for span, row in zip(s.spans, s.types, strict=True):
                if span in s.gold:
                    total += 1
                    right += s.gold[span] == s.names[int(row.argmax())]
    return 100 * right / max(1, total)
