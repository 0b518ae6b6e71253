"""Parquet, and Arrow as Hugging Face `datasets` keeps it (`Dataset.save_to_disk`): a document a row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from samner.corpora.readers import Fields, Place, Record
from samner.corpora.readers.base import check_columns, document, opened
from samner.corpora.sources import Source
from samner.errors import FormatError, MissingExtraError

_ROWS = 256  # read at once


def parquet(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """`at` and `number` count rows. Row groups before `start` are not read."""
    pa = arrow_library()
    import pyarrow.parquet as pq

    with opened(source) as raw:
        try:
            file = pq.ParquetFile(raw)
            columns = check_columns(file.schema_arrow.names, source, fields)
            groups, first = _groups_from(file.metadata, start.at)
            batches = file.iter_batches(_ROWS, row_groups=groups, columns=columns)
            yield from _records(batches, source, first, start, fields)
        except pa.ArrowException as error:
            raise _damaged("a Parquet file", source, error) from None


def arrow(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """`at` and `number` count rows. Batches before `start` are passed over."""
    pa = arrow_library()
    with opened(source) as raw:
        try:
            stream = pa.ipc.open_stream(raw)
            check_columns(stream.schema.names, source, fields)
            yield from _records(stream, source, 0, start, fields)
        except pa.ArrowException as error:
            raise _damaged("an Arrow stream", source, error) from None


def arrow_library() -> Any:
    """pyarrow; MissingExtraError where there is none."""
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError("pyarrow", "corpora") from None
    return pyarrow


def _groups_from(metadata: Any, row: int) -> tuple[list[int], int]:
    """The row groups that end after `row`, and the first row of the first of them."""
    first = 0
    for group in range(metadata.num_row_groups):
        size = metadata.row_group(group).num_rows
        if first + size > row:
            return list(range(group, metadata.num_row_groups)), first
        first += size
    return [], first


def _records(batches: Any, source: Source, first: int, start: Place, fields: Fields) -> Iterator[Record]:
    """The rows of batches of which the first begins at row `first`, from `start` on."""
    for batch in batches:
        skip = max(0, start.at - first)
        if skip < batch.num_rows:
            kept = batch.slice(skip)
            wanted = [name for name in (fields.text, "tokens", fields.id) if name in kept.schema.names]
            for n, row in enumerate(kept.select(wanted).to_pylist(), first + skip + 1):
                name = f"{source.name}:{n}"
                size = len(row.get(fields.text) or row.get("tokens") or "")
                yield Record(name, Place(n, n), size, partial(document, row, name, fields))
        first += batch.num_rows


def _damaged(expected: str, source: Source, error: Exception) -> FormatError:
    return FormatError(expected, f"{' '.join(str(error).split())} in {source.name}", "write the file anew")
