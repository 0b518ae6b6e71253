"""Formats of the graph: one small file each, found by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TextIO

from samner.errors import InputError, MissingExtraError
from samner.knowledge.graph import KnowledgeGraph
from samner.strict import hint

BASE = "urn:samner:"  # what the IRIs of a graph begin with, unless the user has a place of his own
# name -> module:function, imported when asked for, since each brings a package of the extra `graph`.
FORMATS = {
    "turtle": "samner.knowledge.writers.rdf:write_turtle",
    "jsonld": "samner.knowledge.writers.rdf:write_jsonld",
    "graphml": "samner.knowledge.writers.graphml:write_graphml",
}
FOLDERS = {"neo4j-csv": "samner.knowledge.writers.neo4j:write_neo4j"}


def check_format(format: str) -> None:
    """InputError, with the formats, if there is none of that name; MissingExtraError if its package is missing."""
    known = {**FORMATS, **FOLDERS}
    if format not in known:
        raise InputError("a known format", repr(format), hint(format, known))
    _function(known[format])


def write_graph(graph: KnowledgeGraph, format: str, out: TextIO, base: str = BASE) -> None:
    """Write in a format of `FORMATS`."""
    _function(FORMATS[format])(graph, out, base)


def write_folder(graph: KnowledgeGraph, format: str, folder: Path) -> None:
    """Write in a format of `FOLDERS`: several files of a folder."""
    _function(FOLDERS[format])(graph, folder)


def _function(place: str) -> Callable[..., None]:
    module, _, name = place.partition(":")
    try:
        found: Callable[..., None] = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "samner"):
            raise
        raise MissingExtraError(missing, "graph") from None
    return found
