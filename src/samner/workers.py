"""Batches on several threads, results in order, a bounded number of batches on the way."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


_here = threading.local()  # `stops`: the events that would end the work on this thread


class Stopped(BaseException):
    """Nobody takes the results of this thread any more. Not an `Exception`: it is the fault of no text."""


def check_stopped() -> None:
    """Raises Stopped where work goes on for nobody: its taker was interrupted or went away. Cheap; to be called
    wherever long work may end early."""
    if any(stop.is_set() for stop in getattr(_here, "stops", ())):
        raise Stopped


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` items."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def paired(items: Iterable[T], work: Callable[[Iterator[T]], Iterable[R]]) -> Iterator[tuple[T, R]]:
    """Each item with its result from `work`, which gives one an item, in order. Lazily: only the items that `work`
    holds at the moment are in memory."""
    waiting: deque[T] = deque()

    def remembered() -> Iterator[T]:
        for item in items:
            waiting.append(item)
            yield item

    for result in work(remembered()):
        yield waiting.popleft(), result


def in_order(
    work: Callable[[Sequence[T]], list[R]], items: Iterable[T], size: int, threads: int
) -> Iterator[R]:
    """`work` on batches of items, its results one by one in the items' order.

    Items are drawn only as results are taken, two batches a thread ahead. A single small batch stays on the calling
    thread when there is nothing to share out. When the taker goes away, `work` is not waited for longer than to its
    next `check_stopped`.
    """
    batches = batched(items, size)
    first = next(batches, [])
    if threads == 1 or len(first) < 2:
        yield from work(first)
        for batch in batches:
            yield from work(batch)
        return
    if len(first) < size:  # all there is: share it out
        batches = batched(first, -(-len(first) // threads))
        first = next(batches)
    waiting: deque[Future[list[R]]] = deque()
    stop = threading.Event()
    stops = (*getattr(_here, "stops", ()), stop)

    def stoppable(batch: Sequence[T]) -> list[R]:
        _here.stops = stops
        check_stopped()
        return work(batch)

    with ThreadPoolExecutor(threads) as pool:
        try:
            waiting.append(pool.submit(stoppable, first))
            for batch in batches:
                waiting.append(pool.submit(stoppable, batch))
                if len(waiting) > 2 * threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            stop.set()
            for future in waiting:  # the taker of results went away
                future.cancel()
