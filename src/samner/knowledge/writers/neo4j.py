"""CSV files for `neo4j-admin database import`: entities, documents, mentions, and what stands together."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from samner.knowledge.graph import KnowledgeGraph, plain

HEADERS = {
    "entities.csv": "id:ID(Entity),name,type,archetype,surfaces:string[],classes:string[],mentions:int,documents:int,"
    ":LABEL",
    "documents.csv": "id:ID(Document),source,:LABEL",
    "mentions.csv": ":START_ID(Entity),:END_ID(Document),start:int,end:int,text,type,score:double,rule,:TYPE",
    "together.csv": ":START_ID(Entity),:END_ID(Entity),contexts:int,pmi:double,npmi:double,:TYPE",
}


def write_neo4j(graph: KnowledgeGraph, folder: Path) -> None:
    """Write the four files of `HEADERS` into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {
        "entities.csv": (
            (
                e.id,
                e.name,
                e.label,
                e.archetype,
                _list(e.surfaces),
                _list(classes),
                e.mention_count,
                len(e.documents),
                "Entity",
            )
            for e, classes in zip(graph.entities, graph.classes, strict=True)
        ),
        "documents.csv": ((page.id, page.source, "Document") for page in graph.pages),
        "mentions.csv": (
            (e.id, cluster.document, m.start, m.end, m.text, m.label, m.score, group.rule, "MENTIONED_IN")
            for e in graph.entities
            for cluster in e.clusters
            for group in cluster.groups
            for m in group.mentions
        ),
        "together.csv": (
            (graph.entities[x.one].id, graph.entities[x.other].id, x.count, x.pmi, x.npmi, "TOGETHER_WITH")
            for x in graph.edges
        ),
    }
    for name, header in HEADERS.items():
        _write(folder / name, header.split(","), rows[name])


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    """The importer takes no line breaks within a cell."""
    return " ".join(plain(value).split()) if isinstance(value, str) else value


def _list(values: Iterable[str]) -> str:
    return ";".join(value.replace(";", ",") for value in values)
