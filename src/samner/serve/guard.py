"""What stands before every route, as plain ASGI: who may enter, how much may be sent, and what goes into the log."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from samner.serve.body import Body, Message, Receive
from samner.serve.logs import discreet, log
from samner.serve.problems import Problem, as_problem, problem
from samner.serve.service import Service
from samner.serve.settings import Settings, is_loopback

Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

STREAM = "/v1/stream"
LINES = (b"application/x-ndjson", b"application/jsonl")
_KEYED = ("/v1/", "/metrics", "/predict", "/setup")
_CSP = (
    "default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_PAGE = _CSP.format(style="'self'").encode()
_DOCS = _CSP.format(style="'self' 'unsafe-inline'").encode()  # what Swagger UI needs


class Envelope:
    """Outermost: security headers, a log line and figures for each request, and an answer to what nobody foresaw."""

    def __init__(self, app: App, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def sealed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_seal(scope["path"])]
            await send(message)

        try:
            await self._app(scope, receive, sealed)
        except Exception as error:
            if not isinstance(error, Problem):
                log.error("%s", discreet(error))
            if status:
                raise  # half an answer is out: the connection must break, not look whole
            await answer(sealed, as_problem(error))
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._service.metrics.requests.labels(route, status).inc()
        self._service.metrics.seconds.labels(route).observe(seconds)
        log.info("%s %s %d %.1f ms", scope["method"], route, status, seconds * 1000)


class Guard:
    """Host names, keys and the size of bodies. A body is read here, whole and within its time, unless it streams."""

    def __init__(self, app: App, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(self._service)
        try:
            await self._app(scope, await self._enter(scope, receive, body), send)
        except Problem as refused:  # of _enter: the application answers its own
            await answer(send, refused)
        finally:
            body.forget()

    async def _enter(self, scope: MutableMapping[str, Any], receive: Receive, body: Body) -> Receive:
        headers = dict(scope["headers"])
        settings = self._service.settings
        if not settings.keys and not settings.insecure:
            check_host(headers.get(b"host", b"").decode("latin-1"))
        if scope["path"].startswith(_KEYED):
            scope.setdefault("state", {})["key"] = key = who(headers.get(b"authorization", b""), settings)
            self._service.rate.take(key, 1)
        if scope["method"] in ("GET", "HEAD", "DELETE", "OPTIONS"):
            return receive
        check_kind(scope["path"], headers.get(b"content-type", b""))
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise problem(415, "a body that is not compressed", "an encoded one", "send it as it is")
        if scope["path"] == STREAM:
            return receive
        return await body.read(int(headers.get(b"content-length", b"0") or 0), receive)


def check_host(host: str) -> None:
    """Without keys, only names of this machine: a page elsewhere must not reach the service through its own name."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if not is_loopback(name):
        raise problem(421, "a request to localhost", "another host name", "use http://127.0.0.1, or set keys")


def check_kind(path: str, content_type: bytes) -> None:
    """Only kinds that a foreign web page cannot send without asking first (a form's are not among them)."""
    known = LINES if path == STREAM else (b"application/json",)
    if content_type.partition(b";")[0].strip().lower() not in known:
        kind = known[0].decode()
        raise problem(415, f"the content type {kind}", "another", f"send the header Content-Type: {kind}")


def who(authorization: bytes, settings: Settings) -> int:
    """The place of the key among those of the settings; 0 where none are set. Problem 401 for a wrong or missing one.

    `Bearer KEY`, or `Basic` with the key as password. Every key is compared, in constant time.
    """
    if not settings.keys:
        return 0
    given, found = _given(authorization), -1
    for place, key in enumerate(settings.keys):
        if hmac.compare_digest(given, key.encode()):
            found = place
    if found < 0:
        what = "another" if given else "none"
        raise problem(401, "an API key of this server", what, "send the header Authorization: Bearer KEY")
    return found


def _given(authorization: bytes) -> bytes:
    scheme, _, value = authorization.strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except ValueError:
            return b""
    return b""


async def answer(send: Send, what: Problem) -> None:
    """A problem as a whole response."""
    extra = [(name.encode(), value.encode()) for name, value in what.headers.items()]
    body = what.body()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": what.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _seal(path: str) -> Iterable[tuple[bytes, bytes]]:
    yield from _HEADERS
    yield b"content-security-policy", _DOCS if path == "/docs" else _PAGE
    if path.startswith("/v1/"):
        yield b"cache-control", b"no-store"
    elif path == "/" or path.startswith("/page/"):
        yield b"cache-control", b"no-cache"  # asked for again, so that its parts are of one version
