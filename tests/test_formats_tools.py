"""Formats against the tools whose they are: files that the tool itself writes are read, and it reads ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samner.formats import Marked, Mention
from samner.types import Document, Failure
from test_formats import ADA, TOKENS, only, read_back, round_trip, spans, written

pytestmark = pytest.mark.extra
FLAT = Marked(
    Document("Ada met  Bob\nin U.S.-based firms.", "x"), (Mention(0, 3, "person", 0.5), Mention(9, 12, "man"))
)


def labelled(spans: Any) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in spans]


def docbin(path: Path) -> list[Any]:
    spacy = pytest.importorskip("spacy")
    return list(spacy.tokens.DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def test_spacy_reads_our_docbin(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    path, notes = written("spacy", tmp_path, FLAT, ADA, TOKENS)
    flat, nested, tokens = docbin(path)
    assert flat.text == FLAT.document.text
    assert labelled(flat.ents) == [("Ada", "person"), ("Bob", "man")]
    assert [ent._.score for ent in flat.ents] == [0.5, None]
    assert flat.user_data["id"] == "x"
    assert nested.ents == ()
    assert labelled(nested.spans["sc"]) == [
        ("Ada Lovelace", "mathematician"), ("Ada", "given name"), ("Babbage", "engineer"),
    ]  # fmt: skip
    assert [span._.archetype for span in nested.spans["sc"]] == ["person", None, "person"]
    assert [token.text for token in tokens] == ["Ada", "Lovelace", "met", "Babbage"]
    assert notes.counts == {"sources": 1, "alternatives": 1}


def test_spacy_trains_on_it(tmp_path: Path) -> None:
    """What `spacy train` reads: its Corpus, and the entities aligned with what the pipeline's tokenizer makes."""
    spacy = pytest.importorskip("spacy")
    from spacy.training import Corpus

    path, _ = written("spacy", tmp_path, FLAT)
    (example,) = Corpus(path)(spacy.blank("en"))
    assert labelled(example.reference.ents) == [("Ada", "person"), ("Bob", "man")]
    assert example.get_aligned_ner()[:2] == ["U-person", "O"]


@pytest.mark.parametrize("marked", [FLAT, TOKENS], ids=["text", "tokens"])
def test_docbin_and_back(tmp_path: Path, marked: Marked) -> None:
    pytest.importorskip("spacy")
    back = only(round_trip("spacy", tmp_path, marked))
    assert (back.document.text, back.document.id) == (marked.document.text, marked.document.id)
    assert back.mentions == marked.mentions


def test_tokens_with_anything_between_them(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    from samner.types import Span

    text = " \n Ada--met\t Bob  "
    words = (Span(3, 6), Span(8, 11), Span(13, 16))
    marked = Marked(Document(text, None, words), (Mention(3, 6, "a"), Mention(7, 12, "b")))
    path, notes = written("spacy", tmp_path, marked)
    (doc,) = docbin(path)
    assert doc.text == text
    assert labelled(doc.ents) == [("Ada", "a"), ("--met", "b")]
    assert notes.counts == {"mentions that do not begin and end with a token, moved to its edges": 1}


def test_a_docbin_of_spacy_is_read(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import DocBin, Span

    nlp = spacy.blank("en")
    doc = nlp("👩 Ada met Bob.")
    doc.set_ents([Span(doc, 1, 2, "PER")])
    doc.spans["sc"] = [Span(doc, 1, 2, "PER"), Span(doc, 1, 4, "EVENT")]
    doc.spans["other"] = [Span(doc, 0, 1, "X")]
    DocBin(docs=[doc]).to_disk(tmp_path / "in.spacy")
    read, notes = read_back("spacy", tmp_path / "in.spacy")
    assert spans(only(read)) == [(2, 5, "PER"), (2, 13, "EVENT")]
    assert notes.counts == {"spans in doc.spans['other']": 1}


def test_two_labels_in_one_place_keep_their_scores_and_one_archetype(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    marked = Marked(Document("Ada"), (Mention(0, 3, "a", 0.9, "person"), Mention(0, 3, "b", 0.1, "misc")))
    path, notes = written("spacy", tmp_path, marked)
    assert [m.score for m in only(read_back("spacy", path)[0]).mentions] == [0.9, 0.1]
    assert notes.counts == {"archetypes of several mentions in one place, the last one kept": 1}


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", None])
def test_what_is_no_docbin_is_a_failure(tmp_path: Path, content: bytes | None) -> None:
    pytest.importorskip("spacy")
    path = tmp_path / "in.spacy"
    if content is not None:
        path.write_bytes(content)
    ((failure,), _) = read_back("spacy", path)
    assert isinstance(failure, Failure)
    assert str(path) in str(failure.error)


def test_datasets_hold_everything(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    documents = [ADA, TOKENS, FLAT, Marked(Document(""), ())]
    path, notes = written("datasets", tmp_path, *documents)
    assert read_back("datasets", path)[0] == documents
    assert not notes.counts


def test_datasets_reads_ours(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path, _ = written("datasets", tmp_path, ADA, TOKENS)
    found = datasets.load_from_disk(str(path))
    names = found.features["ner_tags"].feature
    assert found[1]["tokens"] == ["Ada", "Lovelace", "met", "Babbage"]
    assert [names.int2str(tag) for tag in found[1]["ner_tags"]] == ["B-person", "I-person", "O", "B-engineer"]
    assert [names.int2str(tag) for tag in found[0]["ner_tags"]][:4] == [
        "O",
        "B-mathematician",
        "I-mathematician",
        "O",
    ]
    assert found[0]["entities"][0]["score"] == 0.9


@pytest.mark.parametrize("layout", ["disk", "splits", "parquet"])
def test_datasets_of_tokens_and_tags_are_read(tmp_path: Path, layout: str) -> None:
    datasets = pytest.importorskip("datasets")
    tags = datasets.List(datasets.ClassLabel(names=["O", "B-LOC", "I-LOC"]))
    features = datasets.Features(
        {"id": datasets.Value("string"), "tokens": datasets.List(datasets.Value("string")), "ner_tags": tags}
    )
    rows = [
        {"id": "7", "tokens": ["in", "New", "York"], "ner_tags": [0, 1, 2]},
        {"id": "8", "tokens": ["x"], "ner_tags": [2]},
    ]
    dataset = datasets.Dataset.from_list(rows, features=features)
    folder = tmp_path / "in"
    if layout == "parquet":
        folder.mkdir()
        dataset.to_parquet(str(folder / "train.parquet"))
    elif layout == "splits":
        datasets.DatasetDict({"train": dataset, "test": dataset}).save_to_disk(str(folder))
    else:
        dataset.save_to_disk(str(folder))
    read, notes = read_back("datasets", folder)
    assert isinstance(read[0], Marked)
    assert read[0].document == Document.from_tokens(["in", "New", "York"], "7")
    assert spans(read[0]) == [(3, 11, "LOC")]
    assert isinstance(read[1], Failure)
    assert "row 2" in str(read[1].error)
    assert notes.counts == ({"names of splits (train, test)": 2} if layout == "splits" else {})


def test_what_is_no_dataset_is_a_failure(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    ((failure,), _) = read_back("datasets", tmp_path)
    assert isinstance(failure, Failure)
    assert str(tmp_path) in str(failure.error)


CONFIG = """<View><Labels name="label" toName="text"><Label value="person"/><Label value="man"/></Labels>
<Text name="text" value="$text"/></View>"""


def test_label_studio_converts_ours_and_we_read_what_it_exports(tmp_path: Path) -> None:
    """Our gold is imported as annotations; its own converter exports it, as JSON and as CoNLL."""
    sdk = pytest.importorskip("label_studio_sdk.converter")
    gold = Marked(Document("👩 Ada met Bob.", "x"), (Mention(2, 5, "person"), Mention(10, 13, "man")))
    path, _ = written("label-studio", tmp_path, gold)
    (task,) = json.loads(path.read_text("utf-8"))
    task |= {"id": 1}  # what the server adds
    task["annotations"][0] |= {"id": 1, "completed_by": 1, "was_cancelled": False}
    (tmp_path / "export.json").write_text(json.dumps([task]))
    converter = sdk.Converter(CONFIG, str(tmp_path), download_resources=False)
    converter.convert_to_json(str(tmp_path / "export.json"), str(tmp_path / "json"), is_dir=False)
    assert read_back("label-studio", tmp_path / "json" / "result.json")[0] == [gold]
    converter.convert_to_conll2003(str(tmp_path / "export.json"), str(tmp_path / "conll"), is_dir=False)
    assert spans(only(read_back("conll", tmp_path / "conll" / "result.conll")[0])) == spans(gold)


def test_label_studio_takes_our_tasks_for_valid(tmp_path: Path) -> None:
    sdk = pytest.importorskip("label_studio_sdk.label_interface")
    interface = sdk.LabelInterface(CONFIG)
    path, _ = written("label-studio", tmp_path, FLAT, TOKENS)
    scored, gold = json.loads(path.read_text("utf-8"))
    assert interface.validate_prediction(scored["predictions"][0])
    assert not interface.validate_prediction({"result": [{"from_name": "nobody"}]})
    assert not interface.validate_annotation(
        gold["annotations"][0]
    )  # its labels are not in the configuration
    TOKENS_AS_PEOPLE = Marked(
        TOKENS.document, tuple(Mention(m.start, m.end, "person") for m in TOKENS.mentions)
    )
    (again,) = json.loads(written("label-studio", tmp_path, TOKENS_AS_PEOPLE)[0].read_text("utf-8"))
    assert interface.validate_annotation(again["annotations"][0])


@pytest.mark.slow
def test_gliner_takes_ours_for_training(tmp_path: Path) -> None:
    """Its own processor finds each mention where we put it."""
    processor = pytest.importorskip("gliner.data_processing.processor")
    from types import SimpleNamespace

    path, _ = written("gliner", tmp_path, TOKENS)
    (row,) = json.loads(path.read_text())
    maker = processor.UniEncoderSpanProcessor.__new__(processor.UniEncoderSpanProcessor)
    maker.config = SimpleNamespace(max_width=4, max_len=384)
    ids = {"person": 1, "engineer": 2}
    made = maker.preprocess_example(row["tokenized_text"], [tuple(m) for m in row["ner"]], ids)
    marked = made["span_label"] > 0
    found = [
        (*span, label)
        for span, label in zip(
            made["span_idx"][marked].tolist(), made["span_label"][marked].tolist(), strict=True
        )
    ]
    assert found == [(0, 1, 1), (3, 3, 2)]
