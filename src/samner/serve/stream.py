"""`POST /v1/stream`: JSON Lines in, JSON Lines out, both at once and in constant memory.

Lines are read only as fast as results are taken: the model's queue, the results that wait to be sent, and the
sockets' own buffers hold a bounded number each.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from samner.errors import InputError, SamnerError
from samner.reading import read_line
from samner.serve.answers import line_of, too_long
from samner.serve.batching import Task
from samner.serve.lines import TOO_LONG, Lines
from samner.serve.problems import Busy, to_dict
from samner.serve.service import Service
from samner.types import Document, Failure
from samner.writing.base import dumps

_AHEAD = 64  # documents read but not yet answered
_PAUSE = 0.02  # seconds between looks at a full queue
_PIECE = 32 * 1024  # characters sent at once where results are ready

Item = tuple["Document | Failure", "asyncio.Future[Any] | None"]


class StreamResponse(Response):
    """Answers each line of `lines`; what goes wrong with the whole is a last line `{"error": ...}`."""

    media_type = "application/x-ndjson"

    def __init__(self, service: Service, key: int, task: Task, lines: Lines) -> None:
        super().__init__()
        self._service, self._key, self._task, self._lines = service, key, task, lines
        self._sizes: deque[int] = deque()  # of lines not yet answered, in order
        self._items: asyncio.Queue[Item | SamnerError | None] = asyncio.Queue(_AHEAD)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        head = [(k, v) for k, v in self.raw_headers if k != b"content-length"]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        reading = asyncio.create_task(self._read())
        writing = asyncio.create_task(self._write(send))
        try:
            await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:  # the client left, or all is sent
            reading.cancel()
            if not writing.done():
                writing.cancel()
            self._drop()
        for task in (reading, writing):
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # Lines to documents on their way

    async def _read(self) -> None:
        """Ends when the client leaves."""
        end: SamnerError | None = None
        try:
            async for item in self._documents():
                await self._items.put(item)
        except SamnerError as error:
            end = error
        await self._items.put(end)
        if end is not None:
            await self._items.put(None)
        await self._lines.closed()

    async def _documents(self) -> AsyncIterator[Item]:
        async for number, line in self._lines:
            document = self._document(line, number)
            await self._turn(len(line))
            if isinstance(document, Failure):
                yield document, None
            else:
                yield document, self._service.batcher.submit([document], self._task)[0]

    def _document(self, line: bytes, number: int) -> Document | Failure:
        place = f"line {number}"
        if line is TOO_LONG:
            most = self._service.settings.limits.body
            return Failure(InputError(f"at most {most} bytes a line", f"more at {place}", "cut the text"))
        document = read_line(line, place, "utf-8")
        if isinstance(document, Failure):
            return replace(document, id=None)
        document = replace(document, id=None) if document.id == place else document
        error = too_long(self._service, document)
        return document if error is None else Failure(error, document.id)

    async def _turn(self, size: int) -> None:
        """Wait for the key's next text, and for room in the queue and in memory."""
        while seconds := self._service.rate.seconds_until(self._key, 1):
            await asyncio.sleep(seconds)
        self._service.rate.take(self._key, 1)
        while not (self._service.batcher.has_room and self._service.held.take(size)):
            await asyncio.sleep(_PAUSE)
        self._sizes.append(size)

    # Results to the client

    async def _write(self, send: Any) -> None:
        timeout, piece, size = self._service.settings.timeout, [], 0
        while (item := await self._items.get()) is not None:
            line = await self._line(item)
            if isinstance(item, tuple):
                self._service.held.give(self._sizes.popleft())
            piece.append(line)
            size += len(line)
            if self._items.empty() or size >= _PIECE:
                await _sent(send(_part("\n".join([*piece, ""]).encode(), True)), timeout)
                piece, size = [], 0
        await send(_part("\n".join([*piece, ""]).encode() if piece else b"", False))

    async def _line(self, item: Item | SamnerError) -> str:
        if isinstance(item, SamnerError):
            return dumps({"error": to_dict(item)})
        document, answer = item
        if answer is None:
            return line_of(self._service, document, document)
        done, _ = await asyncio.wait((answer,), timeout=self._service.settings.timeout)
        late = Busy("an answer in time", "none yet", "send shorter texts, or again later")
        return line_of(self._service, document, answer.result() if done else Failure(late))

    def _drop(self) -> None:
        """Nobody waits for what is still queued."""
        while not self._items.empty():
            item = self._items.get_nowait()
            if isinstance(item, tuple) and item[1] is not None:
                item[1].cancel()
        self._service.held.give(sum(self._sizes))
        self._sizes.clear()


async def _sent(sending: Coroutine[Any, Any, None], timeout: float) -> None:
    """TimeoutError for a client that sends but never reads.

    Not `asyncio.wait_for`: before Python 3.12 it forgets a cancellation that comes as the client leaves, and the stream
    would never end.
    """
    task = asyncio.ensure_future(sending)
    try:
        done, _ = await asyncio.wait((task,), timeout=timeout)
    finally:
        task.cancel()
    if not done:
        raise asyncio.TimeoutError
    task.result()


def _part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}
