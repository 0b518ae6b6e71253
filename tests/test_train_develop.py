"""The curve of a run in progress: proposals and figures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from samner.train.develop import _figures, _proposals, _Scored
from samner.train.development import Task
from samner.types import EntityType, Schema, Span

pytestmark = pytest.mark.train
ADA, LOVELACE, BOB, YORK = Span(0, 3), Span(0, 12), Span(17, 20), Span(24, 28)
TASK = Task(
    "t",
    "domains",
    Schema((EntityType("person"), EntityType("city"))),
    ("Ada Lovelace met Bob in York",),
    ({LOVELACE: "person", BOB: "person", YORK: "city"},),
    (frozenset({ADA}),),
    frozenset(),
)


def scored(*rows: tuple[Span, float, float, float], task: Task = TASK) -> list[tuple[Task, list[_Scored]]]:
    """Spans with the probability of each type and the explorer's."""
    spans = [row[0] for row in rows]
    types, explorer = np.array([row[1:3] for row in rows]), np.array([row[3] for row in rows])
    return [(task, [_Scored(spans, types, explorer, task, 0)])]


def test_likely_spans_of_the_explorer_within_the_text() -> None:
    explored = np.zeros((4, 3))
    explored[0, 1], explored[1, 0], explored[2, 2], explored[3, 0] = 0.9, 0.1, 0.9, 0.9
    # words 0..1 stay; one is unlikely, one runs past the third word, one begins after it
    assert _proposals(explored, np.zeros((3, 4, 2)), 3) == [(0, 1)]
    assert _proposals(np.zeros((4, 3)), np.zeros((3, 4, 2)), 3) == [(0, 0)]  # never none


def test_spans_of_the_anchor_are_of_one_type_throughout() -> None:
    anchored = np.zeros((3, 4, 2))
    anchored[0, 0, 0] = anchored[1, 2, 0] = 0.9
    anchored[2, :3, 0] = 0.9
    explored = np.zeros((4, 3))
    assert _proposals(explored, anchored, 4) == [(0, 2)]
    anchored[2, 1, 0] = 0.1  # not inside
    assert _proposals(explored, anchored, 4) == [(0, 0)]
    anchored[2, 1, 0], anchored[1, 2, 0], anchored[1, 2, 1] = 0.9, 0.0, 0.9  # the end of another type
    assert _proposals(explored, anchored, 4) == [(0, 0)]


def test_figures_by_hand() -> None:
    rows = scored((LOVELACE, 0.8, 0.1, 1.0), (BOB, 0.1, 0.85, 1.0), (Span(13, 16), 0.02, 0.03, 1.0))
    found = _figures(rows)
    # two said of three: one right, and the span of both
    assert (found["f1"], found["span_f1"]) == (40.0, 80.0)
    assert (found["precision"], found["recall"]) == (50.0, 33.33)
    assert found["typing"] == 50.0  # of the two gold spans that were proposed


def test_the_threshold_is_the_groups_best() -> None:
    rows = scored((LOVELACE, 0.8, 0.1, 1.0), (BOB, 0.7, 0.1, 1.0), (Span(13, 16), 0.3, 0.2, 1.0))
    found = _figures(rows)
    assert found["f1"] == 80.0
    assert 0.3 < found["threshold"] <= 0.7


def test_the_explorers_word_counts_where_that_helps() -> None:
    rows = scored((LOVELACE, 0.5, 0.1, 0.9), (BOB, 0.5, 0.1, 0.9), (Span(13, 16), 0.6, 0.1, 0.1))
    found = _figures(rows)
    assert found["f1"] == 80.0
    assert found["power"] > 0


def test_a_doubtful_span_is_neither_right_nor_wrong() -> None:
    found = _figures(scored((ADA, 0.9, 0.0, 1.0), (BOB, 0.8, 0.1, 1.0)))
    assert (found["precision"], found["recall"]) == (100.0, 33.33)
