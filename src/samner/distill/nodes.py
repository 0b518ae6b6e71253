"""Ontologies as nodes in one form: schema.org, DBpedia's ontology, and the nouns of Open English WordNet."""

from __future__ import annotations

import csv
import gzip
import html
import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from samner.errors import FormatError, MissingExtraError

DBPEDIA, SCHEMA_ORG, WORDNET = "dbpedia", "schema.org", "wordnet"
FILES = {
    DBPEDIA: "dbpedia-ontology.ttl.gz",
    SCHEMA_ORG: "schemaorg-current-https-types.csv.gz",
    WORDNET: "open-english-wordnet-nouns.tar.gz",
}
_DBPEDIA_ROOT = "http://dbpedia.org/ontology/"
_TAG = re.compile(r"<[^>]*>|\[\[|\]\]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A class or synset. `names` are lower-cased, the usual one first; `parents` are ids of the same ontology; `field`
    is WordNet's lexicographer file."""

    id: str
    names: tuple[str, ...]
    definition: str
    parents: tuple[str, ...]
    field: str = ""

    @property
    def text(self) -> str:
        return f"{self.names[0]}: {self.definition}" if self.definition else self.names[0]


Ontology = Mapping[str, Node]


def read(folder: Path, name: str) -> dict[str, Node]:
    """One ontology by id, in the order of its ids. FormatError where its file is missing or has no class."""
    file = folder / FILES[name]
    if not file.is_file():
        raise FormatError(
            f"the file {FILES[name]} in {folder}", "none", "see docs/archetypes.md for its source"
        )
    reader = {DBPEDIA: _dbpedia, SCHEMA_ORG: _schema_org, WORDNET: _wordnet}[name]
    nodes = {node.id: node for node in sorted(reader(file), key=lambda n: n.id)}
    if not nodes:
        raise FormatError(f"classes in {file}", "none", "fetch the file again")
    return nodes


def _dbpedia(file: Path) -> Iterator[Node]:
    try:
        from rdflib import Graph
        from rdflib.namespace import OWL, RDF, RDFS
    except ImportError:
        raise MissingExtraError("rdflib", "train") from None
    graph = Graph()
    graph.parse(data=gzip.decompress(file.read_bytes()), format="turtle")
    for one in graph.subjects(RDF.type, OWL.Class):
        if not str(one).startswith(_DBPEDIA_ROOT):
            continue
        labels = _english(graph.objects(one, RDFS.label)) or [_spaced(str(one).removeprefix(_DBPEDIA_ROOT))]
        texts = _english(graph.objects(one, RDFS.comment))
        parents = sorted(str(p) for p in graph.objects(one, RDFS.subClassOf))
        inside = tuple(p for p in parents if p.startswith(_DBPEDIA_ROOT))
        yield Node(str(one), tuple(n.lower() for n in labels), texts[0] if texts else "", inside)


def _english(literals: Iterable[Any]) -> list[str]:
    return sorted(" ".join(str(text).split()) for text in literals if text.language == "en")


def _schema_org(file: Path) -> Iterator[Node]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["enumerationtype"]:  # a value, not a class
                continue
            text = _TAG.sub("", html.unescape(row["comment"])).replace("\\n", " ")
            parents = tuple(p.strip() for p in row["subTypeOf"].split(",") if p.strip())
            yield Node(row["id"], (_spaced(row["label"]),), _first_sentence(text), parents)


def _wordnet(file: Path) -> Iterator[Node]:
    with tarfile.open(file) as held:
        for member in held:
            if not member.name.endswith(".yaml"):
                continue
            stream = held.extractfile(member)
            assert stream is not None
            field = Path(member.name).stem
            for id, row in yaml.load(io.BytesIO(stream.read()), _LOADER).items():
                above = (*row.get("hypernym", ()), *row.get("instance_hypernym", ()))
                if "instance_hypernym" not in row:  # a kind, not a single thing
                    names = tuple(str(name).lower() for name in row["members"])
                    yield Node(
                        f"oewn-{id}", names, row["definition"][0], tuple(f"oewn-{a}" for a in above), field
                    )


def _spaced(label: str) -> str:
    """MusicAlbum -> music album."""
    return _CAMEL.sub(" ", label).lower()


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


def ancestors(nodes: Ontology, id: str) -> list[str]:
    """The node itself and all above it, nearest first, each once."""
    found, waiting = [], [id]
    while waiting:
        one = waiting.pop(0)
        if one in nodes and one not in found:
            found.append(one)
            waiting += nodes[one].parents
    return found
