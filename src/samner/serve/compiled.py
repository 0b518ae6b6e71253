"""Compiled schemas kept between requests, the least recently used dropped first; each is compiled once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from samner.serve.problems import Busy, Problem
from samner.types import EntityType, Schema

if TYPE_CHECKING:
    from samner.pipeline import SamNER
    from samner.ports import CompiledSchema
    from samner.serve.metrics import Metrics

ROOM = 20_000  # types kept in all; about 10 KB each


class CompiledSchemas:
    """`await get(schema)`; requests that want the same schema at once share one compilation.

    `most` compilations may be under way or waiting, none longer than `timeout` seconds for the one who waits.
    """

    def __init__(self, ner: SamNER, metrics: Metrics, most: int, timeout: float, room: int = ROOM) -> None:
        self._ner, self._metrics, self._room = ner, metrics, room
        self._most, self._timeout = most, timeout
        self._under_way = 0
        self._held: OrderedDict[tuple[EntityType, ...], asyncio.Future[Any]] = OrderedDict()
        self._types = 0
        self._pool = ThreadPoolExecutor(
            1, "samner-compile"
        )  # one, so that new schemas never starve the texts

    async def get(self, schema: Schema) -> CompiledSchema:
        """Raises SchemaError for a schema that the engine refuses, Problem 503 or 504 where there is too much to do."""
        key = schema.types
        held = self._held.get(key)
        self._metrics.compiled.labels("memory" if held else "new").inc()
        if held is None:
            if self._under_way >= self._most:
                found = f"{self._under_way} under way"
                raise Problem(503, Busy("room for a new schema", found, "retry, or use a stored one"), 1)
            held = asyncio.get_running_loop().run_in_executor(self._pool, self._ner.compile, schema)
            self._add(key, held)
        else:
            self._held.move_to_end(key)
        try:  # shielded: a client that leaves takes it from nobody
            compiled: CompiledSchema = await asyncio.wait_for(asyncio.shield(held), self._timeout)
        except asyncio.TimeoutError:
            late = Busy(f"a schema within {self._timeout:g} seconds", "none yet", "ask again later")
            raise Problem(504, late) from None
        return compiled

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _add(self, key: tuple[EntityType, ...], work: asyncio.Future[Any]) -> None:
        self._held[key] = work
        self._types += len(key)
        self._under_way += 1
        work.add_done_callback(partial(self._done, key))
        while self._types > self._room and len(self._held) > 1:
            oldest, _ = self._held.popitem(last=False)
            self._types -= len(oldest)

    def _done(self, key: tuple[EntityType, ...], work: asyncio.Future[Any]) -> None:
        """A failure is not kept."""
        self._under_way -= 1
        failed = work.cancelled() or work.exception() is not None
        if failed and self._held.get(key) is work:
            del self._held[key]
            self._types -= len(key)
