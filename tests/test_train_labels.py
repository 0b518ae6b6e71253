"""Every label table of the public sets can be read, and says what the archetypes know."""

from __future__ import annotations

from pathlib import Path

import pytest

from samner.archetypes import load as load_archetypes
from samner.train.examples import DROPPED, _label_keys
from samner.train.material import LABELS
from samner.train.ontology import TypeBook, split_names

TABLES = sorted(LABELS.glob("*.tsv"))


def rows_of(table: Path) -> list[list[str]]:
    return [line.split("\t") for line in table.read_text("utf-8").splitlines()]


def test_there_are_tables() -> None:
    assert len(TABLES) >= 12


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_table_reads_whole(table: Path) -> None:
    rows = rows_of(table)
    labels = [row[0] for row in rows]
    assert len(set(labels)) == len(labels), "a label stands twice"
    book = TypeBook()
    keys = _label_keys(table, table.stem, book)
    assert list(keys) == labels
    known = {a.name for a in load_archetypes()}
    for label, *cells in rows:
        if cells[0] == DROPPED:
            assert not any(cells[1:])
            assert keys[label] == ""
            continue
        name, archetype, broader, others, definition = cells
        assert name == name.strip().lower()
        assert archetype in known
        assert name not in split_names(broader)
        assert 1 <= len(split_names(others)) <= 5
        assert definition[0].isupper() or definition[0].isdigit()
        assert definition.endswith(".")
        assert keys[label] == f"{table.stem}/{name}"
        assert book.entries[keys[label]].definitions
