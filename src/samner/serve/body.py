"""The body of a request, read whole: no larger and no slower than allowed, and counted while it is in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from samner.serve.problems import Busy, Problem, problem
from samner.serve.service import Service

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Body:
    """`forget` must be called once the request is answered."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._size = 0

    async def read(self, announced: int, receive: Receive) -> Receive:
        """A `receive` that gives the whole body at once. Problem 400, 408, 413 or 503 where there is none to give."""
        limits, timeout = self._service.settings.limits, self._service.settings.timeout
        if announced > limits.body:
            raise _too_large(limits.body)
        try:
            body = await asyncio.wait_for(self._whole(receive, limits.body), timeout)
        except asyncio.TimeoutError:
            late = f"the body within {timeout:g} seconds"
            raise problem(408, late, "a part of it", "send it faster") from None
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        return replay

    def forget(self) -> None:
        self._service.held.give(self._size)
        self._size = 0

    async def _whole(self, receive: Receive, most: int) -> bytes:
        parts = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise problem(400, "a whole body", "a part of it", "send it again")
            parts.append(message.get("body", b""))
            self._count(len(parts[-1]), most)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _count(self, size: int, most: int) -> None:
        if self._size + size > most:
            raise _too_large(most)
        if not self._service.held.take(size):
            raise Problem(503, Busy("room in memory", "too many requests under way", "retry"), 1)
        self._size += size


def _too_large(most: int) -> Problem:
    return problem(413, f"a body of at most {most} bytes", "a larger one", "send several requests, or stream")
