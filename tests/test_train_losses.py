"""What the losses count, worked out by hand on tensors of a few numbers."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
import torch
from torch import Tensor

from samner.train.batches import Batch
from samner.train.losses import (
    Known,
    anchor_loss,
    anchor_targets,
    binary_loss,
    choice_loss,
    explorer_loss,
    on,
    soft_loss,
    spans_to_judge,
    what_is_known,
)
from samner.train.network import Words
from samner.train.ontology import BROADER, EQUAL, NEGATIVE, UNKNOWN
from samner.train.recipe import LossConfig

pytestmark = pytest.mark.train
NONE = np.zeros((0, 0))
WIDER = torch.tensor([[False, True], [False, False]])  # type 1 is broader than type 0


def choice(
    logits: list[list[float]],
    relation: list[list[int]],
    *,
    kept: list[list[bool]] | None = None,
    broader: Tensor = WIDER,
    weight: list[float] | None = None,
) -> float:
    every = torch.ones(len(logits), 2, dtype=torch.bool)
    known = Known(torch.tensor(relation), every if kept is None else torch.tensor(kept), broader)
    return float(choice_loss(torch.tensor(logits), known, torch.tensor(weight or [1.0] * len(logits))))


def share(right: float, *others: float) -> float:
    """-log of the share of `right` beside the others and `none`, whose logit is 0."""
    return -log(exp(right) / (exp(right) + sum(map(exp, others)) + 1))


def test_only_the_narrowest_type_is_right() -> None:
    assert choice([[0.5, 2.0]], [[EQUAL, BROADER]]) == pytest.approx(share(0.5, 2.0))
    # where neither is broader than the other, both are
    both = choice([[0.5, 2.0]], [[EQUAL, EQUAL]], broader=torch.zeros(2, 2, dtype=torch.bool))
    assert both == pytest.approx(-log((exp(0.5) + exp(2.0)) / (exp(0.5) + exp(2.0) + 1)))


def test_types_that_nobody_can_judge_are_left_out() -> None:
    assert choice([[0.5, 2.0]], [[EQUAL, UNKNOWN]]) == pytest.approx(share(0.5))


def test_types_that_are_not_asked_are_left_out() -> None:
    assert choice([[0.5, 2.0]], [[EQUAL, NEGATIVE]], kept=[[True, False]]) == pytest.approx(share(0.5))
    # the narrowest type that holds is not asked: now the broader one is right
    assert choice([[0.5, 2.0]], [[EQUAL, BROADER]], kept=[[False, True]]) == pytest.approx(share(2.0))


def test_none_is_right_where_nothing_holds() -> None:
    assert choice([[0.5, 2.0]], [[NEGATIVE, NEGATIVE]]) == pytest.approx(log(exp(0.5) + exp(2.0) + 1))
    only = choice([[0.5, 2.0]], [[EQUAL, NEGATIVE]], kept=[[False, True]])
    assert only == pytest.approx(log(exp(2.0) + 1))


def test_a_span_of_which_a_type_may_hold_cannot_be_none() -> None:
    assert choice([[0.5, 2.0]], [[UNKNOWN, NEGATIVE]]) == 0
    certain = choice([[0.5, 2.0]], [[EQUAL, NEGATIVE]])
    assert choice([[9.0, 9.0], [0.5, 2.0]], [[UNKNOWN, NEGATIVE], [EQUAL, NEGATIVE]]) == pytest.approx(
        certain
    )
    # what is not asked for raises no doubt
    asked = choice([[0.5, 2.0]], [[UNKNOWN, NEGATIVE]], kept=[[False, True]])
    assert asked == pytest.approx(log(exp(2.0) + 1))


def test_spans_count_by_their_weight() -> None:
    one, other = choice([[0.5, 2.0]], [[EQUAL, NEGATIVE]]), choice([[1.0, 0.0]], [[NEGATIVE, NEGATIVE]])
    made = choice([[0.5, 2.0], [1.0, 0.0]], [[EQUAL, NEGATIVE], [NEGATIVE, NEGATIVE]], weight=[1.0, 0.5])
    assert made == pytest.approx((one + 0.5 * other) / 1.5)


def test_the_binary_loss_judges_each_type_by_itself() -> None:
    logits = torch.tensor([[0.5, 2.0], [1.0, -1.0]])
    known = Known(torch.tensor([[EQUAL, BROADER], [NEGATIVE, UNKNOWN]]), torch.ones(2, 2).bool(), WIDER)
    said = [log(1 + exp(-0.5)), log(1 + exp(-2.0)), 0.5 * log(1 + exp(1.0))]
    made = binary_loss(logits, known, torch.tensor([1.0, 0.5]))
    assert float(made) == pytest.approx(sum(said) / 8)  # by the right ones, but by no less than eight
    many = Known(*(t.repeat(10, 1) if len(t) == 2 else t for t in known[:2]), WIDER)
    made = binary_loss(logits.repeat(10, 1), many, torch.tensor([1.0, 0.5]).repeat(10))
    assert float(made) == pytest.approx(sum(said) * 10 / 20)


def test_the_archetype_loss_is_cross_entropy_to_shares() -> None:
    logits = torch.tensor([[1.0, 0.0], [3.0, 1.0]])
    target = torch.tensor([[0.25, 0.75], [0.0, 0.0]])  # the second says nothing
    total = log(exp(1) + 1)
    assert float(soft_loss(logits, target)) == pytest.approx(0.25 * (total - 1) + 0.75 * total)
    assert float(soft_loss(logits[1:], target[1:])) == 0


def batch(sizes: list[int], mention: list[list[int]], relation: list[list[int]], **fields: object) -> Batch:
    """A batch of which only the marks matter: texts of some words, types as many as the relation has columns."""
    types = len(relation[0]) if relation else 2
    words = np.array([[n < size for n in range(max(sizes))] for size in sizes], np.int64)
    made = Batch(
        *[NONE] * 5,
        words=words,
        exhaustive=np.ones(len(sizes), bool),
        mention=np.array(mention, np.int64).reshape(-1, 3),
        relation=np.array(relation, np.int8).reshape(-1, types),
        known=np.ones((len(sizes), types), bool),
        kept=np.ones((len(sizes), types), bool),
        broader=np.zeros((types, types), bool),
        types=list(range(types)),
        type_ids=NONE,
        type_mask=NONE,
        mention_archetypes=NONE,
        type_archetypes=NONE,
    )
    return on(replace(made, **fields), torch.device("cpu"))


def words_of(made: Batch) -> Words:
    nothing = torch.zeros(*made.words.shape, 1)
    return Words(nothing, nothing, nothing, made.words)


def test_the_explorer_learns_from_exhaustive_texts_alone() -> None:
    held = batch([3, 2], [[0, 1, 2], [1, 0, 0]], [[EQUAL], [EQUAL]])
    held = replace(held, exhaustive=torch.tensor([True, False]))
    logits = torch.randn(2, 3, 2, generator=torch.Generator().manual_seed(1)).requires_grad_()
    loss = explorer_loss(logits, words_of(held), held)
    loss.backward()
    assert logits.grad is not None
    assert not logits.grad[1].any()
    assert logits.grad[0].tolist()[2][1] == 0  # words 2..3, of which there is no 3
    pushed = (logits.grad[0] < 0).tolist()
    assert pushed == [[False, False], [False, True], [False, False]]  # only the mention, words 1..2
    by_hand = sum(
        float(torch.nn.functional.softplus(-x if (s, w) == (1, 1) else x))
        for s, row in enumerate(logits.detach()[0])
        for w, x in enumerate(row)
        if s + w < 3
    )
    assert float(loss.detach()) == pytest.approx(by_hand / 8)


def test_the_explorer_ignores_a_mention_wider_than_it_can_say() -> None:
    held = batch([4], [[0, 0, 3]], [[EQUAL]])
    logits = torch.zeros(1, 4, 2)
    assert float(explorer_loss(logits, words_of(held), held)) == pytest.approx(7 * log(2) / 8)


def test_what_the_anchor_is_asked_to_say() -> None:
    # text 0: words 0..1 are of type 0, of type 1 nobody knows, type 2 is wrong; text 1 knows nothing of type 1
    held = batch([3, 2], [[0, 0, 1]], [[BROADER, UNKNOWN, NEGATIVE]])
    held = replace(held, known=torch.tensor([[True, True, True], [True, False, True]]))
    target, usable = anchor_targets(held, held.words.bool())
    start, end, inside = target.int()
    assert start[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert end[0].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert inside[0].tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert not target[:, 1].any()
    start, end, inside = usable.int()
    assert start[0].tolist() == [[1, 0, 1], [1, 1, 1], [1, 1, 1]]
    assert end[0].tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert inside[0].tolist() == [[1, 0, 1], [1, 0, 1], [1, 1, 1]]
    assert usable[:, 1].tolist() == [[[1, 0, 1], [1, 0, 1], [0, 0, 0]]] * 3  # its third word is padding


def test_the_anchors_loss_counts_what_is_usable() -> None:
    held = batch([2], [[0, 0, 0]], [[EQUAL, UNKNOWN]])
    logits = torch.zeros(3, 1, 2, 2)
    # 3 views of 2 words and 2 types, less the unknown type at the mention in each view: 9; targets 3, so by eight
    assert float(anchor_loss(logits, words_of(held), held)) == pytest.approx(9 * log(2) / 8)


def test_spans_to_judge() -> None:
    held = batch([4, 3], [[0, 1, 2], [1, 0, 2]], [[EQUAL], [EQUAL]])
    explored = torch.full((2, 4, 2), -5.0)
    explored[0, 1, 1] = 9  # the mention itself
    explored[0, 3, 0] = 2
    explored[1, 2, 1] = 9  # runs past the end of its text
    explored[1, 1, 1] = 1
    torch.manual_seed(1)
    made = spans_to_judge(explored, words_of(held), held, LossConfig(hard=1, near=0, loose=0))
    rows = list(zip(made.text.tolist(), made.start.tolist(), made.end.tolist(), strict=True))
    assert made.marked == 1  # the other is wider than a span may be
    assert rows == [(0, 1, 2), (0, 3, 3), (1, 1, 2)]


@pytest.mark.parametrize("seed", range(20))
def test_unmarked_spans_are_spans_of_their_text_and_no_mentions(seed: int) -> None:
    torch.manual_seed(seed)
    held = batch([5, 1], [[0, 1, 2], [0, 4, 4], [1, 0, 0]], [[EQUAL]] * 3)
    made = spans_to_judge(torch.randn(2, 5, 3), words_of(held), held, LossConfig(hard=2, near=3, loose=2))
    rows = list(zip(made.text.tolist(), made.start.tolist(), made.end.tolist(), strict=True))
    assert rows[:3] == [(0, 1, 2), (0, 4, 4), (1, 0, 0)]
    assert len(set(rows)) == len(rows)
    assert all(text == 0 and 0 <= first <= last < 5 for text, first, last in rows[3:])
    assert 2 <= len(rows) - 3 <= 7
    assert all(last - first < 3 for _, first, last in rows[3:])


def test_what_is_known_of_unmarked_spans() -> None:
    held = batch([3, 2], [[0, 0, 0], [0, 0, 2]], [[EQUAL, UNKNOWN], [NEGATIVE, EQUAL]])
    held = replace(
        held,
        known=torch.tensor([[True, True], [True, False]]),
        kept=torch.tensor([[True, False], [True, True]]),
    )
    judged = spans_to_judge(torch.zeros(2, 3, 2), words_of(held), held, LossConfig(hard=1, near=0, loose=0))
    assert judged.marked == 1
    known = what_is_known(judged, held, widest=2)
    wanted = {0: [NEGATIVE, NEGATIVE], 1: [NEGATIVE, UNKNOWN]}
    assert known.relation.tolist() == [[EQUAL, UNKNOWN], *(wanted[t] for t in judged.text.tolist()[1:])]
    assert known.kept.tolist() == [[True, t == 1] for t in judged.text.tolist()]
