"""The call that GLiNER users know behaves as they expect."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from material import SENTENCE, TYPES
from samner import SamNER, SchemaError

pytestmark = pytest.mark.model


def test_dicts_with_the_keys_they_know_first(ner: SamNER) -> None:
    found = ner.predict_entities(SENTENCE, ["person", "city"])
    assert found
    for entity in found:
        assert list(entity)[:5] == ["start", "end", "text", "label", "score"]
        assert SENTENCE[entity["start"] : entity["end"]] == entity["text"]
        assert entity["label"] in ("person", "city")
        assert entity["score"] >= 0.5
    assert json.loads(json.dumps(found)) == found
    assert found[0]["text"] == "Ada Lovelace"


def test_the_threshold_is_theirs(ner: SamNER) -> None:
    assert ner.predict_entities(SENTENCE, ["person"], threshold=1.0) == []
    low, high = (ner.predict_entities(SENTENCE, list(TYPES), threshold=t) for t in (0.3, 0.9))
    assert [e for e in low if e["score"] >= 0.9] == high


def test_flat_entities_do_not_overlap_and_nested_ones_do_not_cross(ner: SamNER) -> None:
    def spans(flat: bool) -> list[tuple[int, int]]:
        found = ner.predict_entities(SENTENCE, list(TYPES), threshold=0.0, flat_ner=flat)
        return [(e["start"], e["end"]) for e in found]

    flat, nested = spans(True), spans(False)
    assert all(a[1] <= b[0] for a, b in pairwise(flat))
    assert not any(a < b < c < d for a, c in nested for b, d in nested)
    assert len(nested) > len(flat)
    assert len(set(nested)) == len(nested)


def test_with_multi_label_a_span_has_every_label_that_fits(ner: SamNER) -> None:
    same = {"person": TYPES["person"], "human": TYPES["person"], "city": TYPES["city"]}
    found = ner.predict_entities(SENTENCE, same, multi_label=True)
    assert [e["label"] for e in found if e["start"] == 0] in (["human", "person"], ["person", "human"])
    single = ner.predict_entities(SENTENCE, same, threshold=0.1)
    assert len({(e["start"], e["end"]) for e in single}) == len(single)


def test_a_string_is_no_list_of_labels(ner: SamNER) -> None:
    with pytest.raises(SchemaError, match=r'\["person"\]'):
        ner.predict_entities(SENTENCE, "persons")
