"""doccano's JSON Lines: `{"id", "text", "label": [[start, end, label], ...]}` or, as it exports projects with
relations, `"entities": [{"start_offset", "end_offset", "label"}]`.

Its page counts UTF-16 units, as browsers do, so offsets after an emoji differ from ours; projects that count grapheme
clusters are not supported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted
from samner.formats.rows import Fault, checked, checked_text, each, given_id, json_rows, write_rows
from samner.formats.units import Utf16
from samner.types import Document

LISTS = ("label", "labels", "entities")
KEYS = ("id", "text", *LISTS)


def read(path: Path, notes: Notes) -> Iterator[Read]:
    def make(row: Any) -> Marked:
        text = checked_text(row)
        units = Utf16(text)
        given = [row[key] for key in LISTS if isinstance(row.get(key), list)]
        if not given:
            raise Fault('no list "label" or "entities"')
        mentions = tuple(_mention(item, text, units) for items in given for item in items)
        notes.unknown({key: value for key, value in row.items() if value not in ([], None)}, KEYS)
        return Marked(Document(text, given_id(row)), mentions)

    return each(json_rows(path), make, 'rows {"text", "label": [[start, end, label]]}')


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    write_rows(path, map(_row, fitted(documents, FORMAT.holds, notes)))


def _row(marked: Marked) -> dict[str, Any]:
    document, units = marked.document, Utf16(marked.document.text)
    row: dict[str, Any] = {} if document.id is None else {"id": document.id}
    label = [[units.units(m.start), units.units(m.end), m.label] for m in marked.mentions]
    return row | {"text": document.text, "label": label}


def _mention(item: Any, text: str, units: Utf16) -> Mention:
    if isinstance(item, dict):
        item = [item.get("start_offset"), item.get("end_offset"), item.get("label")]
    if not isinstance(item, list) or len(item) != 3:
        raise Fault(f"a label that is not [start, end, label]: {item!r:.80}")
    start, end, label = item
    return checked(text, units.points(start), units.points(end), label)


FORMAT = Format("doccano", "doccano's JSON Lines", read, write, frozenset({"id", "surrogates"}))
