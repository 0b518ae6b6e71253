"""Tags as a publisher's system takes them: JSON Lines, a CSV with a column of tags, front matter."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from samner.errors import InputError
from samner.knowledge.graph import plain
from samner.knowledge.tags import Tagged
from samner.strict import hint
from samner.writing.base import dumps

SEPARATOR = "; "


def check_format(format: str) -> None:
    """InputError, with the formats, if there is none of that name."""
    if format not in FORMATS:
        raise InputError("a known format", repr(format), hint(format, FORMATS))


def write(tagged: Iterable[Tagged], format: str, top: int, out: TextIO) -> None:
    """Write the `top` tags of each document."""
    FORMATS[format](tagged, top, out)


def _json(tagged: Iterable[Tagged], top: int, out: TextIO) -> None:
    for row in tagged:
        tags = [
            {
                "name": t.entity.name,
                "type": t.entity.label,
                "archetype": t.entity.archetype,
                "entity": t.entity.id,
                "salience": t.salience,
                "mentions": t.mentions,
                "frequency": round(t.frequency, 6),
                "position": round(t.position, 6),
                "spread": round(t.spread, 6),
                "score": round(t.score, 6),
                "rarity": round(t.rarity, 6),
            }
            for t in row.tags[:top]
        ]
        body: dict[str, Any] = {"id": row.document.id, "source": row.document.source, "tags": tags}
        out.write(dumps(body | {"archetypes": dict(row.archetypes)}) + "\n")


def _csv(tagged: Iterable[Tagged], top: int, out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "source", "tags", "archetypes"])
    for row in tagged:
        names = [t.entity.name.replace(SEPARATOR, ", ") for t in row.tags[:top]]
        cells = (row.document.id, row.document.source, SEPARATOR.join(names), SEPARATOR.join(_kinds(row)))
        writer.writerow([_harmless(plain(cell)) for cell in cells])


def _front_matter(tagged: Iterable[Tagged], top: int, out: TextIO) -> None:
    import yaml

    for row in tagged:
        head = {
            "id": plain(row.document.id),
            "tags": [plain(t.entity.name) for t in row.tags[:top]],
            "archetypes": _kinds(row),
        }
        out.write("---\n" + yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100))
    out.write("---\n")


def _kinds(row: Tagged) -> list[str]:
    """The archetypes that make up a tenth of the document's salience or more."""
    return [name for name, share in row.archetypes if share >= 0.1]


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula is made a text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


FORMATS: dict[str, Callable[[Iterable[Tagged], int, TextIO], None]] = {
    "json": _json,
    "csv": _csv,
    "front-matter": _front_matter,
}
