"""Closed-loop clients: each sends its next request when it has the answer to the last.

Plain sockets and requests made before the clock starts, so that the clients take little of the processor from the
server on the same machine.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Load:
    """`latencies` in seconds, `entities` in all answers, `errors` for whatever was not a good answer."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    entities: int = 0
    errors: int = 0


def request(url: str, path: str, body: object) -> bytes:
    """A POST request as it goes over the wire."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Type: application/json\r\n"
    return head.encode() + f"Content-Length: {len(data)}\r\n\r\n".encode() + data


def run(url: str, requests: Sequence[bytes], clients: int) -> Load:
    """Send every request once, `clients` at a time."""
    return asyncio.run(under_load(url, requests, clients))


async def under_load(url: str, requests: Sequence[bytes], clients: int) -> Load:
    load, waiting = Load(), iter(requests)
    start = time.perf_counter()
    await asyncio.gather(*(_client(url, waiting, load) for _ in range(clients)))
    load.seconds = time.perf_counter() - start
    return load


async def _client(url: str, waiting: object, load: Load) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for data in waiting:  # type: ignore[attr-defined]  # shared: each request goes to one client
            start = time.perf_counter()
            writer.write(data)
            status, body = await _answer(reader)
            load.latencies.append(time.perf_counter() - start)
            _count(load, status, body)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


def _count(load: Load, status: int, body: bytes) -> None:
    results = json.loads(body)["results"] if status == 200 else [{}]
    for result in results:
        if "entities" in result:
            load.entities += len(result["entities"])
        else:
            load.errors += 1
