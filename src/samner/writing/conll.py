"""CoNLL: `token TAB tag`, IOB2, an empty line after each document.

Tokens are the user's, or the words of the text. An entity takes every token that it touches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from samner.errors import InputError
from samner.offsets import clean, token_offsets, words
from samner.types import Document, Entity
from samner.writing.base import Sink, flat, tell_left_out

_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")  # would end a column or a line


class ConllWriter:
    """One token a line."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None:
        spans = document.words if document.words is not None else tuple(words(document.text))
        tags, left_out = token_tags(Document(document.text, document.id, spans), entities)
        for (start, end), tag in zip(spans, tags, strict=True):
            self._sink.out.write(f"{one_line(document.text[start:end])}\t{one_line(tag)}\n")
        self._sink.out.write("\n")
        tell_left_out(self._sink, "conll", document, left_out)

    def close(self) -> None:
        """Nothing ends CoNLL."""


def token_tags(document: Document, entities: Sequence[Entity]) -> tuple[list[str], list[Entity]]:
    """A tag for each token; entities that share a token with a better one are left out."""
    kept, left_out = flat(entities)
    tags = ["O"] * len(document.words or ())
    for entity in sorted(kept, key=lambda e: -e.score):
        try:
            first, last = token_offsets(document, entity.span)
        except InputError:  # nothing but invisible characters
            left_out.append(entity)
            continue
        if any(tag != "O" for tag in tags[first:last]):
            left_out.append(entity)
        else:
            tags[first:last] = [f"B-{entity.label}"] + [f"I-{entity.label}"] * (last - first - 1)
    return tags, left_out


def one_line(text: str) -> str:
    """The text with each character that would end a column or a line as a space."""
    return _BREAKS.sub(" ", clean(text))
