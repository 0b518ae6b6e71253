"""Thresholds and overlaps, and the choice among labels, without a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from samner.calibration import Calibration, Limits, by_archetype, settle
from samner.options import Options
from samner.passages import Passage, passages
from samner.ports import Judgement, Reading
from samner.types import Candidate, Document, Entity, EntityType, Mediated, Schema, Span

LABELS = ("a", "b", "c")
OWN = Schema((EntityType("a"), EntityType("b", threshold=0.7), EntityType("c", threshold=0.2)))


def entity(start: int, end: int, label: str, score: float) -> Entity:
    return Entity(start, end, "x" * (end - start), label, score)


spans = st.tuples(st.integers(0, 12), st.integers(1, 5)).map(lambda t: (t[0], t[0] + t[1]))
entities = st.lists(
    st.tuples(spans, st.sampled_from(LABELS), st.integers(0, 20).map(lambda n: n / 20)),
    max_size=14,
    unique_by=lambda t: t[:2],
).map(lambda rows: [entity(*span, label, score) for span, label, score in rows])
options = st.builds(
    Options,
    threshold=st.none() | st.floats(0, 1),
    nested=st.booleans(),
    multi_label=st.booleans(),
    overlap=st.sampled_from(["score", "longest-first"]),
)


def settled(found: Sequence[Entity], how: Options, default: float = 0.5) -> list[Entity]:
    return settle(found, Limits(OWN, default, how), how)


@given(entities, options)
def test_what_is_left_never_clashes(found: list[Entity], how: Options) -> None:
    left = settled(found, how)
    assert set(left) <= set(found)
    assert left == sorted(left, key=lambda e: (e.start, -e.end, -e.score, e.label))
    for n, one in enumerate(left):
        for other in left[n + 1 :]:
            if one.span == other.span:
                assert how.multi_label
                assert one.label != other.label
            elif one.span.overlaps(other.span):
                assert how.nested
                assert (one.start <= other.start and other.end <= one.end) or (
                    other.start <= one.start and one.end <= other.end
                )


@given(entities, options, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_only_removes(found: list[Entity], how: Options, one: float, other: float) -> None:
    low, high = (
        settled(found, Options(t, how.nested, how.multi_label, how.overlap)) for t in sorted((one, other))
    )
    assert [e for e in low if e.score >= max(one, other)] == high


@given(entities, options, st.floats(0.5, 1))
def test_a_threshold_above_the_models_own_only_removes(found: list[Entity], how: Options, t: float) -> None:
    usual = settled(found, Options(None, how.nested, how.multi_label, how.overlap))
    assert set(settled(found, Options(t, how.nested, how.multi_label, how.overlap))) <= set(usual)


@given(entities, options, st.randoms())
def test_the_order_of_arrival_changes_nothing(found: list[Entity], how: Options, random: object) -> None:
    mixed = list(found)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert settled(mixed, how) == settled(found, how)


@given(entities, options)
def test_every_entity_left_out_has_a_reason(found: list[Entity], how: Options) -> None:
    """Below its threshold, or clashing with one that is trusted at least as much."""
    limits, left = Limits(OWN, 0.5, how), settled(found, how)
    if how.overlap == "longest-first":
        return
    for lost in set(found) - set(left):
        blocked = any(o.span.overlaps(lost.span) and o.score >= lost.score for o in left)
        assert lost.score < limits[lost.label] or blocked


def test_thresholds() -> None:
    usual, high, low = (Limits(OWN, 0.5, Options(t)) for t in (None, 0.6, 0.1))
    assert [usual[label] for label in LABELS] == [0.5, 0.7, 0.2]
    assert [high[label] for label in LABELS] == [0.6, 0.7, 0.6]
    assert [low[label] for label in LABELS] == [0.1, 0.7, 0.2]
    assert Limits(None, 0.4, Options())["anything"] == 0.4


def test_the_better_score_wins_or_the_leftmost_longest() -> None:
    long, right, short = entity(0, 9, "a", 0.6), entity(5, 12, "a", 0.9), entity(5, 7, "a", 0.8)
    assert settled([long, right, short], Options()) == [right]
    assert settled([long, right, short], Options(overlap="longest-first")) == [long]
    assert settled([long, right, short], Options(nested=True)) == [right, short]
    doubtful = entity(0, 9, "a", 0.4)
    assert settled([doubtful, right, short], Options(overlap="longest-first")) == [right]


def test_who_fails_its_own_threshold_keeps_nobody_out() -> None:
    strict, other = entity(0, 9, "b", 0.6), entity(3, 5, "a", 0.55)
    for overlap in ("score", "longest-first"):
        assert settled([strict, other], Options(overlap=overlap)) == [other]


def test_equal_scores_are_settled_by_place_and_name() -> None:
    one, other = entity(0, 3, "a", 0.6), entity(2, 5, "a", 0.6)
    assert settled([other, one], Options()) == [one]
    assert settled([entity(0, 3, "c", 0.6), one], Options()) == [one]


class Judge:
    """A calibrator that says what it was told."""

    def __init__(self, score: list[list[float]], each: list[list[float]]) -> None:
        self.judgement = Judgement(np.array(score), np.array(each), {})

    def judge(self, reading: Reading, mediated: object, without: object) -> list[Judgement]:
        return [self.judgement]


class Compiled:
    schema = OWN


def passage() -> Passage:
    (held,) = passages(Document("Ada met Bob"), len, 100, 10)
    return held


def choose(judge: Judge, how: Options) -> list[tuple[Span, str, float, tuple[tuple[str, float], ...]]]:
    spans = [Span(0, 3), Span(8, 11)]
    mediated = [[Mediated(Candidate(span, {"anchor": 1.0}), (0.9, 0.1)) for span in spans]]
    reading = Reading([passage()], Compiled(), [None])
    stage = Calibration(judge, lambda m: "kind")
    ((_, choices),) = stage.run(reading, mediated, how, Limits(OWN, 0.5, how))
    assert all((c.archetype, c.sources) == ("kind", ("anchor",)) for c in choices)
    return [(c.span, c.label, c.score, c.alternatives) for c in choices]


def test_each_span_gets_its_best_label() -> None:
    judge = Judge([[0.1, 0.8, 0.3], [0.4, 0.4, 0.1]], [[0, 0, 0], [0, 0, 0]])
    assert choose(judge, Options()) == [
        (Span(0, 3), "b", 0.8, (("c", 0.3), ("a", 0.1))),
        (Span(8, 11), "a", 0.4, (("b", 0.4), ("c", 0.1))),
    ]


@pytest.mark.parametrize("overlap", ["score", "longest-first"])
def test_a_label_that_fails_its_threshold_gives_way_to_one_that_does_not(overlap: str) -> None:
    """b needs 0.7, c needs 0.2, a the model's 0.5."""
    judge = Judge([[0.1, 0.6, 0.3], [0.4, 0.6, 0.1]], [[0, 0, 0], [0, 0, 0]])
    first, second = choose(judge, Options(overlap=overlap))
    assert first == (Span(0, 3), "c", 0.3, (("b", 0.6), ("a", 0.1)))
    assert second[:3] == (
        Span(8, 11),
        "b",
        0.6,
    )  # none reaches its own: the best one, which then does not come out


def test_an_explicit_threshold_counts_for_the_choice_too() -> None:
    judge = Judge([[0.45, 0.6, 0.3], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]])
    chosen = {t: choose(judge, Options(t))[0][1] for t in (None, 0.4, 0.5)}
    assert chosen == {None: "c", 0.4: "a", 0.5: "b"}


SCORES = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=3, max_size=3)


@given(
    st.tuples(SCORES, SCORES),
    options,
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: sorted(n / 20 for n in pair)),
)
def test_a_higher_threshold_brings_no_label_in(
    scores: tuple[list[float], list[float]], how: Options, thresholds: list[float]
) -> None:
    """Through choice, thresholds and overlaps."""
    judge = Judge(list(scores), list(scores))
    low, high = (_out(judge, Options(t, how.nested, how.multi_label, how.overlap)) for t in thresholds)
    assert high <= low


def _out(judge: Judge, how: Options) -> set[Entity]:
    made = [entity(span.start, span.end, label, score) for span, label, score, _ in choose(judge, how)]
    return set(settled(made, how))


def test_with_multi_label_every_label_that_may_come_out() -> None:
    judge = Judge([[0, 0, 0], [0, 0, 0]], [[0.6, 0.8, 0.3], [0.4, 0.6, 0.1]])
    chosen = choose(judge, Options(multi_label=True))
    assert [(span, label, score) for span, label, score, _ in chosen] == [
        (Span(0, 3), "b", 0.8),
        (Span(0, 3), "a", 0.6),
        (Span(0, 3), "c", 0.3),
    ]


def test_without_a_schema_the_archetype_is_the_label() -> None:
    mediated = [Mediated(Candidate(Span(0, 3), {"explorer": 0.5, "mine": 0.8}), (0.25, 0.75))]
    (choice,) = by_archetype(mediated, ["thing", "person"])
    assert (choice.label, choice.archetype, choice.score) == ("person", "person", pytest.approx(0.6))
    assert choice.alternatives == (("thing", pytest.approx(0.2)),)
    assert choice.sources == ("explorer", "mine")


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9]), min_size=8, max_size=8), st.permutations("abcdefgh"))
def test_of_many_labels_the_best_ones_by_score_and_then_by_name(
    scores: list[float], names: list[str]
) -> None:
    how = Options()
    judge = Judge([scores], [[0.0] * 8])
    mediated = [[Mediated(Candidate(Span(0, 3), {"anchor": 1.0}), (1.0,))]]
    schema = Schema(tuple(EntityType(name) for name in names))
    compiled = Compiled()
    compiled.schema = schema
    reading = Reading([passage()], compiled, [None])
    ((_, (choice,)),) = Calibration(judge, lambda m: "kind").run(
        reading, mediated, how, Limits(schema, 0.5, how)
    )
    ranked = sorted(zip(names, scores, strict=True), key=lambda pair: (-pair[1], pair[0]))
    assert [(choice.label, choice.score), *choice.alternatives] == ranked[:4]
