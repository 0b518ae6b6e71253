"""Gold data: the CrossNER files and the JSON Lines of `samner eval`, checked while they are read.

A file that is not what its format promises is a `FormatError` that names file and line: a benchmark on
half-read data would be a wrong figure, not a smaller one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from samner.errors import FormatError, SamnerError
from samner.formats import conll, jsonl
from samner.formats.base import Marked, Notes
from samner.formats.rows import Fault
from samner.reading import read_rows
from samner.types import Failure

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
    documents = []
    for sentence in conll.read(path, Notes(), columns=2):
        if isinstance(sentence, Failure):
            raise sentence.error
        documents.append(_gold(sentence))
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
    for place, row in read_rows(str(path)):
        if isinstance(row, Failure):
            faults.append(row.error.found if isinstance(row.error, SamnerError) else str(row.error))
            continue
        try:
            documents.append(_gold_document(row, labels))
        except Fault as fault:
            faults.append(f"{place}: {fault}")
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


def _gold_document(row: Any, labels: Collection[str] | None) -> GoldDocument:
    """One row, checked. Raises Fault."""
    document = _gold(jsonl.row_of(row))
    for entity in document.entities:
        if labels is not None and entity.label not in labels:
            raise Fault(f"the label {entity.label!r}, which is not in the schema ({_some(labels)})")
        if document.entities.count(entity) > 1:
            raise Fault(f"the entity {tuple(entity)} twice")
    return document


def _gold(marked: Marked) -> GoldDocument:
    return GoldDocument(
        marked.document.text, tuple(GoldEntity(m.start, m.end, m.label) for m in marked.mentions)
    )


def _some(labels: Iterable[str], most: int = 6) -> str:
    names = sorted(labels)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
