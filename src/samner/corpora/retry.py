"""Reading again what failed: a shard is made anew, and of its documents only those that failed are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from samner.corpora.journal import Journal
from samner.corpora.receipts import Receipt, read_receipts
from samner.corpora.shards import read_shard, sha256_of
from samner.corpora.stream import Item, Position, items, shard_items
from samner.corpora.tally import Tally
from samner.corpora.work import Worker


def retry(worker: Worker) -> None:
    """Read the failed documents of every shard once more. A shard whose failures fail again keeps its bytes."""
    for receipt in read_receipts(worker.folder):
        if receipt.errors:
            _retry(worker, receipt)


def _retry(worker: Worker, receipt: Receipt) -> None:
    path = worker.folder.shard(receipt.shard, worker.job.options.format)
    stream = items(worker.job.sources, receipt.start, worker.job.options.fields)
    stream = shard_items(stream, worker.job.options.limits, stop=receipt.stop)
    tally = Tally()
    if _is_as_written(path, receipt):  # else all of it is read again
        stream = _known(stream, receipt, read_shard(path))
        tally.merge(receipt.tally)
        tally.failed = 0
    worker.folder.journal(receipt.shard).unlink(missing_ok=True)
    journal = Journal(worker.folder.journal(receipt.shard))
    try:
        journal.progress.tally = tally
        worker.read(stream, journal)
        journal.progress.after = receipt.stop
        worker.finish(receipt.shard, receipt.start, journal)
    finally:
        journal.close()


def _is_as_written(path: Path, receipt: Receipt) -> bool:
    """A kill between a shard and its receipt leaves a shard that is newer."""
    return path.exists() and sha256_of(path) == receipt.sha256


def _known(stream: Iterable[Item], receipt: Receipt, rows: Iterator[bytes]) -> Iterator[Item]:
    """The items with the rows that they have already, but for those that failed."""
    failed = sorted((Position(*e["before"]), Position(*e["after"])) for e in receipt.errors)
    n = 0
    for item in stream:
        while n < len(failed) and failed[n][1] <= item.before:
            n += 1
        if n < len(failed) and failed[n][0] <= item.before:
            yield item
        else:
            yield item._replace(known=next(rows).decode().removesuffix("\n"))
