"""Texts of different requests to one model: batches of what waits, on as many threads as the model uses.

All state belongs to the event loop's thread; only `_work` runs elsewhere.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from samner.pipeline import ASKING
from samner.ports import CompiledSchema
from samner.serve.problems import Busy, Problem
from samner.types import Document, Failure

if TYPE_CHECKING:
    from samner.options import Options
    from samner.pipeline import SamNER
    from samner.serve.metrics import Metrics

_LONG = 10_000  # code points: a text like this is a batch by itself, so that no short one waits for it


@dataclass(frozen=True, slots=True)
class Task:
    """What texts must have in common to be batched: the compiled schema (None: every entity), the options, and
    whether a trace is wanted."""

    compiled: CompiledSchema | None
    options: Options
    trace: bool = False

    def alike(self, other: Task) -> bool:
        same = self.compiled is other.compiled and self.trace == other.trace
        return same and self.options == other.options


@dataclass(slots=True)
class _Job:
    task: Task
    document: Document
    answer: asyncio.Future[Any]
    taken: bool = False


class Batcher:
    """Texts in, results out. A result is a list of entities, a `Trace`, or a `Failure`."""

    def __init__(self, ner: SamNER, metrics: Metrics, *, wait: float, most: int, room: int) -> None:
        self._ner, self._metrics = ner, metrics
        self._wait, self._most, self._room = wait, most, room
        self._free = max(ner.threads, ASKING) if ner.asks else ner.threads
        self._pool = ThreadPoolExecutor(self._free, "samner-batch")
        self._waiting: deque[_Job] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._wanted = 0  # of those in `_waiting`: the others nobody waits for any more
        metrics.waiting.set_function(lambda: self._wanted)

    def submit(self, documents: Sequence[Document], task: Task) -> list[asyncio.Future[Any]]:
        """A future for each document; cancelling one that still waits takes it out. Problem 503 where too many wait."""
        if self._wanted + len(documents) > self._room:
            raise Problem(503, Busy("room in the queue", f"{self._wanted} texts waiting", "retry"), 1)
        loop = asyncio.get_running_loop()
        jobs = [_Job(task, document, loop.create_future()) for document in documents]
        for job in jobs:
            job.answer.add_done_callback(partial(self._given_up, job))
        if len(self._waiting) > 2 * self._room:  # clients that come and go must not fill the memory
            self._waiting = deque(job for job in self._waiting if not job.answer.done())
        self._waiting.extend(jobs)
        self._wanted += len(jobs)
        if self._free and len(self._waiting) >= self._most:
            self._start()
        elif self._free and self._timer is None:
            self._timer = loop.call_later(self._wait, self._start)
        return [job.answer for job in jobs]

    @property
    def has_room(self) -> bool:
        return self._wanted < self._room

    def close(self) -> None:
        """Wait for the batches at work; called when no request is left, or none will be answered any more."""
        while self._waiting:
            self._waiting.popleft().answer.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> None:
        """Give every idle thread its share of what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self._free and (batch := self._take()):
            self._free -= 1
            self._metrics.batch_size.observe(len(batch))
            work = loop.run_in_executor(
                self._pool, self._work, [job.document for job in batch], batch[0].task
            )
            work.add_done_callback(partial(self._finish, batch))

    def _take(self) -> list[_Job]:
        """The job that has waited longest and others like it, a fair share for one of the idle threads."""
        batch: list[_Job] = []
        passed: list[_Job] = []
        share = min(self._most, -(-len(self._waiting) // self._free))
        while self._waiting and len(batch) < share:
            job = self._waiting.popleft()
            if job.answer.done():  # nobody waits for it any more
                continue
            long = len(job.document.text) > _LONG
            if batch and (long or not job.task.alike(batch[0].task)):
                passed.append(job)
                continue
            batch.append(job)
            job.taken = True
            self._wanted -= 1
            if long:
                break
        self._waiting.extendleft(reversed(passed))
        return batch

    def _given_up(self, job: _Job, _: object) -> None:
        if not job.taken:  # cancelled while it waited
            self._wanted -= 1

    def _finish(self, batch: Sequence[_Job], done: asyncio.Future[Any]) -> None:
        self._free += 1
        error = done.exception()
        results = [Failure(error) for _ in batch] if isinstance(error, Exception) else done.result()
        for job, result in zip(batch, results, strict=True):
            if not job.answer.done():
                job.answer.set_result(result)
        if self._waiting:
            self._start()

    def _work(self, documents: Sequence[Document], task: Task) -> list[Any]:
        if task.trace:
            return [self._traced(document, task) for document in documents]
        return self._ner.extract_batch(
            documents, task.compiled, batch_size=len(documents), options=task.options
        )

    def _traced(self, document: Document, task: Task) -> Any:
        try:
            return self._ner.trace(document, task.compiled, options=task.options)
        except Exception as error:  # one text must not lose the others
            return Failure(error, document.id)
