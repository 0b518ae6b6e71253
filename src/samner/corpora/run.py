"""A whole run: what is done is passed over, what is left is worked off, and the report is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samner.corpora.folder import Folder, locked
from samner.corpora.job import Job, Options, settle
from samner.corpora.receipts import add_errors, read_receipts, write_errors
from samner.corpora.report import Session, write_report
from samner.corpora.shards import check_format
from samner.corpora.sources import Source, find_sources, once
from samner.corpora.stream import BEGINNING
from samner.corpora.tally import Tally
from samner.corpora.work import Watch, Worker
from samner.schema import SchemaLike, as_schema

if TYPE_CHECKING:
    from samner.pipeline import SamNER


Work = Callable[[Job, Folder, "SamNER", Watch], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a folder holds when a run has ended. `before` is the part that was done when it began, `text` the report."""

    total: Tally
    before: Tally
    seconds: float
    text: str


def run(
    inputs: Iterable[str | Path | Source],
    out: str | Path,
    ner: SamNER,
    schema: SchemaLike | None,
    *,
    options: Options | None = None,
    retry_errors: bool = False,
    watch: Watch | None = None,
    work: Work | None = None,
    prices: tuple[float | None, float | None] = (None, None),
) -> Outcome:
    """Extract from every document of `inputs` into shards in the folder `out`, or go on with that.

    `inputs` are files, folders, globs and URLs, or what `find_sources` made of them; without a schema every entity
    comes out. A document that fails stands in `errors.jsonl` and is passed over; `retry_errors` reads these once more.
    `watch` is called with what each chunk adds and how far the input is read. The shards hold the same bytes however
    often the run was killed in between, and whoever works them off: `work` is this process, unless
    `integrations.ray.on_ray` or the like is given. `prices` are those of a
    language model, per million tokens in and out. Raises InputError where the folder was begun with other inputs,
    types, model or options.
    """
    options = options or Options()
    check_format(options.format)
    found = [f for i in inputs for f in ([i] if isinstance(i, Source) else find_sources([str(i)]))]
    job = Job.of(once(found), ner, None if schema is None else as_schema(schema), options)
    folder = Folder(out)
    folder.create()
    begun = time.monotonic()
    with locked(folder):
        settle(job, folder)
        folder.clean()
        watch = watch or (lambda _tally, _position: None)
        before = done_before(folder, watch)
        write_errors(folder)
        (work or here)(job, folder, ner, watch)
        if retry_errors:
            from samner.corpora.retry import retry

            retry(Worker(job, folder, ner, watch))
        return conclude(job, folder, Session(before, time.monotonic() - begun, prices))


def done_before(folder: Folder, watch: Watch) -> Tally:
    """What the receipts of a folder add up to, told to `watch`."""
    total, last = Tally(), BEGINNING
    for receipt in read_receipts(folder):
        total.merge(receipt.tally)
        last = receipt.stop
    if total.documents:
        watch(total, last)
    return total


def here(job: Job, folder: Folder, ner: SamNER, watch: Watch) -> None:
    """Work off, in this process, every shard that has no receipt yet. What has one is not read: the receipt says where
    the next shard begins."""
    worker = Worker(job, folder, ner, watch)
    stops = {receipt.shard: receipt.stop for receipt in read_receipts(folder)}
    number, start = 0, BEGINNING
    while True:
        stop = stops.get(number)
        if stop is None:
            receipt = worker.shard(number, start)
            if receipt is None:
                return
            add_errors(folder, receipt)
            stop = receipt.stop
        number, start = number + 1, stop


def conclude(job: Job, folder: Folder, session: Session) -> Outcome:
    """Write `errors.jsonl` and the report."""
    write_errors(folder)
    total = Tally()
    for receipt in read_receipts(folder):
        total.merge(receipt.tally)
    text = write_report(job, folder, total, session)
    return Outcome(total, session.before, session.seconds, text)
