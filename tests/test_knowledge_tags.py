"""Tags and similar documents, worked out by hand on small documents; and the commands themselves."""

from __future__ import annotations

import csv
import io
import json
from math import log
from pathlib import Path

import pytest
import yaml

from extractions import ENGINES, LETTERS, marked
from samner.cli.main import run
from samner.knowledge.corpus import gather
from samner.knowledge.results import Extraction
from samner.knowledge.similar import similar
from samner.knowledge.tag_formats import write
from samner.knowledge.tags import tag
from samner.knowledge.together import edges
from samner.writing.base import dumps

OTHER = marked("other", "[London|city|location] lies on the [Thames|river|location].")


def stored(folder: Path, *extractions: Extraction) -> str:
    file = folder / "out.jsonl"
    rows = [
        {
            "id": e.id,
            "text": e.text,
            "entities": [{f: getattr(m, f) for f in m.__slots__} for m in e.mentions],
        }
        for e in extractions
    ]
    file.write_text("".join(dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


def test_salience_is_the_product_of_its_factors() -> None:
    tagged = tag([LETTERS, ENGINES, OTHER])
    assert [row.document.id for row in tagged] == ["letters", "engines", "other"]
    ada = next(t for t in tagged[0].tags if t.entity.name == "Ada Lovelace")
    assert LETTERS.text is not None
    assert (ada.mentions, ada.position, ada.spread) == (2, 2.0, 1.2)
    assert ada.frequency == log(3)
    assert ada.rarity == log(4)  # one document of three
    assert ada.score == pytest.approx(0.9)
    assert ada.product == pytest.approx(log(3) * 2.0 * 1.2 * 0.9 * log(4))
    assert ada.salience == pytest.approx(ada.product / sum(t.product for t in tagged[0].tags), abs=1e-6)
    assert tagged[0].tags[0] is ada  # rarer than Babbage, who is first mentioned later too
    assert sum(t.salience for t in tagged[0].tags) == pytest.approx(1, abs=1e-5)
    assert [name for name, _ in tagged[2].archetypes] == ["location"]


def test_archetypes_that_do_not_count() -> None:
    dated = marked("dated", "In [1843|year|time] [Ada Lovelace|person] was in [London|city|location].")
    (with_years,) = tag([dated])
    (without,) = tag([dated], {"time", "location"})
    assert [t.entity.name for t in with_years.tags] == ["1843", "Ada Lovelace", "London"]
    assert [(t.entity.name, t.salience) for t in without.tags] == [("Ada Lovelace", 1.0)]
    again = marked("again", "[1843|year|time]")
    assert list(similar([dated, again])) == ["dated", "again"]
    assert similar([dated, again], without={"time"}) == {}


def test_formats_hold_the_same_tags() -> None:
    tagged = tag([LETTERS, marked("=x", "no entity here"), marked("a;b", "[A; B|film|creative_work]")])
    outs = {}
    for format in ("json", "csv", "front-matter"):
        out = io.StringIO()
        write(tagged, format, 2, out)
        outs[format] = out.getvalue()
    from_json = [[t["name"] for t in json.loads(line)["tags"]] for line in outs["json"].splitlines()]
    assert from_json == [["Ada Lovelace", "Charles Babbage"], [], ["A; B"]]
    heads = [head for head in yaml.safe_load_all(outs["front-matter"]) if head]
    assert [head["tags"] for head in heads] == from_json
    rows = list(csv.DictReader(io.StringIO(outs["csv"])))
    assert [row["tags"] for row in rows] == ["Ada Lovelace; Charles Babbage", "", "A, B"]
    assert rows[1]["id"] == "'=x"


def test_documents_share_rare_entities() -> None:
    third = marked("third", "The [Thames|river|location] at [Oxford|city|location].")
    found = similar([LETTERS, ENGINES, OTHER, third], common=0.5)
    assert [(p.other, [e.name for e in p.shared]) for p in found["letters"]] == [
        ("engines", ["Royal Astronomical Society", "Charles Babbage"])
    ]  # London is in three of four
    assert [(p.one, p.other) for p in found["third"]] == [("third", "other")]
    (pair,) = found["third"]
    thames, oxford, london = log(1 + 4 / 2), log(1 + 4), log(1 + 4 / 3)
    length = ((thames**2 + oxford**2) * (thames**2 + london**2)) ** 0.5
    assert pair.score == pytest.approx(thames**2 / length, abs=1e-6)
    assert found["other"][0].score == pair.score


def test_pmi_over_paragraphs_and_documents() -> None:
    texts = {e.id: e.text for e in (LETTERS, OTHER)}
    entities = gather([LETTERS, OTHER]).entities
    names = [e.name for e in entities]
    by_paragraph = {(names[e.one], names[e.other]): e for e in edges(entities, texts, "paragraph", 1)}
    pair = by_paragraph["Ada Lovelace", "Charles Babbage"]  # both paragraphs of three
    assert (pair.count, pair.pmi, pair.npmi) == (2, pytest.approx(log(1.5, 2), abs=1e-6), pytest.approx(1))
    by_document = {(names[e.one], names[e.other]): e for e in edges(entities, texts, "document", 1)}
    assert by_document["Ada Lovelace", "Charles Babbage"].pmi == 1.0
    assert ("Charles Babbage", "London") not in by_document  # PMI of zero: London is everywhere
    assert edges(entities, texts, "document", 2) == []


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = stored(tmp_path, LETTERS, ENGINES, OTHER)
    assert run(["tags", file, "--top", "1"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["tags"][0]["name"] == "Ada Lovelace"
    assert run(["similar", file, "--to", "engines"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert [row["id"] for row in json.loads(line)["similar"]] == ["letters"]
    assert run(["graph", file, "--explain"]) == 0
    assert "letters: 'RAS' -> 'Royal Astronomical Society', acronym" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tags", "F", "--format", "xml"], "expected a known format, found 'xml'"),
        (["similar", "F", "--to", "nobody"], "expected --to with the id of a document"),
        (["similar", "F", "--common", "0"], "expected --common above 0"),
        (
            ["tags", "F", "--without", "tme"],
            "expected archetypes in --without, found 'tme'; did you mean 'time'?",
        ),
        (["graph", "F", "--to", "rdf"], "expected a known format, found 'rdf'"),
        (["graph", "F", "--to", "neo4j-csv"], "expected -o FOLDER with --to neo4j-csv"),
        (["graph", "F", "--base", "no iri"], "expected --base with an absolute IRI"),
        (["graph", "F", "--context", "page"], "expected --context paragraph or document"),
    ],
)
def test_wrong_use(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = stored(tmp_path, LETTERS)
    assert run([file if a == "F" else a for a in arguments]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


def test_a_bad_line_does_not_lose_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = stored(tmp_path, LETTERS)
    with open(file, "a", encoding="utf-8") as out:
        out.write("{\n")
    assert run(["tags", file]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1
    assert f"{file}:2" in said.err


@pytest.mark.parametrize("command", ["tags", "similar", "graph"])
def test_a_mistyped_input_does_not_take_the_place_of_a_result(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if command == "graph":
        pytest.importorskip("rdflib")
    (tmp_path / "good").write_text("made before")
    for wrong in (tmp_path / "gone", tmp_path):  # no such folder; a folder without results
        assert run([command, str(wrong), "-o", str(tmp_path / "good")]) == 1
        said = capsys.readouterr()
        assert "nothing was written" in said.err
        assert said.out == ""
    assert (tmp_path / "good").read_text() == "made before"
    assert [path.name for path in tmp_path.iterdir()] == ["good"]
