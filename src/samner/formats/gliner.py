"""GLiNER's training data: `[{"tokenized_text": [...], "ner": [[first, last, label], ...]}]`, last token inclusive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted, on_tokens, tokens_of
from samner.formats.rows import Fault, checked, each, json_rows, listed, write_list
from samner.types import Document


def read(path: Path, notes: Notes) -> Iterator[Read]:
    def make(row: Any) -> Marked:
        if not isinstance(row, dict):
            raise Fault('no object with a list "tokenized_text"')
        document = Document.from_tokens(listed(row, "tokenized_text"))
        marked = Marked(document, tuple(_mention(item, document) for item in listed(row, "ner")))
        notes.unknown(row, ("tokenized_text", "ner"))
        return marked

    return each(json_rows(path), make, 'items {"tokenized_text": [...], "ner": [[first, last, label]]}')


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    write_list(path, (_row(marked, notes) for marked in fitted(documents, FORMAT.holds, notes)))


def _row(marked: Marked, notes: Notes) -> dict[str, Any]:
    document = tokens_of(marked.document)
    placed = on_tokens(Marked(document, marked.mentions), notes)
    tokens = joinable(document, notes)
    return {"tokenized_text": tokens, "ner": [[first, last, m.label] for first, last, m in placed]}


def joinable(document: Document, notes: Notes) -> list[str]:
    """The tokens; counted where joining them by single spaces would not give the text back."""
    tokens = [document.text[start:end] for start, end in document.words or ()]
    if " ".join(tokens) != document.text:
        notes.lost("texts whose white space is not one space between tokens")
    return tokens


def _mention(item: Any, document: Document) -> Mention:
    words = document.words or ()
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        raise Fault(f"an entity that is not [first, last, label]: {item!r:.80}")
    first, last, label = item
    if type(first) is not int or type(last) is not int or not 0 <= first <= last < len(words):
        raise Fault(f"tokens {first!r}..{last!r} outside 0..{len(words) - 1} (both inclusive)")
    return checked(document.text, words[first].start, words[last].end, label)


FORMAT = Format(
    "gliner",
    "GLiNER's training data: tokens and inclusive ends",
    read,
    write,
    frozenset({"words", "surrogates"}),
)
