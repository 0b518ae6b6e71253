"""Stages 2 and 3 alone, for spans that the user already has."""

from __future__ import annotations

import pytest

from material import SENTENCE, TYPES
from samner import InputError, SamNER

pytestmark = pytest.mark.model
ADA, WROTE, LONDON = (0, 12), (13, 18), (41, 47)


def test_one_answer_a_span_in_the_order_of_the_spans(ner: SamNER) -> None:
    spans = [LONDON, ADA, LONDON, WROTE]
    answers = ner.classify(SENTENCE, spans, TYPES)
    assert [(e.start, e.end) for e in answers] == spans
    assert [e.label for e in answers] == ["city", "person", "city", "none"]
    assert answers[0] == answers[2]
    assert all(e.sources == ("user",) for e in answers)
    assert all(SENTENCE[e.start : e.end] == e.text for e in answers)
    assert ner.classify(SENTENCE, [], TYPES) == []


def test_none_comes_with_alternatives(ner: SamNER) -> None:
    (none,) = ner.classify(SENTENCE, [WROTE], TYPES)
    assert {label for label, _ in none.alternatives} <= set(TYPES)
    scores = [score for _, score in none.alternatives]
    assert scores == sorted(scores, reverse=True)
    assert none.score == pytest.approx(1 - scores[0])
    (strict,) = ner.classify(SENTENCE, [ADA], TYPES, threshold=1.0)
    assert (strict.label, strict.alternatives[0][0]) == ("none", "person")
    (lenient,) = ner.classify(SENTENCE, [WROTE], TYPES, threshold=0.0)
    assert lenient.label == none.alternatives[0][0]


def test_it_says_of_found_spans_what_extract_says(ner: SamNER) -> None:
    text = " ".join([SENTENCE, "Nothing more was heard of it, and the engine was never built."] * 12)
    found = ner.extract(text, TYPES)
    assert len(found) > 20
    answers = ner.classify(text, [e.span for e in found], TYPES)
    assert [(e.span, e.label, e.archetype) for e in answers] == [
        (e.span, e.label, e.archetype) for e in found
    ]
    assert [e.score for e in answers] == pytest.approx([e.score for e in found], abs=1e-5)


def test_spans_of_tokens_count_tokens(ner: SamNER) -> None:
    tokens = ["Ada", "Lovelace", "lives", "in", "London", "\u200b"]
    answers = ner.classify(tokens, [(4, 5), (0, 2), (3, 6)], TYPES)
    assert [(e.start, e.end, e.text) for e in answers] == [
        (4, 5, "London"),
        (0, 2, "Ada Lovelace"),
        (3, 5, "in London"),
    ]
    assert [e.label for e in answers][:2] == ["city", "person"]


def test_edges_that_nobody_sees_are_trimmed(ner: SamNER) -> None:
    text = "\ufeff\x00 Ada Lovelace \n"
    (answer,) = ner.classify(text, [(0, len(text))], TYPES)
    assert (answer.start, answer.end, answer.text) == (3, 15, "Ada Lovelace")


@pytest.mark.parametrize(
    "span",
    [(-1, 3), (0, 0), (5, 2), (0, len(SENTENCE) + 1), (3, 4)],
    ids=["-1", "0", "back", "beyond", "blank"],
)
def test_a_bad_span_is_an_error(ner: SamNER, span: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="spans"):
        ner.classify(SENTENCE, [ADA, span], TYPES)


def test_a_span_too_long_to_read_is_an_error(ner: SamNER) -> None:
    text = "Ada and London and " * 400
    with pytest.raises(InputError, match="shorter"):
        ner.classify(text, [(0, len(text))], TYPES)


def test_wrong_use(ner: SamNER) -> None:
    with pytest.raises(InputError):
        ner.classify(SENTENCE, [ADA], None)
    with pytest.raises(InputError, match="multi_label"):
        ner.classify(SENTENCE, [ADA], TYPES, multi_label=True)
    with pytest.raises(InputError, match="tokens"):
        ner.classify(["Ada"], [(0, 2)], TYPES)


@pytest.mark.model
def test_a_label_none_is_refused(ner: SamNER) -> None:
    with pytest.raises(InputError, match="rename the label"):
        ner.classify("Ada Lovelace wrote.", [(0, 12)], ["person", "none"])
