"""Receipts: what says that a shard is done, where it began and ended in the input, what it counted, what failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from samner.corpora.folder import ERRORS, Folder, write_whole
from samner.corpora.stream import Position
from samner.corpora.tally import Tally
from samner.errors import FormatError


@dataclass(frozen=True, slots=True)
class Receipt:
    """Written last, when the shard's file lies in its place."""

    shard: int
    start: Position
    stop: Position
    tally: Tally
    errors: list[dict[str, Any]]
    sha256: str

    def write(self, folder: Folder) -> None:
        row = {
            "shard": self.shard,
            "start": self.start,
            "stop": self.stop,
            "sha256": self.sha256,
            "tally": self.tally.to_dict(),
            "errors": self.errors,
        }
        data = (json.dumps(row) + "\n").encode()
        write_whole(folder.receipt(self.shard), lambda file: file.write(data))


def read_receipts(folder: Folder) -> Iterator[Receipt]:
    """All receipts of a folder, in the order of the shards; FormatError for a damaged one."""
    for number, path in folder.receipts():
        try:
            row = json.loads(path.read_text("utf-8"))
            start, stop = Position(*row["start"]), Position(*row["stop"])
            yield Receipt(number, start, stop, Tally.of(row["tally"]), row["errors"], row["sha256"])
        except (ValueError, KeyError, TypeError):
            remedy = "remove it, and the shard is made again"
            raise FormatError("a receipt", f"something else in {path}", remedy) from None


def write_errors(folder: Folder) -> int:
    """`errors.jsonl` from the receipts: the documents that failed, in the input's order; how many these are."""
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for receipt in read_receipts(folder):
            count += len(receipt.errors)
            yield from _error_lines(receipt)

    write_whole(folder.path / ERRORS, lambda file: file.writelines(lines()))
    return count


def add_errors(folder: Folder, receipt: Receipt) -> None:
    """Show what failed in a shard at once; `write_errors` makes the list anew when a run begins and when it ends."""
    with (folder.path / ERRORS).open("ab") as file:
        file.writelines(_error_lines(receipt))


def _error_lines(receipt: Receipt) -> Iterator[bytes]:
    for row in receipt.errors:
        shown = {key: value for key, value in row.items() if key not in ("before", "after")}
        yield (json.dumps(shown, ensure_ascii=True) + "\n").encode()
