"""CoNLL: `token TAB tag`, an empty line after each sentence, tags in IOB2 or BILOU.

Both schemes are read (BILOU also as BIOES, its letters E and S); columns between token and tag are passed over. White
space separates where there is no tab.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from samner.errors import FormatError
from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted, on_tokens, tokens_of
from samner.formats.gliner import joinable
from samner.formats.rows import Fault, open_text
from samner.types import Document, Failure
from samner.writing.conll import one_line, token_tags

_OPENING, _CLOSING = "BUS", "LUES"
_PREFIXES = frozenset("BILUES")


class Row(NamedTuple):
    """One line: a token, its tag, and where it stands."""

    token: str
    tag: str
    where: str


def read(path: Path, notes: Notes, *, columns: int | None = None) -> Iterator[Read]:
    """A document a sentence, its tokens joined by one space. A line that is wrong costs its sentence.

    With `columns`, every line has that many, parted by tabs, and no white space in a token.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        found = error.strerror or str(error)
        yield Failure(FormatError(f"a readable file {path}", found, "check the path"), str(path))
        return
    rows: list[Row] = []
    fault: FormatError | None = None
    for number, line in enumerate([*raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), b""], 1):
        if line.strip():
            try:
                rows += _row(line.removesuffix(b"\r"), f"{path}:{number}", rows, columns, notes)
            except FormatError as error:
                fault = fault or error
            continue
        if fault is not None:
            yield Failure(fault, str(path))
        elif rows:
            yield _sentence(rows)
        rows, fault = [], None


def _row(raw: bytes, where: str, before: list[Row], columns: int | None, notes: Notes) -> list[Row]:
    """One line as a row, or as none if it is a comment. `before` are the rows of its sentence so far."""
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError("UTF-8 text", f"other bytes at {where}", "save the file as UTF-8") from None
    parts = line.split("\t") if "\t" in line or columns else line.split()
    if columns is None and (parts[0] == "-DOCSTART-" or (line.startswith("# ") and not _is_tag(parts[-1]))):
        notes.lost("comment lines")
        return []
    if len(parts) < 2 or len(parts) != (columns or len(parts)) or not parts[0].strip():
        raise FormatError("TOKEN<TAB>TAG", f"{line!r:.80} at {where}", "mend the line")
    if columns and any(c.isspace() for c in parts[0]):
        raise FormatError("TOKEN<TAB>TAG", f"{line!r:.80} at {where}", "mend the line")
    notes.lost("columns between token and tag", len(parts) - 2)
    _check(parts[-1], before[-1].tag if before else "O", where)
    return [Row(parts[0], parts[-1], where)]


def _check(tag: str, before: str, where: str) -> None:
    """Is it a tag, and may it follow the tag `before`?"""
    if not _is_tag(tag):
        expected = "a tag O, B-TYPE or I-TYPE (or L-, U-, E-, S-)"
        raise FormatError(expected, f"{tag!r:.80} at {where}", "mend the tag")
    inside = tag != "O" and tag[0] not in _OPENING
    if inside and (before[2:] != tag[2:] or before[0] in _CLOSING):
        found = f"{tag} after {before} at {where}"
        raise FormatError(f"B-{tag[2:]} where a mention begins", found, "mend the tag")


def _is_tag(tag: str) -> bool:
    return tag == "O" or (tag[:1] in _PREFIXES and tag[1:2] == "-" and bool(tag[2:].strip()))


def _sentence(rows: list[Row]) -> Marked:
    return _from_checked([row.token for row in rows], [row.tag for row in rows])


def from_tags(tokens: list[str], tags: list[str], id: object = None) -> Marked:
    """A document of tokens with a tag each. Raises Fault."""
    for before, tag, number in zip(["O", *tags], tags, range(len(tags)), strict=False):
        try:
            _check(tag, before, f"token {number}")
        except FormatError as error:
            raise Fault(error.found) from None
    marked = _from_checked(tokens, tags)
    return replace(marked, document=replace(marked.document, id=None if id is None else str(id)))


def _from_checked(tokens: list[str], tags: list[str]) -> Marked:
    document = Document.from_tokens(tokens)
    mentions: list[Mention] = []
    for tag, word in zip(tags, document.words or (), strict=True):
        if tag[0] in _OPENING:
            mentions.append(Mention(word.start, word.end, tag[2:]))
        elif tag != "O":
            mentions[-1] = Mention(mentions[-1].start, word.end, tag[2:])
    return Marked(document, tuple(mentions))


def write(path: Path, documents: Iterable[Marked], notes: Notes, *, bilou: bool = False) -> None:
    """Where mentions share a token the one with the better score stays, then the longer one."""
    with open_text(path) as out:
        for marked in fitted(documents, IOB2.holds | {"score"}, notes):
            notes.lost("scores", sum(m.score is not None for m in marked.mentions))
            document = tokens_of(marked.document)
            placed = on_tokens(Marked(document, marked.mentions), notes)
            entities = Marked(document, tuple(m for *_, m in placed)).entities()
            tags, left_out = token_tags(document, entities)
            notes.lost("mentions that share a token with a better one, left out", len(left_out))
            tags = to_bilou(tags) if bilou else tags
            if not tags:
                notes.lost("texts without a word, left out")
                continue
            for token, tag in zip(joinable(document, notes), tags, strict=True):
                out.write(f"{one_line(token)}\t{one_line(tag)}\n")
            out.write("\n")


def to_bilou(tags: list[str]) -> list[str]:
    """IOB2 tags with the last token of a mention as L, a mention of one token as U."""
    letters = {("B", False): "U", ("I", False): "L", ("B", True): "B", ("I", True): "I"}
    return [
        tag if tag == "O" else letters[tag[0], after[0] == "I"] + tag[1:]
        for tag, after in zip(tags, [*tags[1:], "O"], strict=False)
    ]


IOB2 = Format(
    "conll",
    "CoNLL, a token a line, IOB2 tags",
    read,
    write,
    frozenset({"words"}),
    (".conll", ".iob2", ".bio"),
)
BILOU = Format(
    "bilou",
    "CoNLL with BILOU tags",
    read,
    partial(write, bilou=True),
    frozenset({"words"}),
    (".bilou",),
)
