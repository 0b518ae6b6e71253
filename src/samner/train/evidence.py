"""The embedded engine's evidence on the development tasks, gathered once so that fitting is arithmetic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from samner.discovery import Discovery
from samner.engines.embedded.abilities import gather, sigmoid
from samner.engines.embedded.compiled import Broader, CompiledSchema
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.store import Fitted
from samner.mediation import Mediation
from samner.passages import Passage, passages
from samner.ports import ConsensusRule, Reading
from samner.train.development import Task, development_tasks
from samner.train.material import Material
from samner.types import Document, Span

Array = NDArray[Any]
OVERLAP = 40


@dataclass
class Evidence:
    """One text's candidates, N spans against K types, with the truth.

    table: match, agreement, anchor [N, K], prior [K], explorer [N]. label [N] is the right type or -1; found [N, 2]
    the confidence of anchor and explorer (0: not found); wanted counts the gold mentions.
    """

    task: str
    group: str
    spans: list[Span]
    words: Array
    table: dict[str, Array]
    broader: Broader
    found: Array
    label: Array
    doubtful: Array
    wanted: int

    def active(self, part: str) -> Array:
        """Candidates of the extractors that are on; `part` is what is off."""
        on: Array = np.zeros(len(self.spans), bool)
        if part != "anchor":
            on |= self.found[:, 0] > 0
        if part != "explorer":
            on |= self.found[:, 1] > 0
        return on

    def kept(self, by: Fitted, part: str) -> Array:
        """Candidates that pass the consensus rule (samner.discovery, in arrays)."""
        active = self.active(part)
        if part in ("consensus", "anchor"):
            return active
        anchor, explorer = (
            self.found.T if part != "explorer" else (self.found[:, 0], np.zeros(len(self.spans)))
        )
        likely = (explorer >= by.consensus_explorer) & ((self.words > 1) | (anchor >= by.consensus_confirm))
        rows: Array = active & ((anchor >= by.consensus_anchor) | likely)
        return rows

    def ranked(self, score: Array, by: Fitted, part: str) -> tuple[Array, Array, Array]:
        """Greedy by score: of the spans that stay, the score, whether it is right, and whether the span is."""
        if not len(self.spans):
            return np.zeros(0), np.zeros(0, bool), np.zeros(0, bool)
        best, k = score.max(axis=1), score.argmax(axis=1)
        rows = np.flatnonzero(self.kept(by, part))
        order = rows[np.argsort(-best[rows], kind="stable")]
        taken: list[int] = []
        for n in order.tolist():
            if not any(self.spans[n].overlaps(self.spans[m]) for m in taken):
                taken.append(n)
        chosen = np.array([n for n in taken if not self.doubtful[n]], np.int64)
        return best[chosen], self.label[chosen] == k[chosen], self.label[chosen] >= 0


def collect(engine: EmbeddedEngine, material: Material) -> list[Evidence]:
    """Evidence of every development text."""
    rows = []
    for task in development_tasks(material.split, material.book):
        compiled = engine.compile(task.schema)
        for n, text in enumerate(task.texts):
            held = list(_passages(engine, text))
            rows += [_evidence(engine, compiled, task, n, passage) for passage in held]
            missing = len(task.gold[n]) - sum(e.wanted for e in rows[len(rows) - len(held) :])
            rows[-1].wanted += missing  # a gold mention that no passage owns still counts
    return rows


def _passages(engine: EmbeddedEngine, text: str) -> Iterator[Passage]:
    return passages(Document(text), engine.cost, engine.capacity, OVERLAP)


def _evidence(
    engine: EmbeddedEngine, compiled: CompiledSchema, task: Task, n: int, passage: Passage
) -> Evidence:
    reading = Reading([passage], compiled, engine.encode([passage]))
    verdicts = Discovery(engine.extractors).run(reading, ConsensusRule(0, 0, 0), frozenset({"consensus"}))[0]
    own = [v.candidate for v in verdicts if passage.owns(v.candidate.span)]
    (mediated,) = Mediation(engine.classifier).run(reading, [own])
    names = compiled.schema.names
    place = {name: k for k, name in enumerate(names)}
    gold = {
        Span(s.start - passage.offset, s.end - passage.offset): place[label]
        for s, label in task.gold[n].items()
    }
    doubtful = {Span(s.start - passage.offset, s.end - passage.offset) for s in task.doubtful[n]}
    spans = [c.span for c in own]
    ranges = [passage.word_range(s) for s in spans]
    size = len(names)
    empty: dict[str, Array] = {
        "match": np.zeros((0, size)),
        "agreement": np.zeros((0, size)),
        "anchor": np.zeros((0, size)),
    }
    empty |= {"prior": compiled.prior, "explorer": np.zeros(0)}
    return Evidence(
        task.name,
        task.group,
        spans,
        np.array([last - first + 1 for first, last in ranges]),
        gather(cast(Any, reading.encoded[0]), mediated, compiled) if spans else empty,
        compiled.broader,
        np.array([[c.sources.get("anchor", 0.0), c.sources.get("explorer", 0.0)] for c in own]).reshape(
            -1, 2
        ),
        np.array([gold.get(s, -1) for s in spans], np.int64),
        np.array([s in doubtful for s in spans], bool),
        sum(passage.owns(s) for s in gold if 0 <= s.start < len(passage.text)),
    )


def bank_of(engine: EmbeddedEngine, material: Material, size: int) -> Array:
    """Span vectors [size, M] of mentions drawn from the training passages of our corpus."""
    rng = random.Random(1)
    rows: list[Array] = []
    train = [e for e in material.split.train if e.mentions and e.closed is None]
    while len(rows) < size:
        example = rng.choice(train)
        passage = next(_passages(engine, example.text))
        inside = [(f, e - 1) for f, e, _ in example.mentions if e <= len(passage.words)]
        if inside:
            encoded = engine.encode([passage])[0]
            first, last = np.array(rng.sample(inside, min(3, len(inside)))).T
            rows += list(encoded.vectors(first, last)[0])
    return np.stack(rows[:size])


def explorer_table(engine: EmbeddedEngine, material: Material) -> dict[str, float]:
    """With no schema: the threshold on explorer times archetype that gives the best span F1 on exhaustive texts."""
    said: list[tuple[float, bool]] = []
    wanted = 0
    for example in material.split.development:
        if example.closed is not None:
            continue
        gold = {Span(example.words[f].start, example.words[e - 1].end) for f, e, _ in example.mentions}
        wanted += len(gold)
        for passage in _passages(engine, example.text):
            for score, span in _open_spans(engine, passage):
                said.append((score, Span(span.start + passage.offset, span.end + passage.offset) in gold))
    table = []
    for threshold in np.round(np.arange(0.05, 0.9, 0.025), 3):
        over = [right for score, right in said if score >= threshold]
        table.append((2 * sum(over) / (len(over) + wanted), float(threshold)))
    f1, threshold = max(table)
    return {"span_f1": round(f1, 5), "threshold": threshold}


def _open_spans(engine: EmbeddedEngine, passage: Passage) -> list[tuple[float, Span]]:
    """Non-overlapping spans by explorer times best archetype, best first."""
    encoded = engine.encode([passage])[0]
    first, last, logits = encoded.explored
    keep = np.flatnonzero(logits > -2.2)
    if not len(keep):
        return []
    spans = [Span(passage.words[first[n]].start, passage.words[last[n]].end) for n in keep]
    reading = Reading([passage], None, [encoded])
    shares = engine.classifier.classify(reading, [spans])[0].max(axis=1)
    scores = sigmoid(logits[keep]) * shares
    taken: list[tuple[float, Span]] = []
    for n in np.argsort(-scores, kind="stable").tolist():
        if passage.owns(spans[n]) and not any(spans[n].overlaps(s) for _, s in taken):
            taken.append((float(scores[n]), spans[n]))
    return taken
