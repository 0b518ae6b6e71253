"""One request and what comes of it: bounded in time and size, tried again where that makes sense."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from samner.llms.allowance import may_send
from samner.llms.errors import LLMError
from samner.llms.settings import LLMSettings
from samner.ports import Usage

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds between tries
BUSY = {408, 409, 425, 429}  # beside 5xx: a later try may succeed
ROOM, ROOM_A_TOKEN = 65_536, 64  # bytes that an answer may have


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, whether `max_tokens` cut it short, and what it cost."""

    text: str
    cut: bool
    usage: Usage


class Refused(Exception):
    """The server will not take the request as it is; its words say why."""

    def __init__(self, status: int, words: str, usage: Usage) -> None:
        super().__init__(status, words)
        self.status, self.words, self.usage = status, words, usage


class Exchange:
    """Sends requests through an `openai.AsyncOpenAI` client."""

    def __init__(self, client: Any, settings: LLMSettings, secrets: Sequence[str]) -> None:
        self._client, self._settings, self._secrets = client, settings, secrets
        self._room = ROOM + ROOM_A_TOKEN * settings.max_tokens

    async def send(self, body: Mapping[str, Any]) -> Answer:
        """The answer to a request. Raises Refused where another request may be taken, LLMError where there is none."""
        begun, tries = time.monotonic(), self._settings.retries + 1
        for made in range(1, tries + 1):
            try:
                text = await asyncio.wait_for(self._once(body), self._settings.timeout)
                return _answer(json.loads(text), Usage(requests=made, seconds=time.monotonic() - begun))
            except Exception as error:
                spent = Usage(requests=made, seconds=time.monotonic() - begun)
                failure, asked = self._judge(error, spent)
                if not failure.retryable or made == tries or not may_send():
                    raise failure from None
                await asyncio.sleep(asked if asked is not None else pause(made))
        raise AssertionError("a last try returns or raises")

    async def _once(self, body: Mapping[str, Any]) -> bytes:
        create = self._client.chat.completions.with_streaming_response.create
        held = bytearray()
        # The fields are as the server wants them: as `extra_body` they are sent so, without a millisecond of checks.
        async with create(model=body["model"], messages=[], extra_body=body) as response:
            async for piece in response.iter_bytes():
                held += piece
                if len(held) > self._room:
                    found, remedy = f"more than {self._room} bytes", "check the server"
                    raise LLMError("an answer of bounded size", found, remedy, retryable=True)
        return bytes(held)

    def _judge(self, error: Exception, spent: Usage) -> tuple[LLMError, float | None]:
        """What a failure means, and the seconds that the server asks to wait. Raises Refused."""
        import openai

        if isinstance(error, LLMError):
            return error.costing(spent), None
        if isinstance(error, openai.APIStatusError):
            return self._status(error, spent)
        cause = _innermost(error)
        if isinstance(error, asyncio.TimeoutError) or "Timeout" in type(cause).__name__:
            found, remedy = (
                f"none after {self._settings.timeout:g} s",
                "raise --llm-set timeout or ask a faster server",
            )
        elif isinstance(error, (ValueError, KeyError, IndexError, TypeError, AttributeError)):
            found, remedy = (
                "something else in its place",
                "check that the base URL is that of an OpenAI-compatible server",
            )
        else:  # the connection's, of whichever HTTP library openai uses
            words = f"{type(cause).__name__}: {cause}"
            found, remedy = self._clean(words), "check that the server runs and its URL"
        return LLMError("an answer from the LLM server", found, remedy, spent, retryable=True), None

    def _status(self, error: Any, spent: Usage) -> tuple[LLMError, float | None]:
        status, words = int(error.status_code), self._clean(_words(error))
        refused = status == 500 and any(word in words for word in ("response_format", "json_schema"))
        if (status in BUSY or status >= 500) and not refused:
            asked = retry_after(error.response.headers)
            if asked is not None and asked > LONGEST_PAUSE:
                found = f"status {status} and the wish to wait {asked:.0f} s"
                return LLMError("an answer from the LLM server", found, "run again later", spent), None
            found, remedy = f"status {status}: {words}", "run again later, or lower --llm-set concurrency"
            return LLMError("an answer from the LLM server", found, remedy, spent, retryable=True), asked
        if status in (401, 403):
            remedy = "set OPENAI_API_KEY to a key that this server takes"
        elif status == 404:
            remedy = f"check the base URL and the model name {self._settings.model!r}"
        else:
            raise Refused(status, words, spent)
        return LLMError("an answer from the LLM server", f"status {status}: {words}", remedy, spent), None

    def _clean(self, words: str) -> str:
        """A server's words on one line, short, without our secrets."""
        words = " ".join(words.split())
        for secret in filter(None, self._secrets):
            words = words.replace(secret, "***")
        return words[:300]


def pause(made: int) -> float:
    """Seconds to wait after so many tries: doubled each time, and spread so that callers do not come back together."""
    return min(FIRST_PAUSE * 2.0 ** (made - 1), LONGEST_PAUSE) * random.uniform(0.75, 1.25)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait, by `Retry-After-Ms` or `Retry-After` (seconds or a date)."""
    try:
        if (ms := headers.get("retry-after-ms")) is not None:
            return max(float(ms) / 1000, 0.0)
        if (value := headers.get("retry-after")) is None:
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _answer(reply: Any, spent: Usage) -> Answer:
    """From a server's reply, of which nothing is certain. Raises KeyError, IndexError, TypeError, AttributeError."""
    choice = reply["choices"][0]
    text = choice["message"].get("content") or ""
    counts = reply.get("usage") or {}
    details = counts.get("prompt_tokens_details") or {}
    usage = Usage(
        requests=spent.requests,
        tokens_in=int(counts.get("prompt_tokens") or 0),
        tokens_out=int(counts.get("completion_tokens") or 0),
        tokens_cached=int(details.get("cached_tokens") or 0),
        seconds=spent.seconds,
    )
    return Answer(str(text), choice.get("finish_reason") == "length", usage)


def _words(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or body.get("detail") or body.get("error") or error.message)


def _innermost(error: BaseException) -> BaseException:
    """The first reason: openai wraps the HTTP library's errors, and these may wrap others."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
