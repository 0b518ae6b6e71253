"""What a user asks of SamNER, on the shipped model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from material import SENTENCE, TYPES
from samner import Document, EntityType, Failure, InputError, Options, SamNER, Schema, SchemaError
from samner.archetypes import load as load_archetypes
from samner.types import Entity

pytestmark = pytest.mark.model


def labels(entities: list[Entity]) -> dict[str, str]:
    return {entity.text: entity.label for entity in entities}


def test_a_sentence(ner: SamNER) -> None:
    entities = ner.extract(SENTENCE, TYPES)
    found = labels(entities)
    assert found["Ada Lovelace"] == "person"
    assert found["Charles Babbage"] == "person"
    assert found["London"] == "city"
    assert "wrote" not in found
    assert [e.start for e in entities] == sorted(e.start for e in entities)
    ada = entities[0]
    assert (ada.start, ada.end, ada.archetype) == (0, 12, "person")
    assert set(ada.sources) <= {"anchor", "explorer"}
    assert ada.sources
    assert 0.5 < ada.score <= 1
    assert [label for label, _ in ada.alternatives][:1] != ["person"]
    assert ada.alternatives[0][1] <= ada.score


def test_every_form_of_a_schema_gives_the_same(ner: SamNER) -> None:
    once = ner.extract(SENTENCE, TYPES)
    forms: list[Any] = [
        [EntityType(name, definition) for name, definition in TYPES.items()],
        Schema(tuple(EntityType(name, definition) for name, definition in TYPES.items())),
        ner.compile(TYPES),
        ner.compile(ner.compile(TYPES)),
    ]
    for form in forms:
        assert ner.extract(SENTENCE, form) == once


def test_names_alone_and_built_in_schemas(ner: SamNER) -> None:
    assert labels(ner.extract(SENTENCE, ["person", "city"]))["Ada Lovelace"] == "person"
    assert any(e.text == "Ada Lovelace" for e in ner.extract(SENTENCE, "crossner/science"))


def test_without_a_schema_every_entity_by_archetype(ner: SamNER) -> None:
    found = labels(ner.extract(SENTENCE, None))
    assert found["Ada Lovelace"] == "person"
    assert found["London"] == "location"
    assert set(found.values()) <= {a.name for a in load_archetypes()}
    assert ner.extract(SENTENCE, None, threshold=1.0) == []


def test_batches_come_back_in_order(ner: SamNER) -> None:
    texts = [f"Ada Lovelace met person number {n} in London." for n in range(9)]
    done: list[int] = []
    results = ner.extract_batch(texts, TYPES, batch_size=2, progress=done.append)
    assert done == list(range(1, 10))
    for n, (text, result) in enumerate(zip(texts, results, strict=True)):
        assert isinstance(result, list)
        assert result[0].text == "Ada Lovelace"
        assert all(text[e.start : e.end] == e.text for e in result), n
    assert ner.extract_batch([], TYPES) == []
    assert ner.extract_batch(iter([Document("Ada Lovelace", "x")]), TYPES)[0] == ner.extract(
        "Ada Lovelace", TYPES
    )


def test_a_bad_text_is_an_error_in_its_place(ner: SamNER) -> None:
    texts: list[Any] = [SENTENCE, None, b"Ada", ["Ada", ""], Document(7, "d7"), SENTENCE]  # type: ignore[arg-type]
    first, *bad, last = ner.extract_batch(texts, TYPES, batch_size=2)
    assert first == last == ner.extract(SENTENCE, TYPES)
    assert all(isinstance(failure, Failure) for failure in bad)
    assert [failure.id for failure in bad if isinstance(failure, Failure)] == [None, None, None, "d7"]
    with pytest.raises(InputError, match="bytes"):
        ner.extract(b"Ada", TYPES)  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stream_draws_only_what_it_needs(ner: SamNER, threads: int) -> None:
    drawn = 0

    def endless() -> Iterator[str]:
        nonlocal drawn
        while True:
            drawn += 1
            yield f"London {drawn}"

    one = SamNER(cache_dir=False, threads=threads)
    stream = one.stream(endless(), ["city"], batch_size=2)
    assert drawn == 0
    for n in range(1, 8):
        result = next(stream)
        assert isinstance(result, list)
        assert drawn <= n + 2 * (2 * threads + 2)
    stream.close()  # type: ignore[attr-defined]


def test_wrong_use_is_an_error_at_once(ner: SamNER) -> None:
    with pytest.raises(InputError, match="list of texts"):
        ner.stream("Ada", TYPES)
    with pytest.raises(InputError, match="batch size"):
        ner.stream(["Ada"], TYPES, batch_size=0)
    with pytest.raises(SchemaError):
        ner.extract("Ada", [])
    with pytest.raises(SchemaError):
        ner.extract("Ada", ["a", "a"])
    with pytest.raises(SchemaError, match="kind_of_thing"):
        ner.extract("Ada", [{"name": "a", "archetypes": ["kind_of_thing"]}])
    with pytest.raises(InputError, match="None"):
        ner.compile(None)
    with pytest.raises(InputError, match="treshold"):
        ner.extract("Ada", TYPES, treshold=0.5)
    with pytest.raises(InputError, match="thread"):
        SamNER(threads=0)
    with pytest.raises(InputError, match="embedded"):
        SamNER(engine="llmm")


def test_tokens_in_tokens_out(ner: SamNER) -> None:
    tokens = ["Ada", "Lovelace", "wrote", "to", "Charles", "Babbage", "in", "New York", "."]
    found = {(e.start, e.end): e for e in ner.extract(tokens, TYPES)}
    assert found[(0, 2)].text == "Ada Lovelace"
    assert found[(4, 6)].text == "Charles Babbage"
    assert found[(7, 8)].text == "New York"
    for (start, end), entity in found.items():
        assert " ".join(tokens[start:end]) == entity.text
    assert ner.extract([], TYPES) == ner.extract([" "], TYPES) == []
    whole = ner.extract(["Mister", "Ada Lovelace, London"], TYPES)
    assert all((e.start, e.end) in [(0, 1), (1, 2), (0, 2)] for e in whole)


def test_a_document_of_tokens_keeps_code_points(ner: SamNER) -> None:
    tokens = ["Ada", "Lovelace", "lives", "in", "New York"]
    document = Document.from_tokens(tokens)
    found = ner.extract(document, TYPES)
    assert [document.text[e.start : e.end] for e in found] == [e.text for e in found]
    assert [e.text for e in found] == [e.text for e in ner.extract(tokens, TYPES)]
    assert ner.classify(document, [e.span for e in found], TYPES)[0].span == found[0].span == (0, 12)


def test_options_by_object_and_by_name(ner: SamNER) -> None:
    options = Options(threshold=0.0, nested=True)
    many = ner.extract(SENTENCE, TYPES, options=options)
    assert many == ner.extract(SENTENCE, TYPES, threshold=0.0, nested=True)
    assert ner.extract(SENTENCE, TYPES, options=options, threshold=1.0) == []
    assert len(many) > len(ner.extract(SENTENCE, TYPES))


def test_stages_can_be_left_out(ner: SamNER) -> None:
    for part in ("explorer", "anchor", "consensus", "mediation", "calibration"):
        entities = ner.extract(SENTENCE, TYPES, without={part})
        assert labels(entities)["Ada Lovelace"] == "person"
        assert all(part not in e.sources for e in entities)


def test_a_type_has_its_own_threshold(ner: SamNER) -> None:
    strict = [{"name": "person", "threshold": 1.0}, "city"]
    assert "person" not in labels(ner.extract(SENTENCE, strict)).values()
    assert "person" not in labels(ner.extract(SENTENCE, strict, threshold=0.1)).values()
    lenient = [{"name": "person", "threshold": 0.0}, {"name": "city", "threshold": 1.0}]
    many = ner.extract(SENTENCE, lenient, nested=True)
    assert {e.label for e in many} == {"person"}
    assert min(e.score for e in many) < ner.info.thresholds["default"]


@pytest.mark.parametrize("child", ["human", "person"])
def test_a_declared_child_wins(ner: SamNER, child: str) -> None:
    """Two types of one meaning: the one that is declared the narrower comes out, whichever it is."""
    parent = "person" if child == "human" else "human"
    types = [{"name": child, "definition": TYPES["person"], "parent": parent}]
    found = ner.extract(SENTENCE, [*types, {"name": parent, "definition": TYPES["person"]}])
    assert labels(found)["Ada Lovelace"] == child


def test_archetypes_may_be_stated_or_replaced(ner: SamNER, tmp_path: Path) -> None:
    stated = ner.extract(SENTENCE, [{"name": "person", "archetypes": ["person"]}, "city"])
    assert labels(stated)["Ada Lovelace"] == "person"
    file = tmp_path / "archetypes.yaml"
    file.write_text(
        "archetypes:\n- {name: who, definition: A human being.}\n- {name: where, definition: A place.}\n"
    )
    own = SamNER(archetypes=file, cache_dir=False)
    found = own.extract(SENTENCE, None, threshold=0.2)
    assert {e.label for e in found} <= {"who", "where"}
    assert labels(found)["Ada Lovelace"] == "who"
    with pytest.raises(SchemaError, match="who, where"):
        own.extract(SENTENCE, [{"name": "a", "archetypes": ["person"]}])


def test_a_long_text_is_found_in_whole(ner: SamNER) -> None:
    filler = "The weather was mild and nothing else was said about it by anybody that day. "
    text = "".join(f"{filler * 5}Ada Lovelace came to London. " for _ in range(12))
    found = ner.extract(text, TYPES, threshold=0.0, nested=True)  # whatever the types: this is about places
    assert all(text[e.start : e.end] == e.text for e in found)
    places = [n for n in range(len(text)) if text.startswith("Ada Lovelace", n)]
    assert [e.start for e in found if e.text == "Ada Lovelace"] == places


def test_every_result_knows_its_model(ner: SamNER) -> None:
    assert ner.info.id
    assert len(ner.info.hash) == 64
    assert ner.info.card
    assert ner.info.widest_span > 5
    assert 0 < ner.info.thresholds["default"] < 1
