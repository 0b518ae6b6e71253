"""Fitting counts on arrays what the pipeline does on spans: both must be the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given, strategies as st

from samner.discovery import Discovery
from samner.passages import passages
from samner.ports import ConsensusRule, Found, Reading
from samner.train.evidence import Evidence
from samner.train.fit import PARTS, UNFITTED
from samner.types import Document, Schema, Span
from tiny import UNRELATED

TEXT = "Ada Lovelace met Bob in London town"
(PASSAGE,) = passages(Document(TEXT), len, 100, 10)
SPANS = [
    Span(PASSAGE.words[f].start, PASSAGE.words[e].end)
    for f in range(len(PASSAGE.words))
    for e in range(f, min(f + 3, len(PASSAGE.words)))
]


class Told:
    def __init__(self, name: str, says: Mapping[Span, float]) -> None:
        self.name = self.role = name
        self.says = says

    def extract(self, reading: Reading) -> list[list[Found]]:
        return [[Found(span, score) for span, score in self.says.items()]]


class Compiled:
    schema = Schema(())


def evidence(found: Mapping[Span, tuple[float, float]], label: Mapping[Span, int] | None = None) -> Evidence:
    """Candidates in order of position with (anchor, explorer); right labels by span, -2 for a doubtful one."""
    spans = sorted(found)
    ranges = [PASSAGE.word_range(s) for s in spans]
    labels = np.array([(label or {}).get(s, -1) for s in spans], np.int64)
    return Evidence(
        "task",
        "domains",
        spans,
        np.array([last - first + 1 for first, last in ranges]),
        {},
        UNRELATED,
        np.array([found[s] for s in spans], float).reshape(-1, 2),
        np.maximum(labels, -1),
        labels == -2,
        wanted=int((labels >= 0).sum()),
    )


scores = st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.5, 0.9])
proposed = st.dictionaries(st.sampled_from(SPANS), st.tuples(scores, scores).filter(any))


@given(proposed, scores, scores, scores, st.sampled_from(["", *PARTS]))
def test_the_consensus_in_arrays_is_that_of_discovery(
    found: dict[Span, tuple[float, float]], anchor: float, explorer: float, confirm: float, part: str
) -> None:
    told = [
        Told(name, {s: row[n] for s, row in found.items() if row[n]})
        for n, name in enumerate(("anchor", "explorer"))
    ]
    rule = ConsensusRule(anchor, explorer, confirm)
    without = frozenset({part} if part else ())
    (verdicts,) = Discovery(told).run(Reading([PASSAGE], Compiled(), [None]), rule, without)
    by = replace(UNFITTED, consensus_anchor=anchor, consensus_explorer=explorer, consensus_confirm=confirm)
    held = evidence(found)
    kept = {s for s, stays in zip(held.spans, held.kept(by, part), strict=True) if stays}
    assert kept == {v.candidate.span for v in verdicts if v.kept}
    active = {s for s, on in zip(held.spans, held.active(part), strict=True) if on}
    assert active == {v.candidate.span for v in verdicts}


ADA, LOVELACE, BOB, LONDON = Span(0, 3), Span(0, 12), Span(17, 20), Span(24, 30)
EVERY = replace(UNFITTED, consensus_anchor=0.0)


def test_of_spans_that_overlap_the_best_score_stays() -> None:
    held = evidence(dict.fromkeys((ADA, LOVELACE, BOB), (1.0, 1.0)), {LOVELACE: 1, BOB: 0})
    score = np.array([[0.2, 0.6], [0.1, 0.9], [0.3, 0.5]])  # Ada, Ada Lovelace, Bob
    said, right, span = held.ranked(score, EVERY, "")
    assert said.tolist() == [0.9, 0.5]
    assert right.tolist() == [True, False]  # Bob got the wrong type
    assert span.tolist() == [True, True]
    said, right, span = held.ranked(score[:, ::-1] + [[0.5, 0], [0, 0], [0, 0]], EVERY, "")
    assert said.tolist() == [1.1, 0.5]
    assert right.tolist() == [False, True]
    assert span.tolist() == [False, True]


def test_a_doubtful_span_is_neither_right_nor_wrong_but_takes_its_place() -> None:
    held = evidence(dict.fromkeys((ADA, LOVELACE, BOB), (1.0, 1.0)), {ADA: 0, LOVELACE: -2, BOB: 0})
    said, right, _ = held.ranked(np.array([[0.6, 0.0], [0.9, 0.0], [0.5, 0.0]]), EVERY, "")
    assert said.tolist() == [0.5]
    assert right.tolist() == [True]


def test_a_span_that_the_rule_drops_keeps_no_other_away() -> None:
    held = evidence({ADA: (0.6, 0.0), LOVELACE: (0.1, 0.0)}, {ADA: 0})
    score = np.array([[0.6], [0.9]])
    assert held.ranked(score, replace(EVERY, consensus_anchor=0.5), "")[0].tolist() == [0.6]
    assert held.ranked(score, EVERY, "")[0].tolist() == [0.9]
    assert held.ranked(score, replace(EVERY, consensus_anchor=0.5), "consensus")[0].tolist() == [0.9]


def test_a_text_without_candidates() -> None:
    assert [len(part) for part in evidence({}).ranked(np.zeros((0, 2)), EVERY, "")] == [0, 0, 0]
