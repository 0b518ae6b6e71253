"""The client for ordinary code."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, TypeVar

import httpx

from samner.client import calls, wire
from samner.given import Result, Text
from samner.options import Options
from samner.schema import SchemaLike
from samner.trace import Trace
from samner.types import Entity, Schema
from samner.workers import in_order

R = TypeVar("R")


class Client:
    """`SamNER`'s methods, answered by the server at `url`; a schema given as a string is a name that it knows.

    `key` is one of the server's API keys (None: the environment's SAMNER_API_KEY), `timeout` the seconds to wait for
    an answer, `parallel` the number of requests that a batch or a stream has under way. A busy server is asked again.
    Safe to share between threads. Raises ServiceError where it cannot be reached or refuses; InputError and SchemaError
    as `SamNER` does.
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout: float = 120.0, parallel: int = 4
    ) -> None:
        self._parallel = parallel
        self._http = httpx.Client(base_url=wire.base(url), headers=wire.headers(key), timeout=timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def extract(
        self, text: Text, schema: SchemaLike | None, *, options: Options | None = None, **overrides: Any
    ) -> list[Entity]:
        """The entities of one text."""
        return wire.one(self._run(calls.extract([text], wire.asked(schema, options, overrides))))

    def extract_batch(
        self,
        texts: Iterable[Text],
        schema: SchemaLike | None,
        *,
        batch_size: int = 32,
        options: Options | None = None,
        **overrides: Any,
    ) -> list[Result]:
        """The results of many texts in order; a text that cannot be processed is a `Failure` in its place."""
        return list(self.stream(texts, schema, batch_size=batch_size, options=options, **overrides))

    def stream(
        self,
        texts: Iterable[Text],
        schema: SchemaLike | None,
        *,
        batch_size: int = 32,
        options: Options | None = None,
        **overrides: Any,
    ) -> Iterator[Result]:
        """Like `extract_batch`, lazily: texts are drawn as results are taken, `batch_size` to a request."""
        asked = wire.asked(schema, options, overrides)
        return in_order(lambda some: self._run(calls.extract(some, asked)), texts, batch_size, self._parallel)

    def trace(
        self, text: Text, schema: SchemaLike | None, *, options: Options | None = None, **overrides: Any
    ) -> Trace:
        """What each stage saw and decided on a text, beside its entities."""
        return self._run(calls.trace(text, wire.asked(schema, options, overrides)))

    def info(self) -> dict[str, Any]:
        """Version, model, archetypes and limits of the server."""
        found: dict[str, Any] = self._run(calls.ask("GET", "/v1/info"))
        return found

    def schema_names(self) -> tuple[str, ...]:
        """The schemas that a request may name: built-in and stored ones."""
        return self._run(calls.schema_names())

    def get_schema(self, name: str) -> Schema:
        return self._run(calls.get_schema(name))

    def put_schema(self, name: str, schema: SchemaLike) -> None:
        """Keep a schema on the server under a name; on return it is on its disk."""
        self._run(calls.put_schema(name, schema))

    def delete_schema(self, name: str) -> None:
        self._run(calls.ask("DELETE", wire.path(name)))

    def _run(self, steps: calls.Steps[R]) -> R:
        answer: calls.Answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                result: R = end.value
                return result
            if isinstance(step, calls.Wait):
                time.sleep(step.seconds)
                continue
            try:
                answer = self._http.request(step.method, step.path, content=step.body)
            except httpx.HTTPError as error:
                answer = error
