"""What each method does, as steps: a `Send` wants its answer (or the error of sending it), a `Wait` its time to pass.

The clients run the steps, one with and one without `await`; all decisions are made here.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

import httpx

from samner.client import wire
from samner.given import Result, Text
from samner.schema import SchemaLike
from samner.trace import Trace
from samner.types import Schema

RETRIES = 4
LONGEST_WAIT = 30.0  # seconds between two tries
PATIENCE = 600.0  # seconds in all that a request waits for its turn where the key has a rate
# A connection that was kept open and that the server closes just when it is used again: worth a second try.
_DROPPED = (httpx.RemoteProtocolError, httpx.ReadError)


class Send(NamedTuple):
    """A request; `body` is JSON."""

    method: str
    path: str
    body: bytes | None


class Wait(NamedTuple):
    seconds: float


Answer: TypeAlias = "httpx.Response | httpx.HTTPError | None"
R = TypeVar("R")
Steps: TypeAlias = "Generator[Send | Wait, Answer, R]"


def ask(method: str, path: str, body: Any = None) -> Steps[Any]:
    """The JSON of an answer; a busy server is asked again."""
    request, attempt, waited = Send(method, path, wire.encoded(body)), 0, 0.0
    while True:
        answer = yield request
        if isinstance(answer, httpx.Response):
            wait = _wait(attempt, waited, answer.status_code, answer.headers.get("retry-after"))
            if wait is None:
                return wire.checked(answer.status_code, answer.content)
            yield Wait(wait)
            waited += wait
        elif answer is not None and (attempt or not isinstance(answer, _DROPPED)):
            raise wire.unreachable(answer)
        attempt += 1


def extract(texts: Sequence[Text], asked: Mapping[str, Any]) -> Steps[list[Result]]:
    """One request; texts that are too much for one are sent in two."""
    sent, bad = wire.items(texts)
    if not sent:
        return wire.results(texts, [], bad)
    try:
        answer = yield from ask("POST", "/v1/extract", {**asked, "texts": sent})
    except wire.ServiceError as error:
        if error.status != 413 or len(texts) == 1:
            return wire.failed(error, texts)
    else:
        return wire.results(texts, answer["results"], bad)
    half = len(texts) // 2
    first = yield from extract(texts[:half], asked)
    return first + (yield from extract(texts[half:], asked))


def trace(text: Text, asked: Mapping[str, Any]) -> Steps[Trace]:
    answer = yield from ask("POST", "/v1/extract", {**asked, "texts": [wire.item(text)], "trace": True})
    return wire.trace(answer["results"][0])


def schema_names() -> Steps[tuple[str, ...]]:
    answer = yield from ask("GET", "/v1/schemas")
    return tuple(row["name"] for row in answer["schemas"])


def get_schema(name: str) -> Steps[Schema]:
    return wire.schema((yield from ask("GET", wire.path(name))))


def put_schema(name: str, schema: SchemaLike) -> Steps[None]:
    yield from ask("PUT", wire.path(name), wire.types_of(schema))


def _wait(attempt: int, waited: float, status: int, retry_after: str | None) -> float | None:
    """Seconds to wait before the next try of a request; None where trying again makes no sense.

    Over a rate, requests of the same key take turns by chance, so that tries say nothing: only the time does.
    """
    told = float(retry_after) if retry_after and retry_after.isdigit() else None
    if status == 429 and told is not None:
        return told if waited + told <= PATIENCE else None
    if status not in (429, 503) or attempt >= RETRIES:
        return None
    seconds = 0.5 * 2**attempt if told is None else told
    return seconds if seconds <= LONGEST_WAIT else None
