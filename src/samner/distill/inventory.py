"""Label inventories: the types that people annotate, with their definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from samner.errors import FormatError
from samner.schema import read_schema
from samner.train.material import LABELS

MOST = 10_000  # the distances of agglomerative clustering fill memory by the square


@dataclass(frozen=True, slots=True)
class Label:
    """A type of an inventory; `archetype` is what its inventory files it under ("" where it does not say)."""

    name: str
    definition: str
    archetype: str = ""

    @property
    def text(self) -> str:
        return f"{self.name}: {self.definition}" if self.definition else self.name


def gather(corpus: Path | None, schemas: Iterable[Path | str] = ()) -> list[Label]:
    """The types of our corpus, the public sets and schema files: each name once, sorted. What several inventories file
    under several archetypes goes under the most frequent one."""
    held: dict[str, list[Label]] = {}
    for label in (*_tables(corpus), *_schemas(schemas)):
        held.setdefault(label.name, []).append(label)
    if not held:
        raise FormatError("types", "none", "name a corpus folder or schema files")
    found = [_merged(rows) for _, rows in sorted(held.items())]
    if len(found) > MOST:
        raise FormatError(f"at most {MOST} types", str(len(found)), "give fewer inventories")
    return found


def _merged(rows: list[Label]) -> Label:
    definition = next((r.definition for r in rows if r.definition), "")
    filed = [r.archetype for r in rows if r.archetype]
    return Label(rows[0].name, definition, max(sorted(set(filed)), key=filed.count) if filed else "")


def _tables(corpus: Path | None) -> Iterator[Label]:
    for file in sorted(corpus.glob("*.types.tsv")) if corpus is not None else ():
        for cells in _rows(file):
            yield Label(cells[0].strip().lower(), cells[4].strip(), cells[1])
    for file in sorted(LABELS.glob("*.tsv")) if corpus is not None else ():
        for cells in _rows(file):
            if len(cells) == 6:
                yield Label(cells[1].strip().lower(), cells[5].strip(), cells[2])


def _rows(file: Path) -> Iterator[list[str]]:
    for line in file.read_text("utf-8").splitlines():
        yield line.split("\t")


def _schemas(names: Iterable[Path | str]) -> Iterator[Label]:
    for name in names:
        for kind in read_schema(name).schema:
            yield Label(
                kind.name.strip().lower(), kind.definition, kind.archetypes[0] if kind.archetypes else ""
            )
