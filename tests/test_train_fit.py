"""The fit's arithmetic: logistic regression, F1, and what is left at zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from samner.engines.embedded.abilities import sigmoid
from samner.train.evidence import Evidence
from samner.train.fit import UNFITTED, _f1, fit_part, logistic, newton, score
from samner.types import Span
from tiny import UNRELATED

RNG = np.random.default_rng(5)


def test_newton_finds_the_known_solution_of_two_groups() -> None:
    """With one binary feature the fit is the log-odds of each group: 3 of 4 right, and 1 of 5."""
    x = np.array([[1, 0]] * 4 + [[1, 1]] * 5, float)
    y = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0], bool)
    bias, weight = newton(x, y, [True, True], ridge=0)
    assert bias == pytest.approx(np.log(3), abs=1e-4)
    assert bias + weight == pytest.approx(np.log(0.25), abs=1e-4)


def test_newton_finds_the_weights_that_made_the_data() -> None:
    true = np.array([-0.5, 1.5, 0.0, -2.0])
    x = np.concatenate([np.ones((20000, 1)), RNG.normal(size=(20000, 3))], axis=1)
    y = RNG.random(20000) < sigmoid(x @ true)
    np.testing.assert_allclose(newton(x, y, [True] * 4), true, atol=0.1)
    gradient = x.T @ (sigmoid(x @ newton(x, y, [True] * 4)) - y)
    assert np.abs(gradient).max() < 1


def test_newton_gives_no_weight_to_what_is_not_used() -> None:
    x = np.concatenate([np.ones((500, 1)), RNG.normal(size=(500, 2))], axis=1)
    y = x[:, 1] + x[:, 2] > 0
    bias, one, other = newton(x, y, [True, False, True])
    assert one == 0
    assert other > 1
    assert [bias, other] == newton(x[:, [0, 2]], y, [True, True])


def test_newton_stays_finite_where_the_classes_part_perfectly() -> None:
    x = np.array([[1, -1], [1, 1]] * 50, float)
    bias, weight = newton(x, x[:, 1] > 0, [True, True])
    assert 2 < weight < 20
    assert abs(bias) < 1e-3


def evidence(task: str, group: str, match: list[list[float]], label: list[int], wanted: int) -> Evidence:
    """Spans of two words that lie apart, found by both extractors; other evidence says nothing."""
    shape = np.array(match).reshape(-1, 2)
    nothing = np.zeros(shape.shape)
    table = {"match": shape, "agreement": nothing, "anchor": nothing, "prior": np.zeros(2)}
    return Evidence(
        task,
        group,
        [Span(10 * n, 10 * n + 9) for n in range(len(label))],
        np.full(len(label), 2),
        table | {"explorer": np.zeros(len(label))},
        UNRELATED,
        np.ones((len(label), 2)),
        np.maximum(np.array(label, np.int64), -1),
        np.array(label, np.int64) == -2,
        wanted,
    )


def held() -> list[Evidence]:
    """exp(3) / (exp(3) + 2) = 0.91, exp(1) / (exp(1) + 2) = 0.58, exp(0) / 3 = 0.33 for the first type."""
    return [
        evidence("a", "domains", [[3, 0], [1, 0], [0, 1]], [0, 1, -1], wanted=4),
        evidence("b", "slots", [[3, 0], [3, 0]], [-2, 0], wanted=1),
        evidence("c", "slots", [], [], wanted=1),
    ]


def test_f1_by_hand() -> None:
    made = score(held(), UNFITTED, "", thresholds=[0.5])
    # domains: said 3, right 1 of 4, spans right 2; slots: said 1 (one is doubtful), right 1 of 2
    assert made.f1 == round(2 * 2 / (4 + 6), 5)
    assert made.groups["domains"] == {
        "f1": round(2 / 7, 5),
        "precision": round(1 / 3, 5),
        "recall": 0.25,
        "span_f1": round(4 / 7, 5),
    }
    assert made.groups["slots"] == {
        "f1": round(2 / 3, 5),
        "precision": 1.0,
        "recall": 0.5,
        "span_f1": 0.66667,
    }


def test_the_best_threshold_is_taken() -> None:
    # above 0.58 only the two right ones of 0.91 are said: 4 / (2 + 6)
    made = score(held(), UNFITTED, "", thresholds=[0.3, 0.5, 0.8, 0.95])
    assert (made.threshold, made.f1) == (0.8, 0.5)


def test_f1_of_nothing_is_zero() -> None:
    assert _f1(np.zeros(4, np.int64)) == 0


def drawn(tasks: int) -> list[Evidence]:
    """Texts in which the better match is right, and right at all when it is well above zero."""
    made = []
    for n in range(tasks):
        label = RNG.integers(-1, 2, 6)
        match = RNG.normal(-1, 0.5, (6, 2))
        match[np.arange(6)[label >= 0], label[label >= 0]] += 3
        made.append(evidence(f"t{n}", "domains", match.tolist(), label.tolist(), int((label >= 0).sum())))
        made[-1].table["explorer"] = np.where(label >= 0, 1.0, -1.0) + RNG.normal(0, 2, 6)
    return made


def test_the_logistic_weights_follow_the_evidence() -> None:
    by = logistic(drawn(100), UNFITTED, "")
    assert by.choice > 0.3
    assert by.explorer > 0.1
    assert by.each_match > 0.5
    assert by.anchor == by.each_anchor == 0  # the anchor says nothing here


@pytest.mark.parametrize(
    ("part", "zero"),
    [
        ("explorer", ("explorer", "each_explorer")),
        ("anchor", ("anchor", "each_anchor")),
        ("calibration", ("choice", "prior_share", "agreement_share", "broader_share")),
        ("mediation", ("agreement_share",)),
    ],
)
def test_a_part_that_is_off_has_no_weight(part: str, zero: tuple[str, ...]) -> None:
    by, scored = fit_part(drawn(12), part)
    assert [getattr(by, name) for name in zero] == [0.0] * len(zero)
    assert scored.f1 > 0.8
    assert by.threshold == scored.threshold


def test_the_fit_finds_an_eager_type_and_corrects_for_it() -> None:
    rows = drawn(20)
    for e in rows:
        e.table["match"] = e.table["match"] + [4.0, 0.0]
        e.table["prior"] = np.array([4.0, 0.0])
    by, scored = fit_part(rows, "")
    assert by.prior_share >= 0.75
    assert scored.f1 > score(rows, replace(UNFITTED, prior_share=0.0), "").f1 + 0.1
