"""What must never change an answer: order of labels, neighbours in a batch, history. And what always holds: offsets,
and that a higher threshold only takes away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from material import SENTENCE, TYPES, few, texts
from samner import Entity, SamNER
from samner.ports import CompiledSchema

pytestmark = [pytest.mark.model, pytest.mark.filterwarnings("ignore::samner.UnreadableTextWarning")]

MORE = {
    **TYPES,
    "mathematician": {"definition": "A person who does mathematics.", "parent": "person"},
    "human": {"definition": "A human being.", "threshold": 0.6},
    "Ort": "",
    "\ud800 odd": "A lone surrogate\udfff, e\u0301 and 👩‍🔬.",
}


@pytest.fixture(scope="module")
def compiled(ner: SamNER) -> CompiledSchema:
    return ner.compile(MORE)


def assert_alike(some: list[Entity], others: list[Entity]) -> None:
    def facts(entities: list[Entity]) -> list[Any]:
        return [(e.start, e.end, e.text, e.label, e.archetype, e.sources) for e in entities]

    assert facts(some) == facts(others)
    assert [e.score for e in some] == pytest.approx([e.score for e in others], abs=1e-6)


@few
@given(texts(), st.booleans(), st.booleans())
def test_offsets_are_code_points_of_the_text(
    ner: SamNER, compiled: CompiledSchema, text: str, every: bool, multi_label: bool
) -> None:
    found = ner.extract(
        text, None if every else compiled, threshold=0.0, nested=True, multi_label=multi_label
    )
    for entity in found:
        assert 0 <= entity.start < entity.end <= len(text)
        assert text[entity.start : entity.end] == entity.text
        assert entity.text == entity.text.strip()
        assert 0 <= entity.score <= 1
    assert [e.start for e in found] == sorted(e.start for e in found)


@few
@given(st.lists(texts(4).filter(bool), max_size=20))
def test_offsets_of_tokens_count_tokens(ner: SamNER, compiled: CompiledSchema, tokens: list[str]) -> None:
    for entity in ner.extract(tokens, compiled, threshold=0.0, nested=True):
        assert 0 <= entity.start < entity.end <= len(tokens)
        assert entity.text in " ".join(tokens[entity.start : entity.end])


@few
@given(texts(), st.permutations(list(MORE)), st.booleans())
def test_the_order_of_the_labels_changes_nothing(
    ner: SamNER, compiled: CompiledSchema, text: str, order: list[str], multi_label: bool
) -> None:
    usual = ner.extract(text, compiled, multi_label=multi_label)
    assert_alike(usual, ner.extract(text, {name: MORE[name] for name in order}, multi_label=multi_label))


@few
@given(st.lists(texts(), min_size=1, max_size=5), st.integers(1, 4))
def test_a_batch_changes_nothing(
    ner: SamNER, compiled: CompiledSchema, batch: list[str], batch_size: int
) -> None:
    alone = [ner.extract(text, compiled) for text in batch]
    assert ner.extract_batch(batch, compiled, batch_size=batch_size) == alone
    assert ner.extract_batch([SENTENCE, *reversed(batch)], compiled)[:0:-1] == alone


@few
@given(texts(), texts())
def test_what_was_asked_before_changes_nothing(
    ner: SamNER, compiled: CompiledSchema, text: str, other: str
) -> None:
    first = ner.extract(text, compiled)
    ner.extract(other, ["person", "river"], threshold=0.0, multi_label=True)
    ner.extract(text, None)
    ner.trace(text, {"Ort": "A place."})
    assert ner.extract(text, compiled) == first


def test_a_fresh_model_says_the_same(ner: SamNER, compiled: CompiledSchema) -> None:
    assert SamNER(cache_dir=False, threads=1).extract(SENTENCE, MORE) == ner.extract(SENTENCE, compiled)


@few
@given(
    texts(),
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    st.sampled_from(["score", "longest-first"]),
    st.booleans(),
    st.booleans(),
)
def test_a_higher_threshold_only_removes(
    ner: SamNER,
    compiled: CompiledSchema,
    text: str,
    thresholds: list[float],
    overlap: str,
    nested: bool,
    multi_label: bool,
) -> None:
    how = {"overlap": overlap, "nested": nested, "multi_label": multi_label}
    low, high = (ner.extract(SENTENCE + text, compiled, threshold=t, **how) for t in thresholds)
    assert [e for e in low if e.score >= thresholds[1]] == high
