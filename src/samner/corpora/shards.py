"""What a shard's file holds: the rows of its journal as JSON Lines or Parquet, the same bytes whenever it is made."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from samner.corpora.folder import write_whole
from samner.corpora.readers.columnar import arrow_library
from samner.errors import InputError
from samner.strict import hint
from samner.workers import batched

FORMATS = ("jsonl", "parquet")
_ROWS = 1_000  # of a row group
_SURROGATES = re.compile("[\ud800-\udfff]")


def check_format(format: str) -> None:
    """InputError for a format that there is not, MissingExtraError for one whose library is missing."""
    if format not in FORMATS:
        raise InputError("a known format", repr(format), hint(format, FORMATS))
    if format == "parquet":
        arrow_library()


def write_shard(path: Path, lines: Iterable[bytes]) -> str:
    """Write the rows (JSON, each with its line end) to `path`, in the format of its suffix; SHA-256 of the file."""
    if path.suffix == ".parquet":
        write_whole(path, lambda file: _parquet(file, lines))
    else:
        write_whole(path, lambda file: file.writelines(lines))
    return sha256_of(path)


def read_shard(path: Path) -> Iterator[bytes]:
    """The rows of a shard's file as `write_shard` took them."""
    if path.suffix != ".parquet":
        with path.open("rb") as file:
            yield from file
        return
    arrow_library()
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(_ROWS):
        for row in batch.to_pylist():
            yield (json.dumps(_without_none(row), ensure_ascii=False) + "\n").encode()


def sha256_of(path: Path) -> str:
    """Of a file of any size, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _parquet(file: BinaryIO, lines: Iterable[bytes]) -> None:
    pa = arrow_library()
    import pyarrow.parquet as pq

    schema = _arrow_schema(pa)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for some in batched(lines, _ROWS):
            rows = [_printable(json.loads(line)) for line in some]
            writer.write_table(pa.Table.from_pylist(rows, schema))


def entity_type(pa: Any) -> Any:
    """The Arrow type of an entity's JSON form."""
    text, whole, real = pa.string(), pa.int64(), pa.float64()
    alternative = pa.struct([("label", text), ("score", real)])
    return pa.struct(
        [
            *(("start", whole), ("end", whole), ("text", text), ("label", text), ("score", real)),
            *(("archetype", text), ("sources", pa.list_(text)), ("alternatives", pa.list_(alternative))),
            *(("first_token", whole), ("last_token", whole)),
        ]
    )


def _arrow_schema(pa: Any) -> Any:
    text, mark = pa.string(), pa.dictionary(pa.int32(), pa.string())
    row = [("id", text), ("source", text), ("text", text), ("entities", pa.list_(entity_type(pa)))]
    return pa.schema([*row, ("model", mark), ("schema", mark)])


def _printable(value: Any) -> Any:
    """Lone surrogates, which Parquet cannot hold, one for one as U+FFFD, so that offsets stay."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return {key: _printable(item) for key, item in value.items()} if isinstance(value, dict) else value


def _without_none(value: Any) -> Any:
    """A row as JSON Lines has it: what is not there has no key."""
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value
