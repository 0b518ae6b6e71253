"""An event loop on a thread of its own, for code that is called from ordinary threads."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar

from samner.workers import check_stopped

STEP = 0.1  # seconds after which a thread that waits sees that nobody waits for it

T = TypeVar("T")
R = TypeVar("R")


class Background:
    """Runs coroutines on one daemon thread until it is collected; then it ends what still runs, and `close` last."""

    def __init__(self, close: Callable[[], Awaitable[object]]) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=_run, args=(self._loop, close), name="samner-llm", daemon=True).start()
        weakref.finalize(self, self._loop.call_soon_threadsafe, self._loop.stop)

    def run(self, work: Callable[[], Awaitable[R]]) -> R:
        """The result of one coroutine; raises what it raises."""
        ((_, result),) = self.each(lambda _: work(), [None])
        return result

    def each(self, work: Callable[[T], Awaitable[R]], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """`work` on all items at once; position and result as they come. What still runs when the taker goes away
        (an interrupt) is cancelled, and so it is where `workers.check_stopped` raises."""
        done: SimpleQueue[tuple[int, Future[R]]] = SimpleQueue()

        def start(n: int, item: T) -> Future[R]:
            future = asyncio.run_coroutine_threadsafe(_awaited(work, item), self._loop)
            future.add_done_callback(lambda over: done.put((n, over)))
            return future

        futures = [start(n, item) for n, item in enumerate(items)]
        try:
            for _ in items:
                n, over = _next(done)
                yield n, over.result()
        finally:
            for future in futures:
                future.cancel()


def _next(done: SimpleQueue[T]) -> T:
    while True:
        check_stopped()
        try:
            return done.get(timeout=STEP)
        except Empty:
            continue


async def _awaited(work: Callable[[T], Awaitable[R]], item: T) -> R:
    return await work(item)


def _run(loop: asyncio.AbstractEventLoop, close: Callable[[], Awaitable[object]]) -> None:
    loop.run_forever()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(_awaited(lambda _: close(), None))
    loop.close()
