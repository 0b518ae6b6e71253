"""The service's JSON: requests made from what a user passes, and answers turned back into samner's own types."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import httpx

from samner.errors import FormatError, InputError, SamnerError, SchemaError
from samner.given import Result, Text, as_document, is_tokens
from samner.options import Options, settings
from samner.schema import SchemaLike, as_schema
from samner.trace import Trace
from samner.types import Document, Entities, Entity, Failure, Schema

KEY_VARIABLE = "SAMNER_API_KEY"
_KINDS: dict[str, type[SamnerError]] = {
    kind.__name__: kind for kind in (InputError, SchemaError, FormatError)
}


class ServiceError(SamnerError):
    """A server that cannot be reached, or that answered with an error. `status` is 0 where none answered."""

    def __init__(
        self, expected: str, found: str, remedy: str, status: int = 0, retryable: bool = False
    ) -> None:
        super().__init__(expected, found, remedy)
        self.args = (expected, found, remedy, status, retryable)
        self.status, self.retryable = status, retryable


def base(url: str) -> str:
    """The server's address. InputError for what is no URL."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError("a URL as of samner serve", repr(url), "pass for instance http://127.0.0.1:8000")
    return url.rstrip("/")


def headers(key: str | None) -> dict[str, str]:
    """Those of every request. The key is the one passed, or that of the environment's SAMNER_API_KEY."""
    key = key or os.environ.get(KEY_VARIABLE)
    kind = {"content-type": "application/json"}
    return {**kind, "authorization": f"Bearer {key}"} if key else kind


# Requests


def asked(schema: SchemaLike | None, options: Options | None, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a request that is the same for each text. A string is the name of a schema of the server."""
    chosen = settings(options, overrides)
    given: Any = schema if isinstance(schema, str) or schema is None else types_of(schema)
    return {"schema": given, **asdict(chosen), "without": sorted(chosen.without)}


def types_of(schema: SchemaLike) -> list[dict[str, Any]]:
    """A schema as the API takes it; a `Path` is a file here."""
    return [asdict(kind) for kind in as_schema(schema)]


def item(text: Text) -> Any:
    """A text as the API takes it. InputError for what is none, or for words that are not parted by one space."""
    document = as_document(text)
    named = {} if document.id is None else {"id": document.id}
    if document.words is None:
        return {"text": document.text, **named} if named else document.text
    tokens = [document.text[start:end] for start, end in document.words]
    if Document.from_tokens(tokens).text != document.text:
        raise InputError(
            "a document made by Document.from_tokens", "other words", "send its text without words"
        )
    return {"tokens": tokens, **named}


def items(texts: Sequence[Text]) -> tuple[list[Any], dict[int, Failure]]:
    """The texts as the API takes them, and those that are none by their place."""
    good: list[Any] = []
    bad: dict[int, Failure] = {}
    for place, text in enumerate(texts):
        try:
            good.append(item(text))
        except SamnerError as error:
            bad[place] = Failure(error, getattr(text, "id", None))
    return good, bad


def path(schema: str) -> str:
    """Where a schema of that name is."""
    return f"/v1/schemas/{quote(schema)}"


def encoded(body: Any) -> bytes | None:
    """ASCII throughout: a lone surrogate in a text must not break the request."""
    return None if body is None else json.dumps(body).encode()


# Answers


def checked(status: int, body: bytes) -> Any:
    """The JSON of an answer. Raises what the server says is wrong."""
    try:
        answer = json.loads(body) if body else None
    except ValueError:
        answer = None
    if status < 400 and (answer is not None or status == 204):
        return answer
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        raise ServiceError("an answer of samner serve", f"another, status {status}", "check the URL", status)
    raise _error(error, status)


def unreachable(error: httpx.HTTPError) -> ServiceError:
    url = error.request.url
    found = f"none at {url.scheme}://{url.netloc.decode()} ({type(error).__name__})"
    return ServiceError("a server that answers", found, "check the URL, or start samner serve", 0, True)


def results(
    texts: Sequence[Text], rows: Sequence[Mapping[str, Any]], bad: Mapping[int, Failure]
) -> list[Result]:
    """A result for each text: of the rows, or the Failure of a text that was not sent."""
    left = iter(rows)
    return [bad[n] if n in bad else _result(text, next(left)) for n, text in enumerate(texts)]


def _result(text: Text, row: Mapping[str, Any]) -> Result:
    if "error" in row:
        return Failure(_error(row["error"], 200), row.get("id"))
    return Entities((_entity(e, is_tokens(text)) for e in row["entities"]), row.get("metadata"))


def trace(row: Mapping[str, Any]) -> Trace:
    """Raises the error of a text that could not be processed."""
    if "error" in row:
        raise _error(row["error"], 200)
    stages = row["trace"]
    told = stages.get("metadata", {})
    entities = Entities((_entity(e, False) for e in row["entities"]), told)
    return Trace(
        row["text"],
        stages["discovery"],
        stages["mediation"],
        stages["calibration"],
        entities,
        stages.get("llm", []),
        told,
    )


def schema(row: Mapping[str, Any]) -> Schema:
    return Schema(as_schema(row["types"]).types, row["name"])


def one(results: Sequence[Result]) -> list[Entity]:
    """The result of a single text; raises its error."""
    (found,) = results
    if isinstance(found, Failure):
        raise found.error
    return found


def failed(error: ServiceError, texts: Sequence[Text]) -> list[Result]:
    """The Failures of texts that are too large or take too long; raises any other error, which concerns them all."""
    if error.status not in (413, 504):
        raise error
    return [Failure(error, getattr(text, "id", None)) for text in texts]


def _entity(row: Mapping[str, Any], by_token: bool) -> Entity:
    """Offsets count the tokens where the user brought some."""
    start, end = ("first_token", "last_token") if by_token else ("start", "end")
    others = tuple((a["label"], a["score"]) for a in row["alternatives"])
    return Entity(
        row[start],
        row[end],
        row["text"],
        row["label"],
        row["score"],
        row["archetype"],
        tuple(row["sources"]),
        others,
    )


def _error(row: Mapping[str, Any], status: int) -> SamnerError:
    expected, found, remedy = (str(row.get(key, "")) for key in ("expected", "found", "remedy"))
    kind = _KINDS.get(str(row.get("kind")))
    if kind is not None and status in (200, 422):
        return kind(expected, found, remedy)
    return ServiceError(expected, found, remedy, status, row.get("retryable") is True)
