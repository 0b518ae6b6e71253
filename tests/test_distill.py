"""From ontologies and inventories to archetypes: each step by hand, and the whole way on a small world."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from samner.archetypes import load
from samner.cli.main import run
from samner.distill.align import align, shares
from samner.distill.filing import anchors, filed
from samner.distill.inventory import Label, gather
from samner.distill.nodes import DBPEDIA, FILES, SCHEMA_ORG, WORDNET, Node, ancestors, read
from samner.distill.write import Cluster, clusters, write
from samner.errors import FormatError

TURTLE = """\
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://dbpedia.org/ontology/> .
:Person a owl:Class ; rdfs:label "person"@en, "Mensch"@de ; rdfs:comment "A human being."@en .
:MusicalArtist a owl:Class ; rdfs:label "Musikant"@de ; rdfs:subClassOf :Person, owl:Thing .
"""
COLUMNS = "id,label,comment,subTypeOf,enumerationtype\n"
TABLE = (
    COLUMNS
    + 'https://schema.org/Person,Person,"A <b>person</b>, alive or dead. More.",https://schema.org/Thing,\n'
    + "https://schema.org/Paperback,Paperback,A value.,,https://schema.org/BookFormatType\n"
)
SYNSETS = """\
00000001-n:
  definition: [that which is]
  members: [entity]
00000002-n:
  definition: [a human being]
  hypernym: [00000001-n]
  members: [person, individual]
00000003-n:
  definition: [someone who sings]
  hypernym: [00000002-n]
  members: [singer]
00000004-n:
  definition: [a stream of water]
  hypernym: [00000001-n]
  members: [river]
00000005-n:
  definition: [one particular river]
  instance_hypernym: [00000004-n]
  members: [Rhine]
"""


@pytest.fixture
def ontologies(tmp_path: Path) -> Path:
    folder = tmp_path / "ontologies"
    folder.mkdir()
    (folder / FILES[DBPEDIA]).write_bytes(gzip.compress(TURTLE.encode()))
    (folder / FILES[SCHEMA_ORG]).write_bytes(gzip.compress(TABLE.encode()))
    with tarfile.open(folder / FILES[WORDNET], "w:gz") as held:
        member = tarfile.TarInfo("src/yaml/noun.Tops.yaml")
        member.size = len(SYNSETS)
        held.addfile(member, io.BytesIO(SYNSETS.encode()))
    return folder


def test_ontologies_in_one_form(ontologies: Path) -> None:
    words = read(ontologies, WORDNET)
    assert "oewn-00000005-n" not in words  # one thing is no kind
    assert ancestors(words, "oewn-00000003-n") == ["oewn-00000003-n", "oewn-00000002-n", "oewn-00000001-n"]
    assert words["oewn-00000002-n"].text == "person: a human being"
    (person,) = read(ontologies, SCHEMA_ORG).values()
    assert (person.names, person.definition) == (("person",), "A person, alive or dead.")
    (ontologies / FILES[WORDNET]).unlink()
    with pytest.raises(FormatError, match="open-english-wordnet"):
        read(ontologies, WORDNET)


def test_dbpedia_in_its_own_words(ontologies: Path) -> None:
    pytest.importorskip("rdflib")
    classes = read(ontologies, DBPEDIA)
    artist = classes["http://dbpedia.org/ontology/MusicalArtist"]
    assert artist.names == ("musical artist",)  # no English label: from its identifier
    assert artist.parents == ("http://dbpedia.org/ontology/Person",)
    assert [(label.name, label.archetype) for label in filed(classes, anchors(DBPEDIA))] == [
        ("musical artist", "person"),
        ("person", "person"),
    ]


def test_anchors_are_archetypes() -> None:
    known = {a.name for a in load()}
    for name in (DBPEDIA, SCHEMA_ORG, WORDNET):
        assert set(anchors(name).values()) <= known


def test_an_inventory_has_each_name_once(tmp_path: Path) -> None:
    rows = "singer\tperson\t\t\tWho sings.\n"
    (tmp_path / "a.types.tsv").write_text(rows + "band\torganization\t\t\tSome who play.\n")
    (tmp_path / "b.types.tsv").write_text("Singer\tmisc\t\t\tAnother.\n" + rows)
    found = {label.name: label for label in gather(tmp_path, ["crossner/music"])}
    assert found["singer"] == Label("singer", "Who sings.", "person")
    assert found["band"].archetype == "organization"
    assert found["music genre"].definition
    with pytest.raises(FormatError, match="types"):
        gather(None)


WORLD = {
    n: Node(n, (n,), f"a kind of {p}", (p,) if p else ())
    for n, p in [
        ("thing", ""),
        ("person", "thing"),
        ("singer", "person"),
        ("poet", "person"),
        ("river", "thing"),
    ]
}


def test_a_cluster_is_aligned_to_the_node_that_holds_it_and_little_else() -> None:
    names = ["jazz singer", "poet", "river", "mountain river", "zzz"]
    found = align(np.array([0, 0, 1, 1, 1]), shares(names, WORLD), WORLD)
    assert (found[0][0].node.id, found[0][0].f1) == ("person", 1.0)
    assert (found[1][0].node.id, found[1][0].f1) == ("river", 1.0)
    assert [m.node.id for m in found[0]] == ["person", "thing"]
    assert found[0][1].precision == pytest.approx(0.5)


def test_names_are_unique_and_the_file_reads_back(tmp_path: Path) -> None:
    inventory = [Label(n, "") for n in ("jazz singer", "opera singer", "pop singer", "rock singer")]
    labels, x = np.array([0, 0, 1, 1]), np.eye(4)
    aligned = {WORDNET: align(labels, shares([i.name for i in inventory], WORLD), WORLD)}
    made = clusters(labels, x, inventory, aligned, WORLD)
    assert [c.name for c in made] == ["person", "singer"]
    write(tmp_path / "a.yaml", made, "A note.")
    (first, second) = load(tmp_path / "a.yaml")
    assert (first.name, first.members) in (
        ("person", ("jazz singer", "opera singer")),
        ("person", ("pop singer", "rock singer")),
    )
    assert second.parent == "person"
    assert first.definition.startswith("A kind of thing, such as:")
    assert dict(second.anchors) == {"wordnet": "singer"}
    assert Cluster("x", (inventory[0],), {}, "entity").definition == "A kind of thing, such as: jazz singer."


def test_the_right_number_of_clusters_and_the_same_ones_each_time() -> None:
    pytest.importorskip("sklearn")
    from samner.distill.cluster import Choice, agglomerative, best_k, curve, kmeans

    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(60, 8)) * 0.1 + centre for centre in 3 * np.eye(5, 8)])
    truth = np.repeat(np.arange(5), 60)
    rows = curve(x, range(2, 9))
    assert best_k(rows) == 5
    for labels in (kmeans(x, 5)[0], agglomerative(x, 5)):
        assert len({(a, b) for a, b in zip(truth, labels, strict=True)}) == 5
    assert (kmeans(x, 5)[0] == kmeans(x, 5)[0]).all()
    bent = [Choice(k, 0, 0, gap, 0.0) for k, gap in [(2, 0.0), (3, 0.8), (4, 0.9), (5, 1.0)]]
    assert best_k(bent) == 3


def test_agreement_by_hand() -> None:
    pytest.importorskip("sklearn")
    from samner.distill.compare import compare

    same = compare(np.array([0, 0, 1, 1]), ["who", "where"], ["person", "person", "place", ""])
    assert (same["adjusted_mutual_information"], same["purity"], same["coverage"]) == (
        pytest.approx(1.0),
        1.0,
        1.0,
    )
    assert same["types"] == 3
    split = compare(np.array([0, 1, 2, 2]), ["a", "b", "c"], ["person", "person", "place", "food"])
    assert split["split"] == {"person": ["a", "b"]}
    assert split["missing"] == ["food"]
    assert split["purity"] == pytest.approx(0.75)
    assert split["inverse_purity"] == pytest.approx(0.75)


@pytest.mark.train
@pytest.mark.slow
def test_the_whole_way(ontologies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("sklearn", "rdflib", "matplotlib", "torch", "transformers"):
        pytest.importorskip(package)
    given = ["archetypes", "distill", "--ontologies", str(ontologies), "--k", "4"]
    given += [arg for name in ("crossner/music", "recipes", "travel") for arg in ("--schema", name)]
    for name in ("one", "two"):
        assert run([*given, "--out", str(tmp_path / name)]) == 0
    assert "archetypes, report and pictures are in" in capsys.readouterr().out
    kinds = load(tmp_path / "one" / "archetypes.yaml")
    report = json.loads((tmp_path / "one" / "report.json").read_text())
    assert len(kinds) == report["k"] == 4
    assert sum(len(kind.members) for kind in kinds) == report["types"]
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    assert (
        run(["archetypes", "check", "crossner/music", "--set", str(tmp_path / "one" / "archetypes.yaml")])
        == 0
    )
    assert run([*given, "--out", str(tmp_path / "three"), "--method", "dbscan"]) == 2


@pytest.mark.train
def test_the_figures_stand_in_the_card_once(tmp_path: Path) -> None:
    for package in ("sklearn", "rdflib", "torch", "transformers"):
        pytest.importorskip(package)
    from samner.distill.typeside import HEADING, NEXT, write_in_card

    card = tmp_path / "CARD.md"
    sure = {"difference": 0.02, "low": 0.01, "high": 0.03}
    found = {"held_out": 9, "learned_from": 1200, "nearest_definition": 0.7, "untrained_encoder": 0.5}
    card.write_text(f"# m\n\nbefore\n\n{NEXT}\n\nafter\n", "utf-8")
    for accuracy in (0.811, 0.822):
        write_in_card(tmp_path, found | {"accuracy": accuracy, "difference": sure})
    text = card.read_text("utf-8")
    assert text.count(HEADING) == 1
    assert "82.2%" in text
    assert "81.1%" not in text
    assert text.startswith("# m\n\nbefore\n\n")
    assert text.endswith(f"{NEXT}\n\nafter\n")
    card.write_text("# m\n", "utf-8")
    with pytest.raises(FormatError, match="the heading"):
        write_in_card(tmp_path, found | {"accuracy": 0.8, "difference": sure})
