"""Types filed under archetypes by ontologies: what the type side learns from, and what it is asked about."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from samner.distill.inventory import Label, gather
from samner.distill.nodes import DBPEDIA, SCHEMA_ORG, WORDNET, Ontology, ancestors, read

HELD = 2  # every second class of DBpedia, by hash, is held out
WORDS = 400  # synsets of WordNet under one archetype that training sees


def filed(ontology: Ontology, anchors: Mapping[str, str]) -> list[Label]:
    """The classes of an ontology below an anchor, each under the archetype of the nearest one above it."""
    rows = []
    for id, node in ontology.items():
        above = [anchors[up] for up in ancestors(ontology, id) if up in anchors]
        if above:
            rows.append(Label(node.names[0], node.definition, above[0]))
    return rows


def anchors(name: str) -> dict[str, str]:
    """Class -> archetype, of the classes right below which all are of one archetype (anchors.tsv)."""
    text = (files("samner.distill") / "anchors.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {id: archetype for ontology, id, archetype in rows if ontology == name}


def rank(label: Label) -> str:
    """An order by chance that is the same on every machine."""
    return hashlib.sha256(label.name.encode()).hexdigest()


def parts(ontologies: Path, corpus: Path | None) -> tuple[list[Label], list[Label]]:
    """Types to learn from, and held-out classes of DBpedia; no name is in both."""
    classes = sorted(
        {c.name: c for c in filed(read(ontologies, DBPEDIA), anchors(DBPEDIA))}.values(), key=rank
    )
    held = classes[::HELD]
    names = {label.name for label in held}
    words = _few_of_each(filed(read(ontologies, WORDNET), anchors(WORDNET)))
    others = [*classes, *filed(read(ontologies, SCHEMA_ORG), anchors(SCHEMA_ORG)), *words]
    own = [label for label in gather(corpus) if label.archetype] if corpus is not None else []
    seen = {label.name: label for label in reversed((*others, *own)) if label.name not in names}
    return sorted(seen.values(), key=rank), held


def _few_of_each(labels: Sequence[Label]) -> list[Label]:
    """WordNet knows thousands of animals and a dozen programs."""
    counts: Counter[str] = Counter()
    few = []
    for label in sorted(labels, key=rank):
        counts[label.archetype] += 1
        if counts[label.archetype] <= WORDS:
            few.append(label)
    return few
