r"""Markup: the text itself with `[mention](label)` marks.

A backslash escapes: in the text and in mentions `\`, `[` and `]` are written `\\`, `\[` and `\]`; in labels `\` and
`)` are written `\\` and `\)`. Nothing else is changed, but control characters become spaces. Documents are parted by
an empty line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from samner.offsets import clean
from samner.types import Document, Entity
from samner.writing.base import Sink, flat, tell_left_out

_IN_TEXT = re.compile(r"[\\\[\]]")
_IN_LABEL = re.compile(r"[\\)]")


class MarkupWriter:
    """Text with inline marks."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._first = True

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None:
        kept, left_out = flat(entities)
        self._sink.out.write(("" if self._first else "\n") + marked(document.text, kept) + "\n")
        self._first = False
        tell_left_out(self._sink, "markup", document, left_out)

    def close(self) -> None:
        """Nothing ends markup."""


def marked(text: str, entities: Sequence[Entity]) -> str:
    """`text` with a mark for each of the entities, which are sorted and do not overlap."""
    parts, at = [], 0
    for entity in entities:
        mention = _escape(_IN_TEXT, text[entity.start : entity.end])
        parts += [
            _escape(_IN_TEXT, text[at : entity.start]),
            f"[{mention}]({_escape(_IN_LABEL, entity.label)})",
        ]
        at = entity.end
    return "".join([*parts, _escape(_IN_TEXT, text[at:])])


def _escape(special: re.Pattern[str], text: str) -> str:
    return special.sub(r"\\\g<0>", clean(text))
