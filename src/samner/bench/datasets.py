"""Gold data: the CrossNER files and the JSON Lines of `samner eval`, checked while they are read.

A file that is not what its format promises is a `FormatError` that names file and line: a benchmark on
half-read data would be a wrong figure, not a smaller one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from samner.errors import FormatError

DOMAINS = ("ai", "literature", "music", "politics", "science")
TEST_SENTENCES = {"ai": 431, "literature": 416, "music": 465, "politics": 651, "science": 543}


class GoldEntity(NamedTuple):
    """A marked mention: half-open code-point offsets and the label as the gold file spells it."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A text with every mention that the gold data marks in it."""

    text: str
    entities: tuple[GoldEntity, ...]

    def without(self, label: str) -> GoldDocument:
        """The same text with the mentions of `label` unmarked."""
        return GoldDocument(self.text, tuple(e for e in self.entities if e.label != label))


def read_crossner(data_dir: Path, domain: str, part: str = "test") -> list[GoldDocument]:
    """One domain of CrossNER in file order, labels as in its tags (`musicalartist`).

    `data_dir` holds `DOMAIN.PART.txt` itself or in a folder `crossner`. The text of a sentence is its tokens
    joined by one space. The number of test sentences must be the original one.
    """
    path = crossner_file(data_dir, domain, part)
    documents = [_sentence(rows) for rows in _blocks(path)]
    wanted = TEST_SENTENCES.get(domain) if part == "test" else None
    if wanted is not None and len(documents) != wanted:
        raise FormatError(
            f"{wanted} sentences in {path}",
            f"{len(documents)}",
            "use the original CrossNER test file, unchanged",
        )
    return documents


def crossner_file(data_dir: Path, domain: str, part: str) -> Path:
    """Where `DOMAIN.PART.txt` lies: in `data_dir` or in `data_dir/crossner`. None there is a `FormatError`."""
    for folder in (data_dir, data_dir / "crossner"):
        if (path := folder / f"{domain}.{part}.txt").is_file():
            return path
    raise FormatError(
        f"the file {domain}.{part}.txt in {data_dir}", "no such file", "give the CrossNER folder with --data"
    )


def read_gold(path: Path, labels: Collection[str] | None = None) -> list[GoldDocument]:
    """The gold of `samner eval`: `{"text": ..., "entities": [{"start", "end", "label"}, ...]}` a line.

    With `labels`, a gold label outside them is an error. Every bad line is found before one error names the
    first of them and says how many more there are. Blank lines are skipped; further keys are ignored.
    """
    documents, faults = [], []
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            documents.append(_gold_document(line, labels))
        except _Fault as fault:
            faults.append(f"{path}:{number}: {fault}")
    if faults:
        more = f" (and {len(faults) - 1} more bad lines)" if len(faults) > 1 else ""
        raise FormatError(
            'gold lines {"text", "entities": [{"start", "end", "label"}]}',
            faults[0] + more,
            "correct the file",
        )
    if not documents:
        raise FormatError(f"at least one gold document in {path}", "none", "write one JSON object a line")
    return documents


class _Fault(Exception):
    """What is wrong with one line; `read_gold` adds where."""


def _gold_document(line: str, labels: Collection[str] | None) -> GoldDocument:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _Fault(f"no JSON ({error})") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise _Fault('no object with a string "text"')
    if not isinstance(row.get("entities"), list):
        raise _Fault('no list "entities"')
    entities = tuple(_gold_entity(item, row["text"], labels) for item in row["entities"])
    if len(set(entities)) < len(entities):
        twice = next(e for e in entities if entities.count(e) > 1)
        raise _Fault(f"the entity {tuple(twice)} twice")
    return GoldDocument(row["text"], entities)


def _gold_entity(item: Any, text: str, labels: Collection[str] | None) -> GoldEntity:
    if not isinstance(item, dict):
        raise _Fault(f"an entity that is no object: {item!r}")
    start, end, label = item.get("start"), item.get("end"), item.get("label")
    if type(start) is not int or type(end) is not int:  # bool is an int to isinstance
        raise _Fault(f"start and end that are no whole numbers: {start!r}, {end!r}")
    if not 0 <= start < end <= len(text):
        raise _Fault(f"offsets {start}..{end} outside 0..{len(text)} (half-open, code points)")
    if not isinstance(label, str) or not label.strip():
        raise _Fault(f"a label that is no name: {label!r}")
    if labels is not None and label not in labels:
        raise _Fault(f"the label {label!r}, which is not in the schema ({_some(labels)})")
    surface = item.get("text", text[start:end])
    if surface != text[start:end]:  # the usual sign of byte or UTF-16 offsets
        raise _Fault(f"the entity text {surface!r} but {text[start:end]!r} at {start}..{end}")
    return GoldEntity(start, end, label)


def _some(labels: Iterable[str], most: int = 6) -> str:
    names = sorted(labels)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends. Read as bytes, so that a wrong encoding can be laid to its line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FormatError(f"a readable file {path}", f"{error.strerror or error}", "check the path") from None
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        yield number, _utf8(line, f"{path}:{number}").removesuffix("\r")


def _utf8(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError("UTF-8 text", f"other bytes at {where}", "save the file as UTF-8") from None


Row = tuple[str, str]  # token, tag


def _blocks(path: Path) -> Iterator[list[Row]]:
    """The sentences of a token-TAB-tag file, checked line by line."""
    rows: list[Row] = []
    for number, line in _lines(path):
        if not line.strip():
            if rows:
                yield rows
            rows = []
            continue
        rows.append(_row(line, rows[-1][1] if rows else "O", f"{path}:{number}"))
    if rows:
        yield rows


def _row(line: str, before: str, where: str) -> Row:
    """Split one line; `before` is the tag of the token before it in the sentence."""
    parts = line.split("\t")
    if len(parts) != 2 or not parts[0] or any(c.isspace() for c in parts[0]):
        raise FormatError("TOKEN<TAB>TAG", f"{line!r} at {where}", "mend the line")
    tag = parts[1]
    if tag != "O" and not (tag[:2] in ("B-", "I-") and tag[2:]):
        raise FormatError("a tag O, B-TYPE or I-TYPE", f"{tag!r} at {where}", "mend the tag")
    if tag.startswith("I-") and before[2:] != tag[2:]:
        raise FormatError(
            f"B-{tag[2:]} where a mention begins", f"{tag} after {before} at {where}", "mend the tag"
        )
    return parts[0], tag


def _sentence(rows: list[Row]) -> GoldDocument:
    entities: list[GoldEntity] = []
    at = 0
    for token, tag in rows:
        end = at + len(token)
        if tag.startswith("B-"):
            entities.append(GoldEntity(at, end, tag[2:]))
        elif tag.startswith("I-"):
            entities[-1] = entities[-1]._replace(end=end)
        at = end + 1
    return GoldDocument(" ".join(token for token, _ in rows), tuple(entities))
