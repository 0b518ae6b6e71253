"""The lines of a request body as they come, none longer than a limit, until the server is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from samner.serve.problems import Busy

TOO_LONG = b"\0too long"  # stands in the place of a line over the limit; no line of JSON begins so
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
T = TypeVar("T")


class Lines:
    """`async for number, line in lines`: lines with something visible in them, counted from 1 with the others.

    Raises Busy where the server stops, or where nothing comes for `timeout` seconds.
    """

    def __init__(self, receive: Receive, stopping: asyncio.Event, most: int, timeout: float) -> None:
        self._receive, self._stopping, self._most, self._timeout = receive, stopping, most, timeout
        self._number = 0
        self._lines = self._split()
        self.gone = False

    def __aiter__(self) -> AsyncIterator[tuple[int, bytes]]:
        return self._lines

    async def first(self) -> bytes:
        """The first line; b"" where there is none."""
        async for _, line in self._lines:
            return line
        return b""

    async def closed(self) -> None:
        """Return when the client is gone; for when the body is at its end."""
        while not self.gone:
            self.gone = (await self._receive())["type"] == "http.disconnect"

    async def _split(self) -> AsyncIterator[tuple[int, bytes]]:
        held, over = b"", False  # the unfinished line, and whether it is over the limit
        async for chunk in self._chunks():
            *whole, rest = chunk.split(b"\n")
            for part in whole:
                line, held = held + part, b""
                self._number += 1
                if over or len(line) > self._most:
                    yield self._number, TOO_LONG
                elif line.strip():
                    yield self._number, line
                over = False
            held = b"" if over else held + rest
            if len(held) > self._most:
                held, over = b"", True
        self._number += 1
        if over or held.strip():
            yield self._number, TOO_LONG if over else held

    async def _chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._next()
            if message["type"] == "http.disconnect":
                self.gone = True
                return
            more = message.get("more_body", False)
            yield message.get("body", b"")

    async def _next(self) -> MutableMapping[str, Any]:
        """The next message, unless the server is told to stop first: what came until then is answered."""
        coming = asyncio.ensure_future(self._receive())
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            done, _ = await asyncio.wait(
                (coming, stop), timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stop.cancel()
            if not coming.done():
                coming.cancel()
        if coming in done:
            return coming.result()
        if stop in done:
            raise Busy("a server that goes on", "one told to stop", "send the lines without an answer again")
        raise Busy(f"a line within {self._timeout:g} seconds", "none", "send the rest as a new request")
