"""Compiled schemas kept between requests, the least recently used dropped first; each is compiled once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from samner.types import EntityType, Schema

if TYPE_CHECKING:
    from samner.pipeline import SamNER
    from samner.ports import CompiledSchema
    from samner.serve.metrics import Metrics

ROOM = 20_000  # types kept in all; about 10 KB each


class CompiledSchemas:
    """`await get(schema)`; requests that want the same schema at once share one compilation."""

    def __init__(self, ner: SamNER, metrics: Metrics, room: int = ROOM) -> None:
        self._ner, self._metrics, self._room = ner, metrics, room
        self._held: OrderedDict[tuple[EntityType, ...], asyncio.Future[Any]] = OrderedDict()
        self._types = 0
        self._pool = ThreadPoolExecutor(
            1, "samner-compile"
        )  # one, so that new schemas never starve the texts

    async def get(self, schema: Schema) -> CompiledSchema:
        """Raises SchemaError for a schema that the engine refuses."""
        key = schema.types
        held = self._held.get(key)
        self._metrics.compiled.labels("memory" if held else "new").inc()
        if held is None:
            held = asyncio.get_running_loop().run_in_executor(self._pool, self._ner.compile, schema)
            self._add(key, held)
        else:
            self._held.move_to_end(key)
        compiled: CompiledSchema = await asyncio.shield(held)  # a client that leaves takes it from nobody
        return compiled

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _add(self, key: tuple[EntityType, ...], work: asyncio.Future[Any]) -> None:
        self._held[key] = work
        self._types += len(key)
        work.add_done_callback(lambda done: self._forget(key, done) if _failed(done) else None)
        while self._types > self._room and len(self._held) > 1:
            oldest, _ = self._held.popitem(last=False)
            self._types -= len(oldest)

    def _forget(self, key: tuple[EntityType, ...], work: asyncio.Future[Any]) -> None:
        if self._held.get(key) is work:
            del self._held[key]
            self._types -= len(key)


def _failed(done: asyncio.Future[Any]) -> bool:
    return done.cancelled() or done.exception() is not None
