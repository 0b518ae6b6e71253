"""A proxy on loopback that stands in front of a real LLM server and misbehaves as planned.

    with fault_proxy(url, lambda text, seen: "500" if "Berlin" in text and not seen else None) as proxy:
        ...  # base_url=proxy.url; proxy.done tells what was done to each request

A plan is asked for each chat request: its text (system and user message, joined) and how often this text came before,
requests to mend an answer among them. It names one of FAULTS, or None to pass the request on; "strip FIELD" passes it
on without that field, as a server does that ignores it, "tell key" answers 401 with the key in its words, as some do,
and "refuse WORD" answers 400 to a request whose fields, roles
or formats have that word, else passes it on.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from urllib.parse import urlsplit

Plan = Callable[[str, int], "str | None"]
SLOW, PATIENCE = 0.3, 30.0  # seconds of a slow answer; seconds that a hanging one hangs
MEGABYTE = 1 << 20
ANSWERS = {
    "not json": "I think that s1 is a person, and that s2 is none.",
    "cut json": '{"s1": "pers',
    "wrong ids": '{"s77": "person", "s1": "dragon", "__proto__": "none"}',
    "list": "[]",
    "nan": '{"s1": NaN}',
    "empty": "",
    "megabyte": '{"s1": "' + "x" * MEGABYTE + '"}',
}
FAULTS = ("slow", "429", "500", "503", "reset", "cut", "hang", "drip", "html", "no choices", "null", *ANSWERS)


@dataclass
class Proxy:
    """`url` is the base URL to use; `done` the fault or None of each chat request, with its text, in order; `models`
    what each asked for."""

    url: str = ""
    done: list[tuple[str | None, str]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    @property
    def faults(self) -> Counter[str | None]:
        return Counter(fault for fault, _ in self.done)


@contextmanager
def fault_proxy(upstream: str, plan: Plan) -> Iterator[Proxy]:
    """A proxy for the base URL `upstream`, on a thread of its own."""
    proxy, seen = Proxy(), Counter[str]()
    ready: SimpleQueue[Callable[[], object]] = SimpleQueue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(_field(head, "content-length") or 0))
                method, path, _ = head.decode("latin-1").split(" ", 2)
                fault = None
                if path.endswith("/chat/completions"):
                    asked = json.loads(body)
                    text = "\n".join(m["content"] for m in asked["messages"][:2])
                    fault = plan(text, seen[text])
                    seen[text] += 1
                    proxy.done.append((fault, text))
                    proxy.models.append(asked["model"])
                answer, (what, _, word) = None, (fault or "").partition(" ")
                if what == "strip":
                    asked = json.loads(body)
                    asked.pop(word, None)
                    body = json.dumps(asked).encode()
                if what == "tell":
                    told = {"error": {"message": f"Incorrect API key: {_field(head, 'authorization')}"}}
                    answer = 401, json.dumps(told).encode()
                if what == "refuse" and f'"{word}"'.encode() in body.replace(b" ", b""):
                    answer = 400, json.dumps({"error": {"message": f"Unsupported: {word!r}"}}).encode()
                elif fault in (None, "slow", "cut", "drip") or what in ("strip", "refuse"):
                    answer = await asyncio.to_thread(_forward, upstream, method, path, body)
                await _answer(writer, fault, answer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{urlsplit(upstream).path}"
        ready.put(lambda: loop.call_soon_threadsafe(over.set))
        await over.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    stop = ready.get()
    try:
        yield proxy
    finally:
        stop()
        thread.join()


def _field(head: bytes, name: str) -> str:
    """A field of a request's head, "" if it has none."""
    fields = dict(line.decode("latin-1").split(":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    return {key.lower(): value.strip() for key, value in fields.items()}.get(name, "")


def _forward(upstream: str, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"content-type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


async def _answer(writer: asyncio.StreamWriter, fault: str | None, real: tuple[int, bytes] | None) -> None:
    if fault == "hang":
        await asyncio.sleep(PATIENCE)
    if fault in ("reset", "hang"):
        raise ConnectionError
    if fault == "slow":
        await asyncio.sleep(SLOW)
    status, body, more = 200, b"", ""
    if real is not None:
        status, body = real
    elif fault in ("429", "500", "503"):
        status, body = int(fault), b'{"error": {"message": "not now"}}'
        more = "retry-after: 0.2\r\n" if fault == "429" else ""
    elif fault in ANSWERS:
        message = {"role": "assistant", "content": ANSWERS[fault]}
        body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    else:
        body = {"html": b"<html>Welcome</html>", "no choices": b'{"choices": []}', "null": b"null"}[
            fault or ""
        ]
    head = (
        f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{more}content-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode())
    if fault == "cut":
        writer.write(body[: len(body) // 2])
        await writer.drain()
        raise ConnectionError
    if fault == "drip":  # a byte now and then: no single read times out
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(PATIENCE / 60)
    else:
        writer.write(body)
    await writer.drain()
