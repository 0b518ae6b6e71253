"""One shard, from its place in the input to its file and its receipt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from samner.corpora.folder import Folder
from samner.corpora.job import Job
from samner.corpora.journal import Journal
from samner.corpora.reader import Answer, Reader
from samner.corpora.receipts import Receipt
from samner.corpora.shards import write_shard
from samner.corpora.stream import Item, Position, items, shard_items, windows
from samner.corpora.tally import Tally

if TYPE_CHECKING:
    from samner.pipeline import SamNER

LONG = 30_000  # bytes from which on a document is read, and kept, stretch by stretch
Watch = Callable[[Tally, Position], None]


class Worker:
    """Works off shards of one job, one after another, on all threads of its recognizer."""

    def __init__(self, job: Job, folder: Folder, ner: SamNER, watch: Watch | None = None) -> None:
        self.job, self.folder = job, folder
        self._ner, self._reader = ner, Reader(ner, job)
        self._watch = watch or (lambda _tally, _position: None)
        self._used = usage(ner)

    def shard(self, number: int, start: Position) -> Receipt | None:
        """Work off the shard that begins at `start`, from where its journal ends; None where the input ends there."""
        journal = Journal(self.folder.journal(number))
        try:
            at = journal.progress
            if at.documents:
                self._watch(at.tally, at.after or start)
            stream = items(self.job.sources, at.after or start, self.job.options.fields)
            self.read(shard_items(stream, self.job.options.limits, at.documents, at.size), journal)
            if at.after is None:
                journal.remove()
                return None
            return self.finish(number, start, journal)
        finally:
            journal.close()

    def read(self, stream: Iterable[Item], journal: Journal) -> None:
        """The documents of the stream into the journal, chunk by chunk."""
        with self._reader.warnings_taken():
            for long, some in groupby(stream, key=_is_long):
                if long:
                    for item in some:
                        self._keep([self._reader.long(item, journal)], journal)
                else:
                    for answers in self._reader.answers(windows(some)):
                        self._keep(answers, journal)

    def _keep(self, answers: list[Answer], journal: Journal) -> None:
        tally = counted(answers)
        now = usage(self._ner)
        tally.usage, self._used = now - self._used, now  # what is not there counts nothing
        size = sum(answer.item.size for answer in answers)
        lines = [(answer.letter, answer.line) for answer in answers]
        journal.append(lines, answers[-1].item.after, len(answers), size, tally)
        self._watch(tally, answers[-1].item.after)

    def finish(self, number: int, start: Position, journal: Journal) -> Receipt:
        """The journal's rows as a shard, and its receipt; the journal is no longer needed then."""
        sha256 = write_shard(self.folder.shard(number, self.job.options.format), journal.lines("R"))
        errors = [json.loads(line) for line in journal.lines("E")]
        stop = journal.progress.after or start
        receipt = Receipt(number, start, stop, journal.progress.tally, errors, sha256)
        receipt.write(self.folder)
        journal.remove()
        return receipt


def _is_long(item: Item) -> bool:
    return item.size > LONG and item.known is None


def counted(answers: Iterable[Answer]) -> Tally:
    """What there is to count of a chunk; rows that were known are counted already."""
    tally = Tally()
    for answer in answers:
        if answer.letter == "E":
            tally.failed += 1
        if answer.letter == "E" or answer.item.known is not None:
            continue
        tally.documents += 1
        tally.characters += answer.characters
        tally.tokens += answer.tokens
        tally.unreadable += answer.unreadable
        tally.events.update(answer.events)
        tally.add(answer.entities)
        tally.time(answer.seconds, answer.item.name, answer.characters)
    return tally


def usage(ner: SamNER) -> Counter[str]:
    """What the recognizer's language model has cost so far, by the fields of `ports.Usage`; empty without one."""
    return Counter(asdict(ner.usage)) if ner.asks is not None else Counter()
