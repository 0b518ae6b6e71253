"""The spaCy component in real pipelines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from material import SENTENCE, TYPES, few, texts

spacy = pytest.importorskip("spacy")
from spacy import displacy  # noqa: E402
from spacy.tokens import Doc, DocBin, Span  # noqa: E402

from samner import SamNER  # noqa: E402
from samner.errors import InputError, SchemaError  # noqa: E402
from samner.types import Entity  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]
ROWS = [{"name": name, "definition": definition} for name, definition in TYPES.items()]


def pipeline(**config: Any) -> Any:
    nlp = spacy.blank("en")
    nlp.add_pipe("samner", config={"schema": ROWS, "threads": 1} | config)
    return nlp


@pytest.fixture(scope="module")
def nlp() -> Any:
    return pipeline()


def seen(spans: Any) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in spans]


def test_entities_are_those_of_the_pipeline_with_score_and_archetype(nlp: Any, ner: SamNER) -> None:
    doc, entities = nlp(SENTENCE), ner.extract(SENTENCE, TYPES)
    assert len(entities) > 2
    assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [
        (e.start, e.end, e.label) for e in entities
    ]
    assert [e._.archetype for e in doc.ents] == [e.archetype for e in entities]
    assert [e._.score for e in doc.ents] == pytest.approx([e.score for e in entities])
    assert doc._.misaligned == 0
    assert nlp.pipe_labels["samner"] == list(TYPES)


def test_a_batch_gives_what_single_texts_give(nlp: Any) -> None:
    many = [SENTENCE, "", "Nobody.", f"{SENTENCE} {SENTENCE}", "İstanbul 👩‍🔬 London"] * 5
    docs = list(nlp.pipe(many, batch_size=4))
    assert [doc.text for doc in docs] == many
    assert [seen(doc.ents) for doc in docs] == [seen(nlp(text).ents) for text in many]


def test_a_stream_is_read_lazily(nlp: Any) -> None:
    drawn = 0

    def endless() -> Any:
        nonlocal drawn
        while True:
            drawn += 1
            yield "Ada Lovelace left London."

    stream = nlp.pipe(endless(), batch_size=2)
    for _ in range(3):
        next(stream)
    assert drawn < 100


def test_several_processes(nlp: Any) -> None:
    docs = list(nlp.pipe([SENTENCE] * 4, n_process=2, batch_size=2))
    assert [seen(doc.ents) for doc in docs] == [seen(nlp(SENTENCE).ents)] * 4
    assert docs[0].ents[0]._.score > 0


def test_without_a_schema_every_entity_is_typed_by_archetype() -> None:
    nlp = pipeline(schema=None)
    doc = nlp(SENTENCE)
    assert ("Ada Lovelace", "person") in seen(doc.ents)
    assert all(ent.label_ == ent._.archetype for ent in doc.ents)
    assert "person" in nlp.pipe_labels["samner"]


def test_nested_entities_go_to_a_span_group(ner: SamNER) -> None:
    text = "The University of Cambridge in Cambridge, England, praised the Bank of England."
    doc = pipeline(nested=True, threshold=0.0, spans_key="mine")(text)
    group = doc.spans["mine"]
    assert doc.ents == ()
    entities = ner.extract(text, TYPES, nested=True, threshold=0.0)
    assert [(s.start_char, s.end_char, s.label_) for s in group] == [
        (e.start, e.end, e.label) for e in entities
    ]
    assert group.attrs["scores"] == pytest.approx([span._.score for span in group])


def test_an_entity_inside_another_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = pipeline(nested=True)
    outer, inner = Entity(0, 15, "Bank of England", "bank", 0.9), Entity(8, 15, "England", "country", 0.8)
    monkeypatch.setattr(nlp.get_pipe("samner").ner, "_document", lambda *_: [outer, inner])
    doc = nlp("Bank of England")
    assert seen(doc.spans["sc"]) == [("Bank of England", "bank"), ("England", "country")]
    assert [span._.score for span in doc.spans["sc"]] == [0.9, 0.8]


def test_several_labels_of_a_span_keep_their_own_scores() -> None:
    doc = pipeline(multi_label=True, threshold=0.01)(SENTENCE)
    group = doc.spans["sc"]
    by_place: dict[tuple[int, int], list[float]] = {}
    for span, score in zip(group, group.attrs["scores"], strict=True):
        by_place.setdefault((span.start, span.end), []).append(score)
    shared = {place: scores for place, scores in by_place.items() if len(scores) > 1}
    assert shared
    for (start, end), scores in shared.items():
        assert len(set(scores)) > 1
        assert doc[start:end]._.score == max(scores)


def words(nlp: Any, *tokens: str) -> Doc:
    return Doc(nlp.vocab, tokens, [False] * len(tokens))


@pytest.mark.parametrize(
    ("alignment", "entities", "left_out"),
    [("expand", ["in London since"], 0), ("contract", ["don"], 0), ("strict", [], 1)],
)
def test_misaligned_entities_are_counted(alignment: str, entities: list[str], left_out: int) -> None:
    """Tokens that cut through the mention, as a wrong tokenizer would."""
    nlp = pipeline(alignment=alignment)
    tokens = ("She lived ", "in Lon", "don", " since", " May.")
    if alignment == "expand":
        tokens = ("She lived ", "in London since", " May.")
    doc = nlp.get_pipe("samner")(words(nlp, *tokens))
    assert [ent.text for ent in doc.ents] == entities
    assert doc._.misaligned == 1
    counts = nlp.get_pipe("samner").counts
    assert (counts["misaligned"], counts["left out"], counts["entities"]) == (1, left_out, 1)


def test_a_mention_inside_one_token_contracts_to_nothing() -> None:
    nlp = pipeline(alignment="contract")
    doc = nlp.get_pipe("samner")(words(nlp, "She lived ", "in London since", " May."))
    assert doc.ents == ()
    assert nlp.get_pipe("samner").counts["left out"] == 1


def test_two_entities_that_expand_into_one_token_are_one() -> None:
    nlp = pipeline()
    doc = nlp.get_pipe("samner")(words(nlp, "From ", "London to Paris", "."))
    assert len(doc.ents) == 1
    assert nlp.get_pipe("samner").counts["left out"] == 1


@pytest.mark.parametrize("first", ["entity_ruler", "samner"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_beside_an_entity_ruler(first: str, overwrite: bool) -> None:
    """Whoever comes first keeps its entities, unless the second one is told to overwrite them."""
    nlp = spacy.blank("en")
    second = "samner" if first == "entity_ruler" else "entity_ruler"
    for name in (first, second):
        config: dict[str, Any] = {"schema": ROWS} if name == "samner" else {}
        nlp.add_pipe(name, config=config | ({"overwrite_ents": overwrite} if name == second else {}))
    nlp.get_pipe("entity_ruler").add_patterns(
        [{"label": "POET", "pattern": "Ada Lovelace wrote"}, {"label": "VERB", "pattern": "took"}]
    )
    found = seen(nlp(SENTENCE).ents)
    assert ("took", "VERB") in found
    assert ("London", "city") in found
    kept = "entity_ruler" if (first == "entity_ruler") != overwrite else "samner"
    assert (("Ada Lovelace wrote", "POET") in found) == (kept == "entity_ruler")
    assert (("Ada Lovelace", "person") in found) == (kept == "samner")


def test_after_a_component_that_splits_sentences(nlp: Any) -> None:
    other = spacy.blank("en")
    other.add_pipe("sentencizer")
    other.add_pipe("samner", config={"schema": ROWS})
    doc = other(f"{SENTENCE} {SENTENCE}")
    assert len(list(doc.sents)) == 2
    assert seen(doc.ents) == seen(nlp(f"{SENTENCE} {SENTENCE}").ents)


def test_to_disk_and_back(nlp: Any, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    assert seen(loaded(SENTENCE).ents) == seen(nlp(SENTENCE).ents)
    saved = json.loads((tmp_path / "saved" / "samner" / "samner.json").read_text())
    assert [kind["name"] for kind in saved["schema"]] == list(TYPES)


def test_to_bytes_and_back(nlp: Any) -> None:
    other = pipeline()
    other.from_bytes(nlp.to_bytes())
    assert seen(other(SENTENCE).ents) == seen(nlp(SENTENCE).ents)


def test_a_saved_pipeline_brings_its_schema_file_along(tmp_path: Path) -> None:
    file = tmp_path / "types.yaml"
    file.write_text("person: A human being.\n")
    pipeline(schema=str(file)).to_disk(tmp_path / "saved")
    file.unlink()
    loaded = spacy.load(tmp_path / "saved")
    assert loaded.pipe_labels["samner"] == ["person"]
    assert ("Ada Lovelace", "person") in seen(loaded(SENTENCE).ents)


def test_a_schema_given_when_loading_wins(nlp: Any, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved", config={"components.samner.schema": ["city"]})
    assert loaded.pipe_labels["samner"] == ["city"]
    assert {label for _, label in seen(loaded(SENTENCE).ents)} == {"city"}


def test_another_model_than_the_saved_one_is_told(nlp: Any) -> None:
    component = nlp.get_pipe("samner")
    state = json.loads(component.to_bytes()) | {"model": "0" * 64}
    with pytest.warns(UserWarning, match="results may differ"):
        pipeline().get_pipe("samner").from_bytes(json.dumps(state).encode())


def test_odd_labels_survive_the_config(tmp_path: Path) -> None:
    names = ["Ärzte: Innen", "a=b", "[x]", "日本", "with 'quotes' \"two\""]
    pipeline(schema=[{"name": name, "definition": "X: y = z"} for name in names]).to_disk(tmp_path / "saved")
    assert spacy.load(tmp_path / "saved").pipe_labels["samner"] == names


@pytest.mark.parametrize("schema", [{"a: b": "x"}, {"a=b": "x"}, ["${x}"]])
def test_labels_that_a_config_cannot_hold_are_refused_at_once(schema: Any) -> None:
    with pytest.raises(InputError, match="schema file"):
        pipeline(schema=schema)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"schema": ["a", "a"]}, SchemaError, "'a' repeated"),
        ({"schema": "crossner/musik"}, SchemaError, "did you mean 'crossner/music'"),
        ({"alignment": "widen"}, InputError, "expand, contract, strict"),
        ({"threshold": 2.0}, InputError, "from 0 to 1"),
        ({"overlap": "best"}, InputError, "overlap"),
        ({"treshold": 0.5}, ValueError, "treshold"),
    ],
)
def test_a_wrong_config_is_an_error_at_once(
    config: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        pipeline(**config)


def test_a_schema_file_that_never_comes_is_an_error() -> None:
    with pytest.raises(SchemaError, match=r"gone\.yaml"):
        pipeline(schema="gone.yaml")(SENTENCE)


def test_a_text_that_fails_goes_to_the_error_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = pipeline()
    component = nlp.get_pipe("samner")
    whole = component.ner._document

    def failing(document: Any, *rest: Any) -> Any:
        if "bad" in document.text:
            raise ValueError("broken")
        return whole(document, *rest)

    monkeypatch.setattr(component.ner, "_document", failing)
    with pytest.raises(ValueError, match="broken"):
        nlp("bad")
    failed = []
    nlp.set_error_handler(lambda name, proc, docs, error: failed.append((name, docs[0].text)))
    assert [doc.text for doc in nlp.pipe(["a", "bad", "c"])] == ["a", "c"]
    assert failed == [("samner", "bad")]


def test_displacy_renders_it(nlp: Any) -> None:
    html = displacy.render(nlp(SENTENCE), style="ent")
    assert html.count('<mark class="entity"') == len(nlp(SENTENCE).ents)
    nested = pipeline(nested=True)(SENTENCE)
    assert "Lovelace" in displacy.render(nested, style="span")


def test_attributes_survive_a_docbin(nlp: Any) -> None:
    doc = nlp(SENTENCE)
    (back,) = DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab)
    assert [ent._.score for ent in back.ents] == [ent._.score for ent in doc.ents]


def test_a_span_of_others_has_no_score(nlp: Any) -> None:
    assert Span(nlp(SENTENCE), 2, 3, "X")._.score is None


@few
@given(texts())
def test_any_text_keeps_its_text_and_its_entities_on_tokens(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()  # spaCy takes no lone surrogates
    doc = ANY(text)
    assert doc.text == text
    for ent in doc.ents:
        assert ent.text.strip()


ANY: Any = None


@pytest.fixture(autouse=True, scope="module")
def _any(nlp: Any) -> None:
    global ANY
    ANY = nlp
