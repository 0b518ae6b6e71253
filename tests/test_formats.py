"""Formats of marked texts: what each file looks like, what comes back, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from material import few, texts
from samner.errors import InputError
from samner.formats import FORMATS, Marked, Mention, Notes, Read, by_suffix, get_format
from samner.formats.base import EMPTY, encodable
from samner.formats.table import with_texts
from samner.formats.units import Utf16
from samner.types import Document, Failure, Span

NEED_EXTRA = {"spacy", "datasets"}
CORE = [name for name in FORMATS if name not in NEED_EXTRA]
ADA = Marked(
    Document("👩 Ada Lovelace met Babbage.", "ada"),
    (
        Mention(2, 14, "mathematician", 0.9, "person", ("anchor",), (("writer", 0.05),)),
        Mention(2, 5, "given name", 0.5),
        Mention(19, 26, "engineer", 0.75, "person"),
    ),
)
TOKENS = Marked(
    Document.from_tokens(["Ada", "Lovelace", "met", "Babbage"]),
    (Mention(0, 12, "person"), Mention(17, 24, "engineer")),
)


def written(name: str, folder: Path, *documents: Marked) -> tuple[Path, Notes]:
    notes, path = Notes(), folder / f"out.{name}"
    get_format(name).write(path, documents, notes)
    return path, notes


def read_back(name: str, path: Path) -> tuple[list[Read], Notes]:
    notes = Notes()
    return list(get_format(name).read(path, notes)), notes


def round_trip(name: str, folder: Path, *documents: Marked) -> list[Read]:
    return read_back(name, written(name, folder, *documents)[0])[0]


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def read_text(name: str, folder: Path, text: str) -> tuple[list[Read], Notes]:
    path = folder / f"in.{name}"
    path.write_text(text, encoding="utf-8")
    return read_back(name, path)


def only(read: list[Read]) -> Marked:
    (marked,) = read
    assert isinstance(marked, Marked), marked.error
    return marked


def spans(marked: Read) -> list[tuple[int, int, str]]:
    assert isinstance(marked, Marked), marked.error
    return [(m.start, m.end, m.label) for m in marked.mentions]


# What the files look like


def test_jsonl_is_what_extract_writes(tmp_path: Path) -> None:
    path, notes = written("jsonl", tmp_path, ADA, TOKENS)
    first, second = lines(path)
    assert list(first) == ["id", "text", "entities"]
    assert first["entities"][0] == {
        "start": 2,
        "end": 14,
        "text": "Ada Lovelace",
        "label": "mathematician",
        "score": 0.9,
        "archetype": "person",
        "sources": ["anchor"],
        "alternatives": [{"label": "writer", "score": 0.05}],
    }
    assert second["words"] == [[0, 3], [4, 12], [13, 16], [17, 24]]
    assert not notes.counts


def test_gliner_counts_tokens_with_inclusive_ends(tmp_path: Path) -> None:
    path, _ = written("gliner", tmp_path, TOKENS)
    assert json.loads(path.read_text()) == [
        {
            "tokenized_text": ["Ada", "Lovelace", "met", "Babbage"],
            "ner": [[0, 1, "person"], [3, 3, "engineer"]],
        }
    ]


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("conll", ["B-person", "I-person", "O", "B-engineer"]),
        ("bilou", ["B-person", "L-person", "O", "U-engineer"]),
    ],
)
def test_conll(tmp_path: Path, name: str, tags: list[str]) -> None:
    path, _ = written(name, tmp_path, TOKENS)
    assert (
        path.read_text()
        == "".join(
            f"{token}\t{tag}\n"
            for token, tag in zip(["Ada", "Lovelace", "met", "Babbage"], tags, strict=True)
        )
        + "\n"
    )


def test_label_studio_predictions_have_scores_and_gold_is_an_annotation(tmp_path: Path) -> None:
    path, _ = written("label-studio", tmp_path, ADA, TOKENS)
    ada, gold = json.loads(path.read_text("utf-8"))
    assert ada["data"] == {"text": ADA.document.text, "id": "ada"}
    (prediction,) = ada["predictions"]
    assert prediction["score"] == pytest.approx((0.9 + 0.5 + 0.75) / 3)
    assert prediction["result"][0] == {
        "id": "m1",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": 2, "end": 14, "text": "Ada Lovelace", "labels": ["mathematician"]},
        "score": 0.9,
    }
    assert "predictions" not in gold
    assert [r["value"]["text"] for r in gold["annotations"][0]["result"]] == ["Ada Lovelace", "Babbage"]


def test_prodigy_has_tokens_with_inclusive_ends(tmp_path: Path) -> None:
    path, _ = written("prodigy", tmp_path, ADA, TOKENS)
    ada, tokens = lines(path)
    assert ada["spans"][1] == {"start": 2, "end": 5, "label": "given name", "score": 0.5}
    assert ada["meta"] == {"id": "ada"}
    assert tokens["spans"][0] == {
        "start": 0, "end": 12, "label": "person", "token_start": 0, "token_end": 1,
    }  # fmt: skip
    assert tokens["tokens"][1] == {"text": "Lovelace", "start": 4, "end": 12, "id": 1, "ws": True}
    assert not tokens["tokens"][3]["ws"]


def test_doccano_counts_utf16_units(tmp_path: Path) -> None:
    path, _ = written("doccano", tmp_path, ADA)
    assert lines(path) == [
        {
            "id": "ada",
            "text": ADA.document.text,
            "label": [[3, 15, "mathematician"], [3, 6, "given name"], [20, 27, "engineer"]],
        }
    ]


def test_brat_is_a_folder_with_a_configuration(tmp_path: Path) -> None:
    marked = Marked(Document("Ada\nLovelace", "a/b"), (Mention(0, 12, "given name"),))
    path, notes = written("brat", tmp_path, marked, TOKENS)
    assert (path / "a" / "b.txt").read_bytes() == b"Ada\nLovelace"
    assert (path / "a" / "b.ann").read_text() == "T1\tgiven_name 0 3;4 12\tAda Lovelace\n"
    assert (path / "000002.ann").read_text() == "T1\tperson 0 12\tAda Lovelace\nT2\tengineer 17 24\tBabbage\n"
    assert (path / "annotation.conf").read_text().split("\n\n")[
        0
    ] == "[entities]\nengineer\ngiven_name\nperson"
    assert notes.counts == {"labels that brat cannot spell, changed": 1, "texts whose tokens were given": 1}


def test_csv_has_a_row_an_entity(tmp_path: Path) -> None:
    path, notes = written("csv", tmp_path, ADA, TOKENS)
    assert path.read_text("utf-8").splitlines() == [
        "id,start,end,text,label,score,archetype",
        "ada,2,14,Ada Lovelace,mathematician,0.9,person",
        "ada,2,5,Ada,given name,0.5,",
        "ada,19,26,Babbage,engineer,0.75,person",
        "#2,0,12,Ada Lovelace,person,,",
        "#2,17,24,Babbage,engineer,,",
    ]
    assert notes.counts["texts (keep them: --texts brings them back)"] == 2


# What a format cannot hold is counted

NO_SCORES = {"archetypes": 2, "sources": 1, "alternatives": 1, "scores": 3}
LOST = {
    "jsonl": {},
    "prodigy": {"archetypes": 2, "sources": 1, "alternatives": 1},
    "label-studio": {"archetypes": 2, "sources": 1, "alternatives": 1},
    "doccano": {"archetypes": 2, "sources": 1, "alternatives": 1, "scores": 3},
    "csv": {"sources": 1, "alternatives": 1, "texts (keep them: --texts brings them back)": 1},
    "brat": {
        **NO_SCORES,
        "labels that brat cannot spell, changed": 1,
    },
    "gliner": {
        **NO_SCORES,
        "ids of texts": 1,
        "texts whose white space is not one space between tokens": 1,
    },
    "conll": {
        **NO_SCORES,
        "ids of texts": 1,
        "texts whose white space is not one space between tokens": 1,
        "mentions that share a token with a better one, left out": 1,
    },
}
LOST["bilou"] = LOST["conll"]


@pytest.mark.parametrize("name", CORE)
def test_what_cannot_be_held_is_counted(tmp_path: Path, name: str) -> None:
    assert written(name, tmp_path, ADA)[1].counts == LOST[name]


@pytest.mark.parametrize("name", ["conll", "gliner"])
def test_a_mention_inside_a_token_is_moved_to_its_edges_and_counted(tmp_path: Path, name: str) -> None:
    marked = Marked(Document("Unlovely day"), (Mention(2, 6, "a"), Mention(8, 9, "b")))
    path, notes = written(name, tmp_path, marked)
    assert spans(only(read_back(name, path)[0])) == [(0, 8, "a")]
    assert notes.counts["mentions that do not begin and end with a token, moved to its edges"] == 1
    assert notes.counts["mentions that touch no token, left out"] == 1


# What is written comes back


@st.composite
def documents(draw: st.DrawFn) -> Marked:
    """Odd texts with any spans: nested, crossing, in the middle of characters that belong together."""
    text = draw(texts())
    mentions = {}
    for _ in range(draw(st.integers(0, 5)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        label = draw(st.sampled_from(["person", "big city", "Ärzte/in", "B-x", "東京"]))
        mentions[start, end, label] = Mention(
            start, end, label, draw(st.none() | st.sampled_from([0, 0.25, 1.0]))
        )
    return Marked(
        Document(text, draw(st.none() | st.sampled_from(["x", "a/b", "7"]))), tuple(mentions.values())
    )


def expected(marked: Marked, holds: frozenset[str]) -> Marked:
    bare = {name: EMPTY[name] for name in EMPTY if name not in holds}
    kept = tuple(
        Mention(**{name: getattr(m, name) for name in ("start", "end", "label", *EMPTY)} | bare)
        for m in marked.mentions
    )
    return Marked(Document(marked.document.text, marked.document.id if "id" in holds else None), kept)


@pytest.mark.parametrize("name", ["jsonl", "prodigy", "label-studio", "doccano"])
@few
@given(marked=documents())
def test_every_offset_comes_back(tmp_path_factory: pytest.TempPathFactory, name: str, marked: Marked) -> None:
    folder = tmp_path_factory.mktemp("f")
    assert round_trip(name, folder, marked) == [expected(marked, get_format(name).holds)]


@few
@given(marked=documents())
def test_csv_comes_back_with_its_texts(tmp_path_factory: pytest.TempPathFactory, marked: Marked) -> None:
    folder = tmp_path_factory.mktemp("f")
    path, _ = written("csv", folder, marked)
    source, _ = written("jsonl", folder, marked)
    assert list(with_texts(source).read(path, Notes())) == [expected(marked, get_format("csv").holds)]


def test_csv_holds_the_character_of_number_zero(tmp_path: Path) -> None:
    """Which no CSV file of Python 3.10 does: it is written as a sign, and read as what the text has."""
    marked = Marked(Document("A\0da", id="a"), (Mention(0, 4, "person"),))
    path, _ = written("csv", tmp_path, marked)
    source, _ = written("jsonl", tmp_path, marked)
    assert "A\N{SYMBOL FOR NULL}da" in path.read_text("utf-8")
    assert list(with_texts(source).read(path, Notes())) == [expected(marked, get_format("csv").holds)]


@few
@given(marked=documents())
def test_brat_keeps_text_and_offsets(tmp_path_factory: pytest.TempPathFactory, marked: Marked) -> None:
    """A mention that begins or ends with a line end loses that; all of the text is there to the byte."""
    back = only(round_trip("brat", tmp_path_factory.mktemp("f"), marked))
    assert back.document.text == encodable(marked.document.text)
    trimmed = [_without_line_ends(encodable(marked.document.text), m) for m in marked.mentions]
    assert [(m.start, m.end) for m in back.mentions] == [span for span in trimmed if span is not None]


def test_line_ends_at_the_edge_of_a_mention_are_counted(tmp_path: Path) -> None:
    marked = Marked(Document("\nAda\n\n"), (Mention(0, 5, "a"), Mention(4, 6, "b")))
    path, notes = written("brat", tmp_path, marked)
    assert spans(only(read_back("brat", path)[0])) == [(1, 4, "a")]
    assert notes.counts == {"line ends at the edge of a mention": 2}


def _without_line_ends(text: str, mention: Mention) -> tuple[int, int] | None:
    surface = text[mention.start : mention.end]
    if not surface.strip("\n"):
        return None
    left = len(surface) - len(surface.lstrip("\n"))
    return mention.start + left, mention.start + len(surface.rstrip("\n"))


TOKEN = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=4)
RUNS = st.lists(
    st.tuples(st.sampled_from(["", "song", "big city"]), st.lists(TOKEN, min_size=1, max_size=3)),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("name", ["gliner", "conll", "bilou", "jsonl", "prodigy"])
@few
@given(runs=RUNS)
def test_tokens_come_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, runs: list[tuple[str, list[str]]]
) -> None:
    document = Document.from_tokens([token for _, tokens in runs for token in tokens])
    mentions, at = [], 0
    for label, tokens in runs:
        end = at + len(" ".join(tokens))
        if label:
            mentions.append(Mention(at, end, label))
        at = end + 1
    marked = Marked(document, tuple(mentions))
    path, notes = written(name, tmp_path_factory.mktemp("f"), marked)
    back = only(read_back(name, path)[0])
    assert back.document == document
    assert spans(back) == spans(marked)
    assert not notes.counts


def test_the_better_of_two_mentions_that_share_a_token_stays(tmp_path: Path) -> None:
    document = Document.from_tokens(["New", "York", "Times"])
    marked = Marked(document, (Mention(0, 8, "city", 0.6), Mention(0, 14, "newspaper", 0.7)))
    assert spans(only(round_trip("conll", tmp_path, marked))) == [(0, 14, "newspaper")]


def test_texts_of_brat_with_one_name_stay_two(tmp_path: Path) -> None:
    path, notes = written(
        "brat",
        tmp_path,
        *(Marked(Document(t, i), ()) for t, i in zip("abc", ["X", "x", "../x"], strict=True)),
    )
    assert sorted(p.name for p in path.glob("*.txt")) == ["X.txt", "x_2.txt", "x_3.txt"]
    assert not list(tmp_path.glob("*.txt"))
    assert notes.counts == {"ids that cannot be file names, changed": 2}


def test_labels_of_brat_that_look_alike_stay_two(tmp_path: Path) -> None:
    marked = Marked(Document("a b"), (Mention(0, 1, "big city"), Mention(2, 3, "big/city")))
    assert [label for *_, label in spans(only(round_trip("brat", tmp_path, marked)))] == [
        "big_city",
        "big_city_2",
    ]


def test_csv_tells_texts_with_one_id_apart(tmp_path: Path) -> None:
    both = [Marked(Document(text, "x"), (Mention(0, 1, "a"),)) for text in ("A", "B")]
    path, notes = written("csv", tmp_path, *both)
    source, _ = written("jsonl", tmp_path, *both)
    assert list(with_texts(source).read(path, Notes())) == both
    assert notes.counts["texts with the id of another one, named by their number"] == 1


# What other tools write


def test_doccano_with_relations(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "text": "👩 Ada met Babbage",
        "Comments": [],
        "entities": [{"id": 1, "label": "PER", "start_offset": 3, "end_offset": 6}],
        "relations": [{"id": 1, "from_id": 1, "to_id": 1, "type": "x"}],
    }
    read, notes = read_text("doccano", tmp_path, json.dumps(row))
    assert only(read) == Marked(Document("👩 Ada met Babbage", "7"), (Mention(2, 5, "PER"),))
    assert notes.counts == {"field 'relations'": 1}


def test_an_offset_inside_a_character_is_a_fault(tmp_path: Path) -> None:
    (failure,), _ = read_text("doccano", tmp_path, '{"text": "👩 Ada", "label": [[1, 3, "x"]]}')
    assert isinstance(failure, Failure)
    assert "inside a character" in str(failure.error)


@given(st.text())
def test_utf16_units_there_and_back(text: str) -> None:
    units = Utf16(text)
    for at in range(len(text) + 1):
        assert units.units(at) == len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
        assert units.points(units.units(at)) == at


def test_prodigy_answers(tmp_path: Path) -> None:
    rows = [
        {"text": "Ada", "spans": [{"start": 0, "end": 3, "label": "a", "source": "m"}], "_input_hash": 1},
        {"text": "Bob", "spans": [], "answer": "reject"},
        {"text": "Eve", "meta": {"section": 1}},
    ]  # fmt: skip
    read, notes = read_text("prodigy", tmp_path, "\n".join(map(json.dumps, rows)))
    assert [m.document.text for m in read if isinstance(m, Marked)] == ["Ada", "Eve"]
    assert notes.counts == {
        "texts answered 'reject', left out": 1, "field 'spans.source'": 1, "field 'meta.section'": 1,
    }  # fmt: skip


def region(start: int, end: int, label: str, **more: Any) -> dict[str, Any]:
    return {"type": "labels", "value": {"start": start, "end": end, "labels": [label], **more}}


def test_label_studio_annotations_come_before_predictions(tmp_path: Path) -> None:
    task = {
        "id": 3,
        "data": {"article": "Ada met Babbage", "page": 3},
        "annotations": [
            {"was_cancelled": True, "result": [region(0, 3, "no")]},
            {"result": [region(0, 3, "PER"), {"type": "choices", "value": {"choices": ["x"]}}]},
            {"result": []},
        ],
        "predictions": [{"result": [region(8, 15, "PER")]}],
    }
    read, notes = read_text("label-studio", tmp_path, json.dumps([task]))
    assert spans(only(read)) == [(0, 3, "PER")]
    assert notes.counts == {
        "cancelled annotations": 1,
        "further annotations or predictions of a text": 1,
        "predictions beside an annotation": 1,
        "results of type 'choices'": 1,
        "field 'data.page'": 1,
    }


def test_label_studio_of_old_counted_utf16_units(tmp_path: Path) -> None:
    task = {"data": {"text": "👩 Ada"}, "annotations": [{"result": [region(3, 6, "PER", text="Ada")]}]}
    assert spans(only(read_text("label-studio", tmp_path, json.dumps([task]))[0])) == [(2, 5, "PER")]


def test_brat_with_all_kinds_of_lines(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "d.txt").write_text("Ada and Bob Smith\nJones")
    (folder / "d.ann").write_text(
        "T1\tPER 0 3\tAda\nT2\tPER 8 17;18 23\tBob Smith Jones\nT3\tPER 0 3;8 11\tAda Bob\n"
        "R1\tknows Arg1:T1 Arg2:T2\nA1\tSure T1\n#1\tAnnotatorNotes T1\thm\n"
    )
    (folder / "bare.txt").write_text("nothing")
    read, notes = read_back("brat", folder)
    assert [m.document.id for m in read if isinstance(m, Marked)] == ["bare", "d"]
    assert spans(read[1]) == [(0, 3, "PER"), (8, 23, "PER")]
    assert notes.counts == {
        "mentions in several pieces, left out": 1, "relations": 1, "attributes": 1, "notes": 1,
        "texts without a .ann beside them, taken as unmarked": 1,
    }  # fmt: skip


def test_conll_2003(tmp_path: Path) -> None:
    text = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n# id 7\tdomain=en\nBonn\t_\t_\tS-LOC\n"
    read, notes = read_text("conll", tmp_path, text)
    assert [m.document.text for m in read if isinstance(m, Marked)] == ["EU rejects", "Bonn"]
    assert [spans(m) for m in read] == [[(0, 2, "ORG")], [(0, 4, "LOC")]]
    assert notes.counts == {"comment lines": 2, "columns between token and tag": 6}


@pytest.mark.parametrize(
    "tags",
    [
        ["B-x", "L-x", "I-x"],
        ["U-x", "I-x"],
        ["S-x", "E-x"],
        ["O", "L-x"],
        ["B-x", "I-y"],
        ["B-x", "E-x", "E-x"],
    ],
)
def test_tags_that_follow_nothing_are_faults(tmp_path: Path, tags: list[str]) -> None:
    (failure,), _ = read_text("conll", tmp_path, "".join(f"t\t{tag}\n" for tag in tags))
    assert isinstance(failure, Failure)
    assert f"in.conll:{len(tags)}" in str(failure.error)


# Bad parts are named, the rest comes through

BAD = {
    "jsonl": (
        '{"text": "Ada", "entities": []}',
        '{"text": "Ada", "entities": [{"start": 0, "end": 9, "label": "x"}]}',
    ),
    "gliner": ('{"tokenized_text": ["Ada"], "ner": []}', '{"tokenized_text": ["Ada"], "ner": [[0, 1, "x"]]}'),
    "doccano": ('{"text": "Ada", "label": []}', '{"text": "Ada", "label": [[0, 3]]}'),
    "prodigy": ('{"text": "Ada"}', '{"text": "Ada", "spans": [{"start": 0, "end": 3, "label": ""}]}'),
    "label-studio": ('{"data": {"text": "Ada"}}', '{"text": "Ada"}'),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("broken", ["", "{", "[]", "3", "null"])
def test_a_bad_line_is_named_and_costs_itself_alone(tmp_path: Path, name: str, broken: str) -> None:
    good, bad = BAD[name]
    path = tmp_path / f"in.{name}"
    path.write_text("\n".join([good, broken or bad, good]), encoding="utf-8")
    first, failure, last = read_back(name, path)[0]
    assert isinstance(first, Marked)
    assert first == last
    assert isinstance(failure, Failure)
    assert f"{path}:2" in str(failure.error)


@pytest.mark.parametrize("name", BAD)
def test_items_of_a_list_are_named_too(tmp_path: Path, name: str) -> None:
    good, bad = BAD[name]
    (_, failure), _ = read_text(name, tmp_path, f"[{good},\n{bad}]")
    assert isinstance(failure, Failure)
    assert f"in.{name}, item 2" in str(failure.error)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("jsonl", {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "x", "score": 2}]}),
        ("jsonl", {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "x", "score": True}]}),
        ("jsonl", {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "x", "archetype": 1}]}),
        ("jsonl", {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "x", "sources": "a"}]}),
        ("jsonl", {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "x", "alternatives": [1]}]}),
        ("jsonl", {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "x", "alternatives": 1}]}),
        ("jsonl", {"text": "Ada", "entities": [], "words": [[2, 1]]}),
        ("jsonl", {"text": "Ada", "entities": [], "words": [[0, 2], [1, 3]]}),
        ("jsonl", {"text": "Ada", "entities": [], "id": []}),
        ("jsonl", {"tokens": [""], "entities": []}),
        ("gliner", {"tokenized_text": [1], "ner": []}),
        ("gliner", {"tokenized_text": "Ada", "ner": []}),
        ("gliner", {"tokenized_text": ["Ada"], "ner": [[0, True, "x"]]}),
        ("doccano", {"text": "Ada"}),
        ("doccano", {"text": "Ada", "entities": [{"start_offset": "0", "end_offset": 3, "label": "x"}]}),
        ("prodigy", {"text": "Ada", "tokens": [{"start": 2, "end": 9}]}),
        ("prodigy", {"text": "Ada", "tokens": [1]}),
        ("prodigy", {"text": "Ada", "tokens": 1}),
        ("prodigy", {"text": "Ada", "spans": 1}),
        ("prodigy", {"text": "Ada", "meta": 1}),
        ("label-studio", {"data": {"text": "Ada"}, "annotations": 1}),
        ("label-studio", {"data": {"text": "Ada"}, "annotations": [1]}),
        ("label-studio", {"data": {"text": "Ada"}, "annotations": [{"result": [1]}]}),
        (
            "label-studio",
            {"data": {"text": "Ada"}, "annotations": [{"result": [region(0, 3, "x", text="Bob")]}]},
        ),
        ("label-studio", {"data": {"a": "Ada", "b": "Bob"}}),
        ("label-studio", {"data": {"text": "Ada"}, "predictions": {"result": []}}),
    ],
)
def test_what_is_not_as_it_should_be_is_a_failure(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    (failure,), _ = read_text(name, tmp_path, json.dumps(row))
    assert isinstance(failure, Failure)
    assert "mend" in str(failure.error)


@pytest.mark.parametrize(
    "line", ["T1\tPER 0\tx", "T1\tPER a b\tx", "T1", "T1\tPER 0 99\tx", "T1\t 0 1\tA", "T1\tPER 0  1\tA"]
)
def test_a_bad_line_of_brat_costs_its_text(tmp_path: Path, line: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text("Ada")
        (folder / f"{name}.ann").write_text("T1\tPER 0 3\tAda\n")
    (folder / "a.ann").write_text(f"T1\tPER 0 3\tAda\n{line}\n")
    failure, good = read_back("brat", folder)[0]
    assert isinstance(failure, Failure)
    assert f"{folder / 'a.ann'}:2" in str(failure.error)
    assert spans(good) == [(0, 3, "PER")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "a column 'id'"),
        ("start,end,label\n0,1,x\n", "a column 'id'"),
        ("id,start,end,label\n1,zero,1,x\n", ":2: numbers"),
        ("id,start,end,label\n1,0\n", ":2: numbers"),
        ("id,start,end,label\n1,0,9,x\n", "outside"),
        ("id,start,end,label\nnobody,0,1,x\n", "'nobody' at"),
        ("id,start,end,label,text\n1,0,1,x,B\n", "'B' but 'A'"),
    ],
)
def test_a_bad_csv(tmp_path: Path, content: str, message: str) -> None:
    source, path = tmp_path / "texts.jsonl", tmp_path / "e.csv"
    source.write_text('{"id": 1, "text": "A"}')
    path.write_text(content)
    failures = [f for f in with_texts(source).read(path, Notes()) if isinstance(f, Failure)]
    assert len(failures) == 1
    assert message in str(failures[0].error)


@pytest.mark.parametrize("name", CORE)
def test_a_file_that_is_not_there_is_a_failure(tmp_path: Path, name: str) -> None:
    format = with_texts(tmp_path) if name == "csv" else get_format(name)
    read = list(format.read(tmp_path / "absent", Notes()))
    assert all(isinstance(item, Failure) for item in read)
    assert len(read) == (name != "brat")


def test_formats_by_name_and_by_suffix() -> None:
    assert all(get_format(name).name == name for name in FORMATS)
    assert by_suffix(Path("a.JSONL")) is get_format("jsonl")
    assert by_suffix(Path("a.json")) is None
    with pytest.raises(InputError, match="did you mean 'label-studio'"):
        get_format("labelstudio")


def test_words_are_spans() -> None:
    row = {"text": "Ada met", "words": [[0, 3], [4, 7]], "entities": []}
    from samner.formats.jsonl import row_of

    assert row_of(row).document.words == (Span(0, 3), Span(4, 7))
