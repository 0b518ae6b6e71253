"""CSV, a row an entity: `id, start, end, text, label, score, archetype`. It holds no documents.

To read one the documents are needed as well (`--texts`): any files that `samner extract` takes, or JSON Lines.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from samner.errors import FormatError, SamnerError
from samner.formats.base import Format, Marked, Mention, Notes, Read, encodable, fitted
from samner.formats.rows import Fault, checked, open_text
from samner.reading import read_documents
from samner.strict import read_text
from samner.types import Document, Failure

COLUMNS = ("id", "start", "end", "text", "label", "score", "archetype")
NEEDED = ("id", "start", "end", "label")


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    """A document without an id of its own is named by its number: `#1`, `#2` ..."""
    seen: set[str] = set()
    with open_text(path) as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(COLUMNS)
        for number, marked in enumerate(fitted(documents, HOLDS, notes), 1):
            document, id = marked.document, marked.document.id
            notes.lost("texts (keep them: --texts brings them back)")
            if id is None or id in seen:
                notes.lost("texts with the id of another one, named by their number", int(id is not None))
                id = f"#{number}"
            seen.add(id)
            for m in marked.mentions:
                surface = _cell(document.text[m.start : m.end])
                rows.writerow((id, m.start, m.end, surface, m.label, m.score, m.archetype))


def read(path: Path, notes: Notes, texts: Path | None = None) -> Iterator[Read]:
    """The documents of `texts`, in their order, with the entities that name them by id (or by number)."""
    if texts is None:
        remedy = "name the documents with --texts FILE or FOLDER"
        yield Failure(FormatError("the texts of the entities", "none in a CSV file", remedy), str(path))
        return
    try:
        rows = _rows(path, notes)
    except SamnerError as error:
        yield Failure(error, str(path))
        return
    for number, document in enumerate(read_documents([texts]), 1):
        if isinstance(document, Failure):
            yield document
            continue
        mine = rows.pop(str(document.id), None)
        if str(document.id).startswith(f"{texts}:"):  # the place of a line that has no id
            document = replace(document, id=None)
        yield _marked(document, rows.pop(f"#{number}", []) if mine is None else mine)
    for id, left in rows.items():
        found = f"the id {id!r:.80} at {left[0][0]}, which no text has"
        remedy = "mend the id, or name the right texts"
        yield Failure(FormatError(f"ids of the documents in {texts}", found, remedy), left[0][0])


Placed = tuple[str, dict[str, str]]  # where a row stands, and its cells


def _rows(path: Path, notes: Notes) -> dict[str, list[Placed]]:
    """The rows by the id of their document."""
    lines = csv.DictReader(read_text(path).splitlines(keepends=True), restkey="more")
    header = [str(name) for name in lines.fieldnames or ()]
    if missing := [name for name in NEEDED if name not in header]:
        remedy = f"write the columns {', '.join(COLUMNS)}"
        raise FormatError(f"a column {missing[0]!r}", f"{', '.join(header) or 'nothing'} in {path}", remedy)
    rows: dict[str, list[Placed]] = defaultdict(list)
    try:
        for row in lines:
            place = f"{path}:{lines.line_num}"
            notes.unknown({key: value for key, value in row.items() if value}, COLUMNS)
            rows[row["id"] or ""].append((place, row))
    except csv.Error as error:
        raise FormatError("a CSV file", f"{error} at {path}:{lines.line_num}", "mend the line") from None
    return rows


def _marked(document: Document, rows: list[Placed]) -> Read:
    mentions = []
    for place, row in rows:
        try:
            mentions.append(_mention(row, document.text))
        except Fault as fault:
            return Failure(FormatError("rows of entities", f"{place}: {fault}", "mend the row"), place)
    return Marked(document, tuple(mentions))


def _mention(row: dict[str, str], text: str) -> Mention:
    try:
        start, end = int(row["start"]), int(row["end"])
        score = float(row["score"]) if row.get("score") else None
    except (TypeError, ValueError):
        cells = {name: row.get(name) for name in ("start", "end", "score")}
        raise Fault(f"numbers that are none: {cells}") from None
    surface, archetype = row.get("text") or None, row.get("archetype") or None
    if surface is not None:
        surface = surface if surface != _cell(encodable(text[start:end])) else text[start:end]
    return checked(text, start, end, row["label"], surface, score, archetype=archetype)


def _cell(surface: str) -> str:
    """With a sign for the character of number zero, which CSV files of Python before 3.11 cannot hold."""
    return surface.replace("\0", "\N{SYMBOL FOR NULL}")


def with_texts(texts: Path) -> Format:
    """The format that finds its documents there."""
    return replace(FORMAT, read=partial(read, texts=texts))


HOLDS = frozenset({"id", "score", "archetype"})
FORMAT = Format("csv", "CSV, a row an entity (to read it: --texts)", read, write, HOLDS, (".csv",))
