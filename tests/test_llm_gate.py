"""The gate and the mixing of answers, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from samner.engines.llm.gate import sureness
from samner.engines.llm.mixing import mix
from samner.types import Span


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_span_that_comes_out_is_as_sure_as_its_type() -> None:
    sure = sureness([Span(0, 5), Span(6, 9)], floats(0.9, 0.3), floats(0.95, 0.8), 0.2)
    assert sure.tolist() == pytest.approx([0.9, 0.3])


def test_one_that_does_not_is_as_sure_as_it_is_no_mention() -> None:
    assert sureness([Span(0, 5)], floats(0.1), floats(0.4), 0.2).tolist() == pytest.approx([0.6])


def test_one_that_a_likely_mention_overlaps_is_surer_still() -> None:
    spans = [Span(0, 8), Span(0, 3), Span(5, 8)]
    sure = sureness(spans, floats(0.9, 0.5, 0.1), floats(0.9, 0.5, 0.2), 0.2)
    assert sure.tolist() == pytest.approx([0.9, 1 - 0.5 * 0.1, 1 - 0.2 * 0.1])


def test_no_span_at_all() -> None:
    assert sureness([], floats(), floats(), 0.2).shape == (0,)


def test_an_answer_is_mixed_in_with_its_weight() -> None:
    mixed = mix(floats(0.6, 0.2), floats(0, 1), 0.9)
    assert mixed.tolist() == pytest.approx([0.06, 0.92])
    assert mix(floats(0.6, 0.2), floats(0, 0), 0.9).tolist() == pytest.approx([0.06, 0.02])
