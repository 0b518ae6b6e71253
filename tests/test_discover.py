"""Types proposed for a corpus: the vocabulary, clusters, names, and a schema file that can be used."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from samner.cli.main import run
from samner.discover.naming import Namer, Proposal
from samner.discover.schema_file import to_yaml
from samner.discover.spans import Name, Spans
from samner.discover.vocabulary import Term, Vocabulary, load_terms
from samner.knowledge.iris import is_iri
from samner.schema import read_schema
from samner.types import Document

ROOT = Path(__file__).parent.parent
MARK = re.compile(r"\[\[([^|\]]+)\|[^\]]+\]\]")


def name(surface: str, vector: list[float], archetype: str = "person", mentions: int = 1) -> Name:
    row = np.array(vector, np.float32) * mentions
    return Name(surface, archetype, row, np.array([mentions, 0], np.float32), mentions)


def vocabulary(*names: str) -> Vocabulary:
    """One term a unit of a space of as many, all with archetype 0."""
    count = len(names)
    terms = [Term(n, f"A {n}.", (), "corpus", "") for n in names]
    eye = np.eye(count, dtype=np.float32) * 10
    zero = np.zeros(count, np.float32)
    return Vocabulary(terms, eye, zero, zero, np.tile(np.array([1, 0], np.float32), (count, 1)))


def test_the_shipped_vocabulary() -> None:
    terms = load_terms()
    names = [term.name for term in terms]
    assert len(names) > 4000
    assert "person of color" not in names
    assert names == sorted(set(names))
    assert {term.source for term in terms} == {"corpus", "schema.org", "wordnet", "dbpedia"}
    assert all(is_iri(term.iri) for term in terms if term.iri)
    by_name = {term.name: term for term in terms}
    assert by_name["city"].iri == "https://schema.org/City"
    assert by_name["novelist"].definition
    assert sum(not term.definition for term in terms) < len(terms) / 10


def test_a_cluster_is_named_by_its_nearest_term() -> None:
    namer = Namer(vocabulary("poet", "king"), 1.0, 0.25)
    poets = [name("Sappho", [1, 0], mentions=3), name("Basho", [0.9, 0.2])]
    kings = [name("Midas", [0, 1])]
    more = [name("Homer", [0.8, 0])]
    found = namer.propose([kings, poets, more])
    assert [(p.term.name, p.mentions, [n.surface for n in p.names]) for p in found] == [
        ("poet", 5, ["Sappho", "Basho", "Homer"]),  # two clusters of one name are one type
        ("king", 1, ["Midas"]),
    ]
    assert found[0].examples[0] == "Sappho"  # the most typical one
    assert found[0].near == ("king",)


def test_the_file_is_a_schema(tmp_path: Path) -> None:
    term = Term("poet: of old", "", ("bard",), "dbpedia", "https://example.org/Poet")
    held = (name("Sap\x00pho: #1", [1.0]), name("- x", [1.0]))
    proposals = [Proposal(term, ("person", "misc"), (), ("Sap\x00pho: #1", "- x"), held)]
    file = tmp_path / "schema.yaml"
    file.write_text(to_yaml(proposals, 3, 2000), encoding="utf-8")
    read = read_schema(file)
    (kind,) = read.schema
    assert (kind.name, kind.definition, kind.archetypes) == ("poet: of old", "", ("person", "misc"))
    assert kind.examples == ("Sap pho: #1", "- x")
    assert read.type_about[kind.name]["iri"] == term.iri
    assert "# 2 of 2,000 mentions" in file.read_text("utf-8")


@pytest.mark.extra
def test_clusters_are_within_archetypes_and_as_many_as_asked() -> None:
    pytest.importorskip("scipy")
    from samner.discover.clusters import cluster

    names = [
        *(name(f"a{n}", [1, 0.01 * n, 0]) for n in range(4)),
        *(name(f"b{n}", [0, 1, 0.01 * n]) for n in range(3)),
        *(name(f"c{n}", [0, 1, 0.01 * n], "location") for n in range(2)),
        name("d", [0, 0, 1], "event", mentions=2),
        name("e", [0, 0, 1], "misc"),
    ]

    def found(most: int, least: int) -> list[list[str]]:
        return [[n.surface for n in c] for c in cluster(names, most, least)]

    assert found(4, 2) == [["a0", "a1", "a2", "a3"], ["b0", "b1", "b2"], ["c0", "c1"], ["d"]]
    assert found(3, 2)[0] == ["a0", "a1", "a2", "a3", "b0", "b1", "b2"]
    assert found(4, 3) == [["a0", "a1", "a2", "a3"], ["b0", "b1", "b2"]]
    assert cluster(list(reversed(names)), 4, 2) == cluster(names, 4, 2)


@pytest.mark.extra
def test_names_beyond_the_compared_ones_join_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    from samner.discover import clusters

    monkeypatch.setattr(clusters, "MOST_COMPARED", 4)
    many = [name("a", [1, 0], mentions=9), name("b", [0, 1], mentions=8)]
    many += [name("a2", [0.9, 0], mentions=7), name("b2", [0, 0.9], mentions=6)]
    rare = [name("a3", [0.8, 0.1]), name("b3", [0.1, 0.8])]
    found = [[n.surface for n in c] for c in clusters.cluster([*many, *rare], 2, 1)]
    assert found == [["a", "a2", "a3"], ["b", "b2", "b3"]]


@pytest.mark.model
def test_spans_are_those_of_extract_all() -> None:
    from samner import SamNER
    from samner.archetypes import load
    from samner.engines.embedded.engine import EmbeddedEngine
    from samner.locate import SHIPPED

    text = "Ada Lovelace met Charles Babbage in London. Lovelace wrote to Babbage. " * 40
    names = Spans(EmbeddedEngine(SHIPPED, load(), None, 2), 2).read([Document(text), Document("")], True)
    wanted = [(e.start, e.end, e.archetype) for e in SamNER(cache_dir=False, threads=2).extract(text, None)]
    found = sorted((start, end, n.archetype) for n in names for _, start, end in n.places)
    assert found == sorted(wanted)
    assert {n.surface for n in names} >= {"Ada Lovelace", "Lovelace", "London"}
    assert all(n.mentions == len(n.places) for n in names)
    assert all(abs(n.archetypes.sum() - n.mentions) < 1e-3 for n in names)


@pytest.mark.model
@pytest.mark.extra
@pytest.mark.slow
def test_the_command_proposes_a_usable_schema_and_the_same_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy")
    monkeypatch.setenv("SAMNER_CACHE", str(tmp_path / "cache"))
    lines = (ROOT / "corpus" / "biographies.tsv").read_text("utf-8").splitlines()[:60]
    (tmp_path / "in").mkdir()
    for n, line in enumerate(lines):
        (tmp_path / "in" / f"{n}.txt").write_text(MARK.sub(r"\1", line.split("\t")[1]), encoding="utf-8")
    (tmp_path / "in" / "bad.txt").write_bytes(b"\xff\xfe\x00")
    for out, threads in (("one.yaml", "1"), ("two.yaml", "2")):
        arguments = ["discover", str(tmp_path / "in"), "-o", str(tmp_path / out), "--threads", threads]
        assert run([*arguments, "--types", "12"]) == 1  # a file of the folder cannot be read
    assert "bad.txt" in capsys.readouterr().err
    assert (tmp_path / "one.yaml").read_bytes() == (tmp_path / "two.yaml").read_bytes()
    assert run(["schema", "check", str(tmp_path / "one.yaml")]) == 0
    kinds = {kind.name: kind for kind in read_schema(tmp_path / "one.yaml").schema}
    assert 5 <= len(kinds) <= 12
    assert "person" in {a for kind in kinds.values() for a in kind.archetypes}
    assert run(["discover", str(tmp_path / "in" / "bad.txt")]) == 1
    assert "expected texts with names in them" in capsys.readouterr().err


@pytest.mark.model
@pytest.mark.extra
def test_it_reads_what_a_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy")
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    monkeypatch.setenv("SAMNER_CACHE", str(tmp_path / "cache"))
    text = "Ada Lovelace met Charles Babbage and Mary Somerville in London."
    pq.write_table(pa.table({"body": [text]}), tmp_path / "a.parquet")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(text.encode())[:-9])
    (tmp_path / "c.csv").write_text(f"body\n{text}\n")
    arguments = ["discover", str(tmp_path), text, "--text-field", "body", "--least", "2"]
    assert run(arguments) == 1  # b.txt.gz is torn
    said = capsys.readouterr()
    assert "from 3 documents" in said.out
    assert "b.txt.gz; mend the file" in said.err


@pytest.mark.model
@pytest.mark.extra
def test_without_a_type_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy")
    assert run(["discover", "Ada Lovelace was here.", "-o", str(tmp_path / "s.yaml"), "--least", "9"]) == 1
    assert (
        "expected types of 9 mentions, found 1 mentions and no such type in 1 documents"
        in capsys.readouterr().err
    )
    assert run(["discover", str(tmp_path / "gone"), "-o", str(tmp_path / "s.yaml")]) == 2
    assert "nothing at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
