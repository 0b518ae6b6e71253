"""RDF: entities by SKOS, their classes by public ontologies, mentions by the Web Annotation vocabulary.

What none of these has a term for is in our own vocabulary, described in `shapes.ttl` beside what a graph must look
like. No blank nodes: the same input gives the same bytes, and every statement can be spoken of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO
from urllib.parse import quote

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF, RDFS, SKOS, XSD

from samner.knowledge.corpus import Entity
from samner.knowledge.document import Cluster, Group
from samner.knowledge.graph import KnowledgeGraph, plain
from samner.knowledge.iris import WORDNET
from samner.knowledge.results import Mention

OA = Namespace("http://www.w3.org/ns/oa#")
SN = Namespace("urn:samner:vocabulary#")
PREFIXES = {
    "oa": str(OA),
    "sn": str(SN),
    "skos": str(SKOS),
    "dcterms": str(DCTERMS),
    "rdfs": str(RDFS),
    "schema": "https://schema.org/",
    "dbo": "http://dbpedia.org/ontology/",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": str(XSD),
}


def write_turtle(graph: KnowledgeGraph, out: TextIO, base: str) -> None:
    out.write(to_rdf(graph, base).serialize(format="turtle"))


def write_jsonld(graph: KnowledgeGraph, out: TextIO, base: str) -> None:
    body = json.loads(to_rdf(graph, base).serialize(format="json-ld", context=PREFIXES))
    out.write(json.dumps(_ordered(body), ensure_ascii=False, indent=1) + "\n")


def _ordered(value: Any) -> Any:
    """JSON-LD with every mapping and every list (a set, in JSON-LD) in order: rdflib's follows the hash seed."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=_place)
    return value


def _place(item: Any) -> str:
    return str(item["@id"]) if isinstance(item, dict) and "@id" in item else json.dumps(item)


def to_rdf(graph: KnowledgeGraph, base: str) -> Graph:
    """The graph as triples whose subjects begin with `base`."""
    held = Graph(bind_namespaces="none")
    for prefix, iri in PREFIXES.items():
        held.bind(prefix, iri)
    for triple in _triples(graph, base):
        held.add(triple)
    return held


def _triples(graph: KnowledgeGraph, base: str) -> Iterator[tuple[Any, Any, Any]]:
    pages = {page.id: URIRef(f"{base}document/{quote(page.id, safe='')}") for page in graph.pages}
    entities = [URIRef(f"{base}entity/{quote(entity.id)}") for entity in graph.entities]
    for page in graph.pages:
        yield pages[page.id], RDF.type, SN.Document
        yield pages[page.id], DCTERMS.identifier, _text(page.id)
        yield pages[page.id], DCTERMS.source, _text(page.source)
    numbers = dict.fromkeys(pages, 0)
    for iri, entity, classes in zip(entities, graph.entities, graph.classes, strict=True):
        yield from _entity(iri, entity)
        for name in classes:
            # A synset is a sense of a word, not a class.
            yield iri, SKOS.broadMatch if name.startswith(WORDNET) else RDF.type, URIRef(name)
        for cluster in entity.clusters:
            yield iri, SN.mentionedIn, pages[cluster.document]
            for group, mention in _mentions(cluster):
                numbers[cluster.document] += 1
                place = URIRef(f"{pages[cluster.document]}#m{numbers[cluster.document]}")
                yield from _annotation(place, pages[cluster.document], iri, group, mention)
    for n, edge in enumerate(graph.edges, 1):
        place = URIRef(f"{base}together/{n}")
        yield place, RDF.type, SN.CoOccurrence
        yield place, SN.between, entities[edge.one]
        yield place, SN.between, entities[edge.other]
        yield place, SN.contexts, Literal(edge.count)
        yield place, SN.pmi, Literal(edge.pmi, datatype=XSD.double)
        yield place, SN.npmi, Literal(edge.npmi, datatype=XSD.double)


def _entity(iri: URIRef, entity: Entity) -> Iterator[tuple[Any, Any, Any]]:
    yield iri, RDF.type, SN.Entity
    yield iri, SKOS.prefLabel, _text(entity.name)
    for surface in entity.surfaces:
        yield iri, SKOS.altLabel, _text(surface)
    yield iri, SN.entityType, _text(entity.label)
    yield iri, SN.archetype, _text(entity.archetype)
    total = sum(score for _, score in entity.votes)
    share = entity.votes[0][1] / total if total else 1.0
    yield iri, SN.confidence, Literal(round(share, 6), datatype=XSD.double)
    yield iri, SN.mentions, Literal(entity.mention_count)
    yield iri, SN.documents, Literal(len(entity.documents))


def _annotation(
    place: URIRef, page: URIRef, entity: URIRef, group: Group, mention: Mention
) -> Iterator[tuple[Any, Any, Any]]:
    """A mention: the entity is the body, a stretch of the document the target."""
    target, position, quoted = (URIRef(f"{place}-{part}") for part in ("target", "position", "quote"))
    yield place, RDF.type, OA.Annotation
    yield place, OA.motivatedBy, OA.identifying
    yield place, OA.hasBody, entity
    yield place, OA.hasTarget, target
    yield place, SN.entityType, _text(mention.label)
    yield place, SN.confidence, Literal(round(mention.score, 6), datatype=XSD.double)
    yield place, SN.rule, _text(group.rule)
    yield target, RDF.type, OA.SpecificResource
    yield target, OA.hasSource, page
    yield target, OA.hasSelector, position
    yield target, OA.hasSelector, quoted
    yield position, RDF.type, OA.TextPositionSelector
    yield position, OA.start, Literal(mention.start, datatype=XSD.nonNegativeInteger)
    yield position, OA.end, Literal(mention.end, datatype=XSD.nonNegativeInteger)
    yield quoted, RDF.type, OA.TextQuoteSelector
    yield quoted, OA.exact, _text(mention.text)


def _mentions(cluster: Cluster) -> list[tuple[Group, Mention]]:
    rows = [(group, mention) for group in cluster.groups for mention in group.mentions]
    return sorted(rows, key=lambda row: (row[1].start, row[1].end, row[1].label))


def _text(text: str) -> Literal:
    return Literal(plain(text))
