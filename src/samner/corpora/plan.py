"""Where the shards that are still to be done begin, for workers that take them in any order."""

from __future__ import annotations

from collections.abc import Iterator

from samner.corpora.folder import Folder
from samner.corpora.job import Job
from samner.corpora.receipts import read_receipts
from samner.corpora.stream import BEGINNING, Position, items, shard_items


def unfinished(job: Job, folder: Folder) -> Iterator[tuple[int, Position]]:
    """Number and beginning of each shard without a receipt, in order. These are walked through, but no document of
    theirs is parsed; the others are not touched, since their receipts say where they end."""
    stops = {receipt.shard: receipt.stop for receipt in read_receipts(folder)}
    number, start = 0, BEGINNING
    while True:
        stop = stops.get(number)
        if stop is None:
            for item in shard_items(items(job.sources, start, job.options.fields), job.options.limits):
                stop = item.after
            if stop is None:
                return
            yield number, start
        number, start = number + 1, stop
