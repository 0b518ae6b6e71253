"""Batches on several threads, results in order, a bounded number of batches on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


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
    thread when there is nothing to share out.
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
    with ThreadPoolExecutor(threads) as pool:
        try:
            waiting.append(pool.submit(work, first))
            for batch in batches:
                waiting.append(pool.submit(work, batch))
                if len(waiting) > 2 * threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:  # the taker of results went away
                future.cancel()
