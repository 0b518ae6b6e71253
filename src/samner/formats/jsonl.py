"""JSON Lines as `samner extract --format jsonl` writes and `samner eval` reads: everything has its place in it.

A row is `{"id", "text", "entities": [{"start", "end", "label", ...}]}`; `words`, where the tokens were given, are their
offsets. Only `text` and `entities` are needed, and in an entity only start, end and label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from samner.errors import SamnerError
from samner.formats.base import EMPTY, Format, Marked, Mention, Notes, Read
from samner.formats.rows import (
    Fault,
    checked,
    checked_score,
    each,
    given_id,
    json_rows,
    listed,
    objects,
    write_rows,
)
from samner.reading import read_row
from samner.types import Document, Span

KEYS = ("id", "text", "tokens", "words", "entities")
ENTITY_KEYS = ("start", "end", "text", "label", "first_token", "last_token", *EMPTY)


def read(path: Path, notes: Notes) -> Iterator[Read]:
    def make(row: Any) -> Marked:
        marked = row_of(row)
        notes.unknown(row, KEYS)
        for item in row["entities"]:
            notes.unknown(item, ENTITY_KEYS)
        return marked

    return each(json_rows(path), make, 'rows {"text", "entities": [{"start", "end", "label"}]}')


def row_of(row: Any) -> Marked:
    """One row, checked. Raises Fault."""
    document = _document(row)
    listed(row, "entities")  # a row must say that there are none
    return Marked(document, tuple(_mention(item, document.text) for item in objects(row, "entities")))


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    write_rows(path, map(to_row, documents))


def to_row(marked: Marked) -> dict[str, Any]:
    document = marked.document
    row: dict[str, Any] = {} if document.id is None else {"id": document.id}
    row["text"] = document.text
    if document.words is not None:
        row["words"] = [list(word) for word in document.words]
    row["entities"] = [mention_row(m, document.text) for m in marked.mentions]
    return row


def mention_row(mention: Mention, text: str) -> dict[str, Any]:
    """The keys of `Entity.to_dict`, without those that are not known."""
    row: dict[str, Any] = {
        "start": mention.start,
        "end": mention.end,
        "text": text[mention.start : mention.end],
        "label": mention.label,
    }
    known = {name: getattr(mention, name) for name in EMPTY if getattr(mention, name) != EMPTY[name]}
    if "alternatives" in known:
        known["alternatives"] = [{"label": name, "score": score} for name, score in mention.alternatives]
    return row | known


def _document(row: Any) -> Document:
    if not isinstance(row, Mapping) or not isinstance(row.get("text", row.get("tokens")), (str, list)):
        raise Fault('no object with a string "text"')
    id = given_id(row)  # first: it says more of a bad one
    try:
        document = replace(read_row(row, "this row"), id=id)
    except SamnerError as error:
        raise Fault(error.found) from None
    if "words" in row:
        document = replace(document, words=_words(listed(row, "words"), document.text))
    return document


def _words(pairs: list[Any], text: str) -> tuple[Span, ...]:
    words, at = [], 0
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(type(n) is int for n in pair):
            raise Fault(f"words that are no pairs of offsets: {pair!r:.40}")
        if not at <= pair[0] < pair[1] <= len(text):
            raise Fault(f"words out of order or outside the text: {pair}")
        words.append(Span(*pair))
        at = pair[1]
    return tuple(words)


def _mention(item: Mapping[str, Any], text: str) -> Mention:
    archetype, sources = item.get("archetype"), item.get("sources", [])
    if archetype is not None and not isinstance(archetype, str):
        raise Fault(f"an archetype that is no name: {archetype!r:.80}")
    if not isinstance(sources, list) or not all(isinstance(name, str) for name in sources):
        raise Fault(f"sources that are no list of names: {sources!r:.80}")
    return checked(
        text,
        item.get("start"),
        item.get("end"),
        item.get("label"),
        item.get("text"),
        item.get("score"),
        archetype=archetype,
        sources=tuple(sources),
        alternatives=tuple(_alternative(other) for other in objects(item, "alternatives")),
    )


def _alternative(item: Mapping[str, Any]) -> tuple[str, float]:
    if not isinstance(item.get("label"), str):
        raise Fault(f"an alternative that is no label with a score: {item!r:.80}")
    score = checked_score(item.get("score"))
    if score is None:
        raise Fault(f"an alternative without a score: {item!r:.80}")
    return item["label"], score


FORMAT = Format(
    "jsonl",
    "JSON Lines of samner: `extract --format jsonl`, `eval`",
    read,
    write,
    frozenset({"id", "words", "surrogates", *EMPTY}),
    (".jsonl", ".ndjson"),
)
