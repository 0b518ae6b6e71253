"""Hand-computed cases and properties of the scores."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from samner.bench.datasets import GoldEntity
from samner.bench.metrics import (
    NONE,
    Counts,
    confusion,
    mean,
    paper,
    per_type,
    spans,
    strict,
    total,
    typing_accuracy,
)

E = GoldEntity
GOLD = [[E(0, 3, "person"), E(5, 9, "band"), E(10, 12, "song")], [E(0, 4, "band")]]
SAID = [[E(0, 3, "person"), E(5, 9, "song"), E(10, 13, "song")], []]


def test_strict_by_hand() -> None:
    assert strict(GOLD, SAID) == [Counts(1, 3, 3), Counts(0, 0, 1)]
    counts = total(strict(GOLD, SAID))
    assert counts.precision == pytest.approx(1 / 3)
    assert counts.recall == pytest.approx(1 / 4)
    assert counts.f1 == pytest.approx(2 / 7)


def test_micro_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    counts = Counts(3, 5, 7)
    p, r = counts.precision, counts.recall
    assert counts.f1 == pytest.approx(2 * p * r / (p + r))


def test_spans_by_hand() -> None:
    assert total(spans(GOLD, SAID)) == Counts(2, 3, 4)


def test_a_span_with_two_labels_is_one_span() -> None:
    assert spans([[E(0, 3, "a"), E(0, 3, "b")]], [[E(0, 3, "c")]]) == [Counts(1, 1, 1)]


def test_a_prediction_said_twice_counts_once() -> None:
    assert strict([[E(0, 3, "a")]], [[E(0, 3, "a"), E(0, 3, "a")]]) == [Counts(1, 1, 1)]


def test_per_type_by_hand() -> None:
    assert per_type(GOLD, SAID) == {
        "band": Counts(0, 0, 2),
        "person": Counts(1, 1, 1),
        "song": Counts(0, 2, 1),
    }


def test_paper_protocol_is_a_set_of_surfaces() -> None:
    text = "art in party art Art"
    gold = [[E(0, 3, "field"), E(13, 16, "field")]]
    # the right surface at another place is right; the same pair twice is one; case counts
    assert paper([text], gold, [[E(8, 11, "field")]]) == [Counts(1, 1, 1)]
    assert paper([text], gold, [[E(17, 20, "field")]]) == [Counts(0, 1, 1)]
    assert paper([text], gold, [[E(0, 3, "song")]]) == [Counts(0, 1, 1)]


def test_paper_protocol_keeps_sentences_apart() -> None:
    """Two equal sentences with different answers: one right, one missed; joined by text they would collide."""
    gold = [[E(0, 1, "a")], [E(0, 1, "a")]]
    assert paper(["x", "x"], gold, [[E(0, 1, "a")], []]) == [Counts(1, 1, 1), Counts(0, 0, 1)]


def test_typing_accuracy_by_hand() -> None:
    answers = [[E(0, 3, "person"), E(5, 9, "none"), E(10, 12, "song")], [E(0, 4, "song")]]
    assert typing_accuracy(GOLD, answers) == pytest.approx(2 / 4)


def test_typing_accuracy_with_several_gold_labels_and_a_missing_answer() -> None:
    gold = [[E(0, 3, "person"), E(0, 3, "writer"), E(4, 6, "song")]]
    assert typing_accuracy(gold, [[E(0, 3, "writer")]]) == pytest.approx(1 / 2)


def test_confusion_by_hand() -> None:
    assert confusion(GOLD, SAID) == {
        "band": {NONE: 1, "song": 1},
        "person": {"person": 1},
        "song": {NONE: 1},
        NONE: {"song": 1},
    }


def test_confusion_pairs_equal_labels_of_a_span_first() -> None:
    assert confusion([[E(0, 1, "a"), E(0, 1, "b")]], [[E(0, 1, "b"), E(0, 1, "c")]]) == {
        "a": {"c": 1},
        "b": {"b": 1},
    }


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "f1"),
    [(Counts(0, 0, 0), 1, 1, 1), (Counts(0, 0, 2), 0, 0, 0), (Counts(0, 2, 0), 0, 0, 0)],
)
def test_empty_cases(counts: Counts, precision: float, recall: float, f1: float) -> None:
    assert (counts.precision, counts.recall, counts.f1) == (precision, recall, f1)


def test_nothing_to_type_is_perfect_and_no_document_sums_to_nothing() -> None:
    assert typing_accuracy([[]], [[]]) == 1.0
    assert total([]) == Counts(0, 0, 0)
    assert per_type([], []) == {}


def test_documents_must_pair_up() -> None:
    for score in (strict, spans, confusion, typing_accuracy):
        with pytest.raises(ValueError, match="zip"):
            score(GOLD, SAID[:1])
    with pytest.raises(ValueError, match="zip"):
        paper(["x"], GOLD, SAID)


def test_mean() -> None:
    assert mean([0.5, 1.0, 0.0]) == pytest.approx(0.5)


@st.composite
def mentions(draw: st.DrawFn) -> GoldEntity:
    start = draw(st.integers(0, 8))
    return GoldEntity(start, draw(st.integers(start + 1, 10)), draw(st.sampled_from("abc")))


DOCUMENTS = st.lists(
    st.tuples(st.lists(mentions(), max_size=5, unique=True), st.lists(mentions(), max_size=5, unique=True)),
    max_size=4,
)
Pairs = list[tuple[list[GoldEntity], list[GoldEntity]]]


def sides(pairs: Pairs) -> tuple[list[list[GoldEntity]], list[list[GoldEntity]]]:
    return [g for g, _ in pairs], [p for _, p in pairs]


@given(DOCUMENTS)
def test_f1_is_symmetric_and_bounded(pairs: Pairs) -> None:
    gold, said = sides(pairs)
    texts = ["abcdeabcde"] * len(gold)
    for one, other in (
        (total(strict(gold, said)), total(strict(said, gold))),
        (total(spans(gold, said)), total(spans(said, gold))),
        (total(paper(texts, gold, said)), total(paper(texts, said, gold))),
    ):
        assert one.f1 == other.f1
        assert (one.precision, one.recall) == (other.recall, other.precision)
        low, high = sorted((one.precision, one.recall))
        assert 0 <= one.f1 <= 1
        assert low - 1e-12 <= one.f1 <= high + 1e-12


@given(DOCUMENTS)
def test_perfect_answers_score_one(pairs: Pairs) -> None:
    gold, _ = sides(pairs)
    texts = ["abcdeabcde"] * len(gold)
    for counts in (strict(gold, gold), spans(gold, gold), paper(texts, gold, gold)):
        assert total(counts).f1 == 1.0
    assert all(c.f1 == 1.0 for c in per_type(gold, gold).values())


@given(DOCUMENTS)
def test_types_sum_to_the_whole(pairs: Pairs) -> None:
    gold, said = sides(pairs)
    assert total(per_type(gold, said).values()) == total(strict(gold, said))


@given(DOCUMENTS)
def test_spans_are_never_harder_than_strict_on_flat_answers(pairs: Pairs) -> None:
    """With one label a span on both sides, a strictly right answer has a right span."""
    gold, said = ([list({(m.start, m.end): m for m in d}.values()) for d in side] for side in sides(pairs))
    assert total(spans(gold, said)).f1 >= total(strict(gold, said)).f1


@given(DOCUMENTS)
def test_confusion_margins(pairs: Pairs) -> None:
    gold, said = sides(pairs)
    table, types = confusion(gold, said), per_type(gold, said)
    for label, counts in types.items():
        assert sum(table.get(label, {}).values()) == counts.gold
        assert sum(row.get(label, 0) for row in table.values()) == counts.predicted
        assert table.get(label, {}).get(label, 0) == counts.right


@given(DOCUMENTS, st.randoms())
def test_order_of_documents_and_mentions_does_not_matter(pairs: Pairs, rng: random.Random) -> None:
    before = total(strict(*sides(pairs)))
    shuffled = [(rng.sample(g, len(g)), rng.sample(p, len(p))) for g, p in rng.sample(pairs, len(pairs))]
    assert total(strict(*sides(shuffled))) == before
