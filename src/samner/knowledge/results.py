"""Extractions read back: from the folder that `samner run` wrote, or from JSON Lines of `samner extract`.

A line or file that cannot be used is a `Failure` in its place; the rest comes through.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from samner.errors import FormatError, InputError, MissingExtraError
from samner.types import Failure, Span

LINE_SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
PARQUET = ".parquet"
NOT_RESULTS = ("errors.jsonl",)  # `samner run` keeps the documents that failed there


@dataclass(frozen=True, slots=True)
class Mention:
    """One entity of an extraction. Offsets are code points of the document's text."""

    start: int
    end: int
    text: str
    label: str
    score: float
    archetype: str

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Extraction:
    """The mentions of one document, by position. `text` is None where the extraction was stored without it."""

    id: str
    source: str
    text: str | None
    mentions: tuple[Mention, ...]


Read: TypeAlias = "Extraction | Failure"


def read_results(paths: Iterable[str | Path]) -> Iterator[Read]:
    """Read lazily, files of a folder by name. A document whose id was seen before is a `Failure`: its mentions would
    count twice."""
    seen: set[str] = set()
    for path in paths:
        for read in _read(Path(path)):
            if isinstance(read, Extraction):
                if read.id in seen:
                    remedy = "remove one of them, or give them ids of their own"
                    yield Failure(InputError("every document once", f"{read.id!r} again", remedy), read.id)
                    continue
                seen.add(read.id)
            yield read


def _read(path: Path) -> Iterator[Read]:
    files = _files(path) if path.is_dir() else [path]
    if not files:
        known = ", ".join((*LINE_SUFFIXES, PARQUET))
        error = InputError(
            f"files ending in {known}", f"none in {path}", "name the folder that samner run wrote"
        )
        yield Failure(error, str(path))
    for file in files:
        try:
            yield from _rows_of(file)
        except (FormatError, InputError) as error:
            yield Failure(error, str(file))
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or error
            remedy = "check the name and its permissions"
            yield Failure(InputError("a readable file", f"{file}: {reason}", remedy), str(file))


def _files(folder: Path) -> list[Path]:
    """Shards by name; hidden files, and those of hidden folders, are passed over."""
    found = [
        file
        for file in folder.rglob("*")
        if file.name.lower().endswith((*LINE_SUFFIXES, PARQUET))
        and file.name not in NOT_RESULTS
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    return sorted(found)


def _rows_of(file: Path) -> Iterator[Read]:
    if file.name.lower().endswith(PARQUET):
        yield from _guarded(_parquet(file), file)
    else:
        yield from _guarded(_lines(file), file)


def _guarded(rows: Iterator[tuple[int, Any]], file: Path) -> Iterator[Read]:
    for number, row in rows:
        place = f"{file}:{number}"
        try:
            yield extraction(json.loads(row) if isinstance(row, (str, bytes)) else row, place)
        except FormatError as error:
            yield Failure(error, place)
        except (ValueError, RecursionError) as error:
            found = f"a syntax error ({getattr(error, 'msg', error)}) at {place}"
            yield Failure(FormatError("a JSON object a line", found, "mend or remove the line"), place)


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    opened: BinaryIO | gzip.GzipFile
    opened = gzip.open(file, "rb") if file.suffix.lower() == ".gz" else file.open("rb")  # noqa: SIM115
    with opened as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line


def _parquet(file: Path) -> Iterator[tuple[int, Any]]:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "corpora") from None
    try:
        with parquet.ParquetFile(file) as table:
            number = 0
            for batch in table.iter_batches(batch_size=256):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (OSError, ValueError) as error:  # pyarrow's own derive from ValueError
        raise FormatError("a Parquet file", f"{error} in {file}", "write it again") from None


def extraction(row: Any, place: str) -> Extraction:
    """One stored document, checked. FormatError says what is wrong at `place`."""
    remedy = "pass what `samner run` or `samner extract --format jsonl` wrote"
    if not isinstance(row, dict) or not isinstance(row.get("entities"), list):
        raise FormatError('{"id", "entities": [...]}', f"{row!r:.60} at {place}", remedy)
    text, id, source = row.get("text"), row.get("id"), row.get("source")
    if text is not None and not isinstance(text, str):
        raise FormatError("a string as text", f"{text!r:.40} at {place}", remedy)
    if id is not None and (isinstance(id, bool) or not isinstance(id, (str, int))):
        raise FormatError("a string or number as id", f"{id!r:.40} at {place}", remedy)
    name = place if id is None else str(id)
    mentions = [_mention(item, text, place) for item in row["entities"]]
    mentions.sort(key=lambda m: (m.start, m.end, m.label))
    return Extraction(name, str(source) if source else name, text, tuple(mentions))


def _mention(row: Any, text: str | None, place: str) -> Mention:
    remedy = "pass what `samner run` or `samner extract --format jsonl` wrote"
    if not isinstance(row, Mapping):
        raise FormatError("a mapping for each entity", f"{row!r:.60} at {place}", remedy)
    start, end, surface = row.get("start"), row.get("end"), row.get("text")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end:
        raise FormatError("start before end, both numbers", f"{start!r}, {end!r} at {place}", remedy)
    if text is not None:
        if text[start:end] != (surface if isinstance(surface, str) else text[start:end]) or end > len(text):
            raise FormatError("text[start:end] equal to the entity's", f"{surface!r:.40} at {place}", remedy)
        surface = text[start:end]
    label, score, archetype = row.get("label"), row.get("score", 1.0), row.get("archetype", "misc")
    if not isinstance(surface, str) or not isinstance(label, str) or not isinstance(archetype, str):
        raise FormatError("text, label and archetype as strings", f"{dict(row)!r:.80} at {place}", remedy)
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise FormatError("a score from 0 to 1", f"{score!r} at {place}", remedy)
    return Mention(start, end, surface, label, float(score), archetype)
