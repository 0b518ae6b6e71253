"""What formats share: marked documents, the notes on what did not come across, and what each can hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from samner.errors import InputError
from samner.offsets import token_offsets, words
from samner.types import Document, Entity, Failure, Span

# Of a `Mention`: what it may have, and what stands for "not known".
EMPTY: dict[str, Any] = {"score": None, "archetype": None, "sources": (), "alternatives": ()}
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A marked mention, half-open code points; None or nothing for what its file does not say."""

    start: int
    end: int
    label: str
    score: float | None = None
    archetype: str | None = None
    sources: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, float], ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Marked:
    """A document and what is marked in it. The document has an id only where its file gives one."""

    document: Document
    mentions: tuple[Mention, ...]

    def entities(self) -> list[Entity]:
        """The mentions as the writers of `samner.writing` take them; one without a score ranks before all others."""
        return [
            Entity.of(self.document, m.span, m.label, 1.0 if m.score is None else m.score)
            for m in self.mentions
        ]


Read: TypeAlias = "Marked | Failure"


class Notes:
    """Counts, by kind, what could not be carried over."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def lost(self, what: str, count: int = 1) -> None:
        if count:
            self.counts[what] += count

    def unknown(self, row: Mapping[str, Any], known: Iterable[str]) -> None:
        """Count the keys of a row that its reader does not look at."""
        for key in row.keys() - set(known):
            self.lost(f"field {key!r}")

    def __str__(self) -> str:
        return ", ".join(f"{what}: {count}" for what, count in sorted(self.counts.items()))


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files: `read` yields what is in one, with a `Failure` for each part that is not as it should be;
    `write` makes one. `holds` names what it can keep beside text and labels (see `fitted`)."""

    name: str
    about: str
    read: Callable[[Path, Notes], Iterator[Read]]
    write: Callable[[Path, Iterable[Marked], Notes], None]
    holds: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    folder: bool = False


def fitted(documents: Iterable[Marked], holds: frozenset[str], notes: Notes) -> Iterator[Marked]:
    """The documents with nothing that the format cannot hold: `id`, `words`, `score`, `archetype`, `sources`,
    `alternatives`; what is taken away is counted. Without `surrogates`, lone ones become U+FFFD."""
    bare = {name: empty for name, empty in EMPTY.items() if name not in holds}
    for marked in documents:
        document, mentions = marked.document, marked.mentions
        if "id" not in holds and document.id is not None:
            notes.lost("ids of texts")
            document = replace(document, id=None)
        if "words" not in holds and document.words is not None:
            notes.lost("texts whose tokens were given")
            document = replace(document, words=None)
        for name, empty in bare.items():
            notes.lost(name.removesuffix("s") + "s", sum(getattr(m, name) != empty for m in mentions))
        fitting = Marked(document, tuple(replace(m, **bare) for m in mentions) if bare else mentions)
        yield fitting if "surrogates" in holds else _encodable(fitting, notes)


def _encodable(marked: Marked, notes: Notes) -> Marked:
    document, mentions = marked.document, marked.mentions
    strings = (document.text, document.id or "", *(m.label for m in mentions))
    if count := sum(len(SURROGATES.findall(string)) for string in strings):
        notes.lost("characters that UTF-8 cannot hold, written as U+FFFD", count)
        id = document.id and encodable(document.id)
        document = replace(document, text=encodable(document.text), id=id)
        mentions = tuple(replace(m, label=encodable(m.label)) for m in mentions)
    return Marked(document, mentions)


def encodable(text: str) -> str:
    """The text with lone surrogates as U+FFFD, one for one, so that offsets stay."""
    return SURROGATES.sub("\ufffd", text)


def tokens_of(document: Document) -> Document:
    """The document with tokens: its own, or the words of its text."""
    return document if document.words is not None else replace(document, words=tuple(words(document.text)))


def on_tokens(marked: Marked, notes: Notes) -> list[tuple[int, int, Mention]]:
    """Each mention with the tokens that it touches, first and last (inclusive). Counts those that are wider or
    narrower there, and leaves out, counted, those that touch none."""
    document = marked.document
    placed = []
    for mention in marked.mentions:
        try:
            first, end = token_offsets(document, mention.span)
        except InputError:  # nothing but white space or invisible characters
            notes.lost("mentions that touch no token, left out")
            continue
        assert document.words is not None
        if (document.words[first].start, document.words[end - 1].end) != mention.span:
            notes.lost("mentions that do not begin and end with a token, moved to its edges")
        placed.append((first, end - 1, mention))
    return placed
