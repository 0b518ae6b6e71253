"""The graph as RDF, GraphML and CSV: it loads elsewhere, obeys its shapes, and is the same bytes every time."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from extractions import ENGINES, LETTERS, marked
from samner.errors import SchemaError
from samner.knowledge.graph import KnowledgeGraph, build
from samner.knowledge.writers import write_folder, write_graph
from samner.writing.base import dumps

pytestmark = pytest.mark.extra
rdflib = pytest.importorskip("rdflib")
networkx = pytest.importorskip("networkx")

ODD = marked("odd/ü?#", 'A\x00 "[Café; <b>&"\n\x0bX|thing|misc]" and [Tokyo 東京|city|location].')
ENTITY = "urn:samner:entity/"
MAIN = "from samner.cli import main; main()"


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return build([LETTERS, ENGINES, ODD], least=1)


def written(graph: KnowledgeGraph, format: str) -> str:
    out = io.StringIO()
    write_graph(graph, format, out)
    return out.getvalue()


@pytest.mark.parametrize(("format", "named"), [("turtle", "turtle"), ("jsonld", "json-ld")])
def test_rdf_loads_and_says_where_a_mention_stands(graph: KnowledgeGraph, format: str, named: str) -> None:
    held = rdflib.Graph().parse(data=written(graph, format), format=named)
    rows = held.query(
        """
        PREFIX oa: <http://www.w3.org/ns/oa#> PREFIX sn: <urn:samner:vocabulary#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT ?id ?start ?end ?exact ?rule WHERE {
            ?entity skos:prefLabel "Ada Lovelace" . ?mention oa:hasBody ?entity ; sn:rule ?rule ; oa:hasTarget ?target .
            ?target oa:hasSource/dcterms:identifier ?id ; oa:hasSelector ?at, ?quote .
            ?at oa:start ?start ; oa:end ?end . ?quote oa:exact ?exact } ORDER BY ?start"""
    )
    found = [tuple(value.toPython() for value in row) for row in rows]
    assert found == [
        ("letters", 0, 12, "Ada Lovelace", "same name"),
        ("letters", 67, 75, "Lovelace", "last name"),
    ]
    assert LETTERS.text is not None
    assert all(LETTERS.text[start:end] == exact for _, start, end, exact, _ in found)
    ada = rdflib.URIRef(ENTITY + "person/Ada-Lovelace")
    types = {str(o) for o in held.objects(ada, rdflib.RDF.type)}
    assert {
        "https://schema.org/Person",
        "http://www.wikidata.org/entity/Q5",
        "http://dbpedia.org/ontology/Person",
    } < types
    assert (rdflib.URIRef(ENTITY + "location/Tokyo-%E6%9D%B1%E4%BA%AC"), None, None) in held
    assert not [term for triple in held for term in triple if isinstance(term, rdflib.BNode)]


def test_rdf_obeys_the_shapes_and_the_shapes_see_faults(graph: KnowledgeGraph) -> None:
    pyshacl = pytest.importorskip("pyshacl")
    shapes = rdflib.Graph().parse(
        data=(files("samner") / "knowledge" / "shapes.ttl").read_text("utf-8"), format="turtle"
    )
    held = rdflib.Graph().parse(data=written(graph, "turtle"), format="turtle")
    conforms, _, report = pyshacl.validate(held, shacl_graph=shapes, meta_shacl=True)
    assert conforms, report
    oa = rdflib.Namespace("http://www.w3.org/ns/oa#")
    skos = rdflib.Namespace("http://www.w3.org/2004/02/skos/core#")
    sn = rdflib.Namespace("urn:samner:vocabulary#")
    for predicate in (oa.start, oa.hasBody, oa.exact, skos.prefLabel, sn.between, sn.mentionedIn):
        broken = rdflib.Graph() + held
        broken.remove(next(iter(broken.triples((None, predicate, None)))))
        if predicate == sn.mentionedIn:  # an entity of two documents may lose one
            broken.remove((None, predicate, None))
        assert not pyshacl.validate(broken, shacl_graph=shapes)[0], predicate


def test_graphml_loads_in_networkx(graph: KnowledgeGraph) -> None:
    held = networkx.parse_graphml(written(graph, "graphml"))
    ada = held.nodes["entity/person/Ada-Lovelace"]
    assert (ada["label"], ada["type"], ada["surfaces"], ada["mentions"]) == (
        "Ada Lovelace",
        "person",
        "Lovelace",
        2,
    )
    assert held.edges["entity/person/Ada-Lovelace", "document/letters"]["offsets"] == "0-12 | 67-75"
    pair = held.edges["entity/person/Ada-Lovelace", "entity/person/Charles-Babbage"]
    assert pair["kind"] == "together"
    assert pair["count"] == 2
    assert pair["pmi"] == pytest.approx(0.415037)  # log2(2 * 4 / (2 * 3)): four contexts
    assert len(held) == len(graph.entities) + 3


def test_neo4j_files(graph: KnowledgeGraph, tmp_path: Path) -> None:
    write_folder(graph, "neo4j-csv", tmp_path / "new")
    held = {
        file.name: list(csv.DictReader(file.open(encoding="utf-8", newline="")))
        for file in (tmp_path / "new").iterdir()
    }
    ids = {row["id:ID(Entity)"] for row in held["entities.csv"]}
    documents = {row["id:ID(Document)"] for row in held["documents.csv"]}
    assert documents == {"letters", "engines", "odd/ü?#"}
    assert len(held["mentions.csv"]) == 13
    assert {row[":START_ID(Entity)"] for row in held["mentions.csv"]} == ids
    assert {row[":END_ID(Document)"] for row in held["mentions.csv"]} == documents
    assert {
        row[key] for row in held["together.csv"] for key in (":START_ID(Entity)", ":END_ID(Entity)")
    } <= ids
    assert "\n" not in "".join(value for rows in held.values() for row in rows for value in row.values())


def test_a_schema_gives_classes(tmp_path: Path) -> None:
    schema = tmp_path / "s.yaml"
    schema.write_text("types:\n- {name: city, iri: 'https://schema.org/City'}\n- name: person\n")
    graph = build([LETTERS], schema=str(schema))
    london = next(n for n, e in enumerate(graph.entities) if e.name == "London")
    assert graph.classes[london][0] == "https://schema.org/City"
    assert "https://schema.org/Place" in graph.classes[london]
    kinds = tmp_path / "kinds.yaml"
    kinds.write_text(
        "archetypes:\n- {name: location, definition: A place., anchors: {mine: 'https://example.org/Place'}}\n"
    )
    own = build([LETTERS], archetypes=kinds)
    assert own.classes[london] == ["https://example.org/Place"]
    schema.write_text("types:\n- {name: city, iri: a city}\n")
    with pytest.raises(SchemaError, match="expected an IRI"):
        build([LETTERS], schema=str(schema))


@pytest.mark.parametrize("format", ["turtle", "jsonld", "graphml"])
def test_the_same_bytes_whatever_the_hash_seed(format: str, tmp_path: Path) -> None:
    rows = [
        {
            "id": e.id,
            "text": e.text,
            "entities": [{f: getattr(m, f) for f in m.__slots__} for m in e.mentions],
        }
        for e in (LETTERS, ENGINES)
    ]
    file = tmp_path / "out.jsonl"
    file.write_text("".join(dumps(row) + "\n" for row in rows), encoding="utf-8")
    command = [sys.executable, "-c", MAIN, "graph", str(file), "--to", format, "--least", "1"]
    outputs = {
        subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert b"Lovelace" in outputs.pop()
