"""Calibration error by hand, and what a bootstrap must satisfy."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from samner.bench.metrics import Counts
from samner.bench.reliability import (
    BINS,
    bootstrap_interval,
    expected_calibration_error,
    paired_bootstrap,
    reliability_table,
)


def test_calibration_error_by_hand() -> None:
    # bin (0.8, 0.867]: scores 0.82, 0.84 (mean 0.83), one right: gap 0.33; bin (0.2, 0.267]: 0.25, wrong: gap 0.25
    assert expected_calibration_error([0.82, 0.84, 0.25], [True, False, False]) == pytest.approx(
        (2 * 0.33 + 0.25) / 3
    )


def test_table_by_hand() -> None:
    table = reliability_table([0.0, 0.5, 0.5, 1.0], [False, True, False, True], bins=2)
    assert [(b.low, b.high, b.count, b.confidence, b.accuracy) for b in table] == [
        (0.0, 0.5, 3, pytest.approx(1 / 3), pytest.approx(1 / 3)),
        (0.5, 1.0, 1, 1.0, 1.0),
    ]


def test_edges_belong_to_the_bin_below() -> None:
    counts = [b.count for b in reliability_table([k / BINS for k in range(BINS + 1)], [True] * (BINS + 1))]
    assert counts == [2] + [1] * (BINS - 1)


def test_no_scores() -> None:
    assert expected_calibration_error([], []) == 0.0
    assert [b.count for b in reliability_table([], [])] == [0] * BINS


@pytest.mark.parametrize(
    ("scores", "right"), [([0.5], []), ([1.5], [True]), ([-0.1], [True]), ([float("nan")], [True])]
)
def test_bad_scores_are_refused(scores: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="found"):
        reliability_table(scores, right)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_error_is_bounded_and_counts_add_up(pairs: list[tuple[float, bool]]) -> None:
    scores, right = [s for s, _ in pairs], [r for _, r in pairs]
    assert 0 <= expected_calibration_error(scores, right) <= 1 + 1e-12
    table = reliability_table(scores, right)
    assert sum(b.count for b in table) == len(pairs)
    assert all(b.low - 1e-9 <= b.confidence <= b.high + 1e-9 for b in table if b.count)
    assert sum(b.count * b.accuracy for b in table) == pytest.approx(sum(right))


@given(st.lists(st.booleans(), min_size=1))
def test_sure_and_right_has_no_calibration_error(right: list[bool]) -> None:
    assert expected_calibration_error([float(r) for r in right], right) == 0.0


def documents(rate: float, seed: int, size: int = 200) -> list[Counts]:
    rng = random.Random(seed)
    return [Counts(int(rng.random() < rate), 1, 1) for _ in range(size)]


def test_equal_systems_do_not_differ() -> None:
    a = [documents(0.6, 1), documents(0.4, 2)]
    result = paired_bootstrap(a, a)
    assert (result.difference, result.low, result.high, result.p) == (0.0, 0.0, 0.0, 1.0)


def test_difference_is_the_difference_of_mean_f1() -> None:
    a, b = [[Counts(1, 1, 1)], [Counts(1, 2, 2)]], [[Counts(0, 1, 1)], [Counts(1, 2, 2)]]
    assert paired_bootstrap(a, b).difference == pytest.approx((1 + 0.5) / 2 - 0.5 / 2)


def test_a_clear_difference_is_found_and_turns_with_the_sides() -> None:
    a, b = [documents(0.9, 1)], [documents(0.5, 2)]
    ahead, behind = paired_bootstrap(a, b), paired_bootstrap(b, a)
    assert 0 < ahead.low < ahead.difference < ahead.high
    assert ahead.p < 0.01
    assert behind.difference == pytest.approx(-ahead.difference)
    assert (behind.low, behind.high) == (pytest.approx(-ahead.high), pytest.approx(-ahead.low))


def test_pairing_narrows_the_interval() -> None:
    """One document in 200 differs: unpaired noise would hide it, the paired interval stays within 0 and 0.02."""
    a = documents(0.5, 3)
    first_wrong = next(i for i, c in enumerate(a) if not c.right)
    b = [*a[:first_wrong], Counts(1, 1, 1), *a[first_wrong + 1 :]]
    result = paired_bootstrap([b], [a])
    assert result.difference == pytest.approx(1 / 200)
    assert 0 <= result.low <= result.high <= 0.02


def test_the_seed_fixes_the_result() -> None:
    a, b = [documents(0.6, 1)], [documents(0.5, 2)]
    assert paired_bootstrap(a, b, seed=3) == paired_bootstrap(a, b, seed=3)
    assert paired_bootstrap(a, b, seed=3) != paired_bootstrap(a, b, seed=4)


def test_interval_holds_the_figure_and_narrows_with_data() -> None:
    low, high = bootstrap_interval([documents(0.5, 1, 50)])
    narrow_low, narrow_high = bootstrap_interval([documents(0.5, 1, 2000)])
    assert low < 0.5 < high
    assert narrow_high - narrow_low < (high - low) / 3


def test_unequal_documents_are_refused() -> None:
    with pytest.raises(ValueError, match="same documents"):
        paired_bootstrap([documents(0.5, 1, 3)], [documents(0.5, 1, 4)])
