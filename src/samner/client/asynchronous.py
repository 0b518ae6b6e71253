"""The client for code that awaits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any, TypeVar

import httpx

from samner.client import calls, wire
from samner.given import Result, Text
from samner.options import Options
from samner.schema import SchemaLike
from samner.trace import Trace
from samner.types import Entity, Schema
from samner.workers import batched

R = TypeVar("R")


class AsyncClient:
    """`samner.client.Client` with `await`; `stream` is an asynchronous iterator."""

    def __init__(
        self, url: str, *, key: str | None = None, timeout: float = 120.0, parallel: int = 4
    ) -> None:
        self._parallel = parallel
        self._http = httpx.AsyncClient(base_url=wire.base(url), headers=wire.headers(key), timeout=timeout)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def extract(
        self, text: Text, schema: SchemaLike | None, *, options: Options | None = None, **overrides: Any
    ) -> list[Entity]:
        """The entities of one text."""
        return wire.one(await self._run(calls.extract([text], wire.asked(schema, options, overrides))))

    async def extract_batch(
        self,
        texts: Iterable[Text],
        schema: SchemaLike | None,
        *,
        batch_size: int = 32,
        options: Options | None = None,
        **overrides: Any,
    ) -> list[Result]:
        """The results of many texts in order; a text that cannot be processed is a `Failure` in its place."""
        results = self.stream(texts, schema, batch_size=batch_size, options=options, **overrides)
        return [result async for result in results]

    async def stream(
        self,
        texts: Iterable[Text],
        schema: SchemaLike | None,
        *,
        batch_size: int = 32,
        options: Options | None = None,
        **overrides: Any,
    ) -> AsyncIterator[Result]:
        """Like `extract_batch`, lazily: texts are drawn as results are taken, `batch_size` to a request."""
        asked = wire.asked(schema, options, overrides)
        waiting: deque[asyncio.Task[list[Result]]] = deque()
        try:
            for some in batched(texts, batch_size):
                waiting.append(asyncio.create_task(self._run(calls.extract(some, asked))))
                if len(waiting) >= self._parallel:
                    for result in await waiting.popleft():
                        yield result
            while waiting:
                for result in await waiting.popleft():
                    yield result
        finally:
            for task in waiting:  # the taker of results went away
                task.cancel()

    async def trace(
        self, text: Text, schema: SchemaLike | None, *, options: Options | None = None, **overrides: Any
    ) -> Trace:
        """What each stage saw and decided on a text, beside its entities."""
        return await self._run(calls.trace(text, wire.asked(schema, options, overrides)))

    async def info(self) -> dict[str, Any]:
        """Version, model, archetypes and limits of the server."""
        found: dict[str, Any] = await self._run(calls.ask("GET", "/v1/info"))
        return found

    async def schema_names(self) -> tuple[str, ...]:
        """The schemas that a request may name: built-in and stored ones."""
        return await self._run(calls.schema_names())

    async def get_schema(self, name: str) -> Schema:
        return await self._run(calls.get_schema(name))

    async def put_schema(self, name: str, schema: SchemaLike) -> None:
        """Keep a schema on the server under a name; on return it is on its disk."""
        await self._run(calls.put_schema(name, schema))

    async def delete_schema(self, name: str) -> None:
        await self._run(calls.ask("DELETE", wire.path(name)))

    async def _run(self, steps: calls.Steps[R]) -> R:
        answer: calls.Answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                result: R = end.value
                return result
            if isinstance(step, calls.Wait):
                await asyncio.sleep(step.seconds)
                continue
            try:
                answer = await self._http.request(step.method, step.path, content=step.body)
            except httpx.HTTPError as error:
                answer = error
