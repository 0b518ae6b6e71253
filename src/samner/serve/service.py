"""What the routes of one application share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from samner.serve.batching import Batcher
from samner.serve.compiled import CompiledSchemas
from samner.serve.metrics import Metrics
from samner.serve.rate import Rate
from samner.serve.settings import Settings
from samner.serve.store import SchemaStore

if TYPE_CHECKING:
    from samner.pipeline import SamNER


class Held:
    """Bytes of bodies and lines in memory, of all clients together; no more than `most`."""

    def __init__(self, most: int) -> None:
        self._most, self._now = most, 0

    def take(self, size: int) -> bool:
        """False, and nothing taken, where there is no room."""
        if self._now and self._now + size > self._most:
            return False
        self._now += size
        return True

    def give(self, size: int) -> None:
        self._now -= size


class Service:
    """One model with its queue, its compiled and its stored schemas. `stopping` is set once it is told to
    stop: it finishes what it took."""

    def __init__(self, ner: SamNER, settings: Settings) -> None:
        self.ner, self.settings = ner, settings
        self.stopping = asyncio.Event()
        self.metrics = Metrics()
        if ner.asks:
            self.metrics.watch_llm(lambda: ner.usage)
        self.store = SchemaStore(settings.database, settings.limits.stored)
        self.rate = Rate(settings.limits.rate)
        self.held = Held(settings.limits.held)
        self.compiled = CompiledSchemas(ner, self.metrics, settings.limits.compiling, settings.timeout)
        self.batcher = Batcher(
            ner,
            self.metrics,
            wait=settings.batch_wait,
            most=settings.batch_most,
            room=settings.limits.waiting,
        )

    def drain(self) -> None:
        """Take no more; called from a signal handler of the loop's thread."""
        self.stopping.set()

    def close(self) -> None:
        self.batcher.close()
        self.compiled.close()
        self.store.close()
