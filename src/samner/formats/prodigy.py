"""Prodigy's JSON Lines: `{"text", "spans": [{"start", "end", "label"}], "tokens": [{"text", "start", "end", "id"}]}`.

Offsets are code points; `token_start` and `token_end` (inclusive) are written where the tokens are known. The id of
a document is kept in `meta`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from samner.errors import InputError
from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted
from samner.formats.rows import Fault, checked, checked_text, each, given_id, json_rows, objects, write_rows
from samner.offsets import token_offsets
from samner.types import Document, Span

_OWN = ("_input_hash", "_task_hash", "_session_id", "_annotator_id", "_view_id", "_timestamp", "_is_binary")
KEYS = ("text", "spans", "tokens", "meta", "answer", *_OWN)  # the last ones are Prodigy's bookkeeping
SPAN_KEYS = ("start", "end", "label", "text", "score", "token_start", "token_end")


def read(path: Path, notes: Notes) -> Iterator[Read]:
    def make(row: Any) -> Marked | None:
        text = checked_text(row)
        if row.get("answer", "accept") != "accept":
            notes.lost(f"texts answered {row['answer']!r}, left out")
            return None
        (meta,) = objects({"meta": [row.get("meta") or {}]}, "meta")
        spans = objects(row, "spans")
        mentions = tuple(_mention(span, text) for span in spans)
        document = Document(text, given_id(meta), _words(row, text))
        notes.unknown(row, KEYS)
        notes.unknown({f"meta.{key}": value for key, value in meta.items()}, ("meta.id",))
        for span in spans:
            notes.unknown({f"spans.{key}": value for key, value in span.items()}, _IN_SPANS)
        return Marked(document, mentions)

    return each(json_rows(path), make, 'rows {"text", "spans": [{"start", "end", "label"}]}')


_IN_SPANS = tuple(f"spans.{key}" for key in SPAN_KEYS)


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    write_rows(path, map(_row, fitted(documents, FORMAT.holds, notes)))


def _row(marked: Marked) -> dict[str, Any]:
    document, text = marked.document, marked.document.text
    row: dict[str, Any] = {"text": text, "spans": [_span(document, m) for m in marked.mentions]}
    if document.words is not None:
        row["tokens"] = [_token(text, n, word) for n, word in enumerate(document.words)]
    if document.id is not None:
        row["meta"] = {"id": document.id}
    return row


def _token(text: str, number: int, word: Span) -> dict[str, Any]:
    start, end = word
    followed = text[end : end + 1] == " "
    return {"text": text[start:end], "start": start, "end": end, "id": number, "ws": followed}


def _span(document: Document, mention: Mention) -> dict[str, Any]:
    span: dict[str, Any] = {"start": mention.start, "end": mention.end, "label": mention.label}
    if mention.score is not None:
        span["score"] = mention.score
    if document.words is not None:
        try:
            first, end = token_offsets(document, mention.span)
        except InputError:  # it touches no token
            return span
        span |= {"token_start": first, "token_end": end - 1}
    return span


def _mention(item: Mapping[str, Any], text: str) -> Mention:
    start, end = item.get("start"), item.get("end")
    return checked(text, start, end, item.get("label"), item.get("text"), item.get("score"))


def _words(row: Mapping[str, Any], text: str) -> tuple[Span, ...] | None:
    if row.get("tokens") is None:
        return None
    words, at = [], 0
    for token in objects(row, "tokens"):
        start, end = token.get("start"), token.get("end")
        if type(start) is not int or type(end) is not int or not at <= start < end <= len(text):
            raise Fault(f"a token out of order or outside the text: {token!r:.80}")
        if text[start:end].strip():  # spaCy makes tokens of white space too
            words.append(Span(start, end))
        at = end
    return tuple(words)


FORMAT = Format(
    "prodigy", "Prodigy's JSON Lines", read, write, frozenset({"id", "words", "score", "surrogates"})
)
