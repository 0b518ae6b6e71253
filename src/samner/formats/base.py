"""What formats share: marked documents, the notes on what did not come across, checks, and rows of JSON."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from samner.errors import FormatError, InputError, SamnerError
from samner.offsets import token_offsets, words
from samner.reading import read_rows
from samner.strict import loads, read_text
from samner.types import Document, Entity, Failure, Span
from samner.writing.base import dumps

EMPTY: dict[str, Any] = {
    "score": None,
    "archetype": None,
    "sources": (),
    "alternatives": (),
}  # of a `Mention`
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


class Fault(Exception):
    """What is wrong with one row; who reads the file adds where."""


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


def checked(
    text: str, start: Any, end: Any, label: Any, surface: Any = None, score: Any = None, **more: Any
) -> Mention:
    """A mention whose every part is what it should be. Raises Fault.

    `surface` is its text as the file repeats it: a difference is the usual sign of byte or UTF-16 offsets.
    """
    if type(start) is not int or type(end) is not int:  # bool is an int to isinstance
        raise Fault(f"start and end that are no whole numbers: {start!r}, {end!r}")
    if not 0 <= start < end <= len(text):
        raise Fault(f"offsets {start}..{end} outside 0..{len(text)} (half-open, code points)")
    if not isinstance(label, str) or not label.strip():
        raise Fault(f"a label that is no name: {label!r:.80}")
    if surface is not None and surface != text[start:end]:
        raise Fault(f"the entity text {surface!r:.80} but {text[start:end]!r:.80} at {start}..{end}")
    return Mention(start, end, label, checked_score(score), **more)


def checked_score(score: Any) -> float | None:
    """None, or a number from 0 to 1. Raises Fault."""
    if score is None:
        return None
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise Fault(f"a score that is no number from 0 to 1: {score!r:.80}")
    return float(score)


def checked_text(row: Any, key: str = "text") -> str:
    """The string under the key. Raises Fault."""
    if not isinstance(row, Mapping) or not isinstance(row.get(key), str):
        raise Fault(f'no object with a string "{key}"')
    text: str = row[key]
    return text


def listed(row: Mapping[str, Any], key: str) -> list[Any]:
    """The list under the key. Raises Fault."""
    value = row.get(key)
    if not isinstance(value, list):
        raise Fault(f'no list "{key}"')
    return value


def objects(row: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The list of objects under the key, empty where there is none. Raises Fault."""
    items = [] if row.get(key) is None else listed(row, key)
    for item in items:
        if not isinstance(item, Mapping):
            raise Fault(f'an item of "{key}" that is no object: {item!r:.80}')
    return items


def given_id(row: Mapping[str, Any]) -> str | None:
    """The row's own id, a string or a number. Raises Fault for anything else."""
    id = row.get("id")
    if id is not None and (not isinstance(id, (str, int)) or isinstance(id, bool)):
        raise Fault(f"an id that is neither string nor number: {id!r:.40}")
    return None if id is None else str(id)


def json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a JSON Lines file, or of a JSON file with one list; each with its place, a `Failure` for a bad
    one."""
    if not _is_list(path):
        yield from read_rows(str(path))
        return
    try:
        rows = loads(read_text(path), str(path), as_json=True)
    except SamnerError as error:
        yield str(path), Failure(error, str(path))
        return
    for number, row in enumerate(rows, 1):
        yield f"{path}, item {number}", row


def _is_list(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def each(
    rows: Iterable[tuple[str, Any]], make: Callable[[Any], Marked | None], expected: str
) -> Iterator[Read]:
    """`make` on each row; a Fault becomes a `Failure` that names the place. None stands for a row to pass over."""
    for place, row in rows:
        if isinstance(row, Failure):
            yield row
            continue
        try:
            made = make(row)
        except (Fault, InputError) as fault:
            yield Failure(FormatError(expected, f"{place}: {fault}", "mend that place"), place)
        else:
            if made is not None:
                yield made


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """JSON Lines."""
    with open_text(path) as out:
        for row in rows:
            out.write(dumps(row) + "\n")


def write_list(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON list, an item a line, written as items come."""
    with open_text(path) as out:
        between = "["
        for row in rows:
            out.write(f"{between}\n{dumps(row)}")
            between = ","
        out.write("\n]\n" if between == "," else "[]\n")


def open_text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


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


class Utf16:
    """Between code points and UTF-16 units, in which a browser counts, of one text."""

    def __init__(self, text: str) -> None:
        self._wide = [n for n, char in enumerate(text) if char > "\uffff"]

    def __bool__(self) -> bool:
        """Do the two differ?"""
        return bool(self._wide)

    def units(self, at: int) -> int:
        return at + bisect_left(self._wide, at)

    def points(self, at: Any) -> Any:
        """Raises Fault for a place inside a character; anything but a whole number is left for `checked` to refuse."""
        if type(at) is not int:
            return at
        before = bisect_left(range(len(self._wide)), at, key=lambda n: self._wide[n] + n + 1)
        if before < len(self._wide) and self._wide[before] + before + 1 == at:
            raise Fault(f"the offset {at} inside a character (UTF-16 units)")
        return at - before
