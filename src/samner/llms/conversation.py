"""One process's connections to a server, and what it knows of it."""

from __future__ import annotations

import asyncio
import os
import time
from base64 import b64encode
from typing import Any
from urllib.parse import unquote, urlsplit

from samner.errors import FormatError
from samner.llms.allowance import budget_spent, may_send
from samner.llms.answers import read
from samner.llms.background import Background
from samner.llms.dialect import Dialect, mended
from samner.llms.errors import LLMError
from samner.llms.exchange import Answer, Exchange, Refused
from samner.llms.negotiation import Findings, negotiate
from samner.llms.settings import LLMSettings
from samner.llms.store import Store
from samner.locate import cache_folder
from samner.ports import Prompt, Reply, Usage

SULK = 30.0  # seconds in which a server that gave no first answer is not tried again


class Conversation:
    """Answers prompts, a bounded number at once. What the server supports is found out before the first prompt (whose
    usage has the cost) and remembered in the cache under `server`."""

    def __init__(self, base_url: str, server: str, settings: LLMSettings) -> None:
        import openai

        key = os.environ.get("OPENAI_API_KEY", "")
        url, headers, secrets = _without_password(base_url)
        client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=url,
            max_retries=0,
            timeout=settings.timeout,
            default_headers=headers,
            http_client=_quick_client(settings.timeout),
        )
        folder = cache_folder(settings.cache_dir)
        self.background = Background(client.close)
        self.client, self.exchange = client, Exchange(client, settings, [key, *secrets])
        self._server, self._settings = server, settings
        self._store = Store(folder) if folder else None
        self._slots, self._first = asyncio.Semaphore(settings.concurrency), asyncio.Lock()
        self._dialect: Dialect | None = None
        self._failed: tuple[float, LLMError] | None = None

    async def reply(self, prompt: Prompt) -> Reply | Exception:
        """The answer to one prompt, or the error in its place."""
        try:
            async with self._slots:
                dialect, spent = await self._agreed()
                if spent.requests and not may_send():
                    raise budget_spent("after finding out what the server supports").costing(spent)
                return await self._reply(prompt, dialect, spent)
        except Exception as error:
            return error

    async def find_out(self) -> Findings:
        """Ask the server what it supports, and remember it."""
        findings = await negotiate(self.exchange, self._settings)
        self._dialect = findings.dialect
        try:
            if self._store:
                self._store.learn(self._server, findings.dialect.to_dict())
        except FormatError:  # whoever keeps the answers warns of it
            pass
        return findings

    async def models(self) -> list[str]:
        """The models that the server lists."""
        try:
            listed = await asyncio.wait_for(self.client.models.list(), self._settings.timeout)
            return sorted(str(model.id) for model in listed.data)
        except Exception:  # not every server has a list, nor one of a known form
            return []

    async def _agreed(self) -> tuple[Dialect, Usage]:
        async with self._first:  # others wait for the first one's findings
            if self._dialect is None:
                self._dialect = self._remembered()
            if self._dialect is not None:
                return self._dialect, Usage()
            if self._failed and time.monotonic() < self._failed[0] + SULK:
                raise self._failed[1].costing(Usage())
            try:
                findings = await self.find_out()
            except LLMError as error:
                self._failed = (time.monotonic(), error)
                raise
            return findings.dialect, findings.usage

    def _remembered(self) -> Dialect | None:
        try:
            held = self._store.dialect(self._server) if self._store else None
        except FormatError:
            return None
        return Dialect.of(held) if held else None

    async def _reply(self, prompt: Prompt, dialect: Dialect, spent: Usage) -> Reply:
        try:
            answer, body = await self._sent(prompt, dialect)
        except LLMError as error:
            raise error.costing(spent + error.usage) from None
        spent += answer.usage
        text, wrong = read(answer.text, prompt.answer)
        if wrong and not answer.cut:
            mend, cost = await self._mended(mended(body, answer.text, wrong))
            spent += cost
            text, wrong = read(mend, prompt.answer) if mend else (text, wrong)
        if text:
            return Reply(text, spent)
        if answer.cut:
            found = f"one cut off at {self._settings.max_tokens} tokens"
            raise LLMError("a whole answer", found, "raise --llm-set max_tokens", spent)
        raise LLMError("an answer in JSON", wrong, "use a model that follows instructions", spent)

    async def _sent(self, prompt: Prompt, dialect: Dialect) -> tuple[Answer, dict[str, object]]:
        """The answer and the request that got it: in plain words where the server refuses this prompt's schema."""
        body, spent = dialect.body(prompt, self._settings), Usage()
        try:
            return await self.exchange.send(body), body
        except Refused as refusal:
            spent += refusal.usage
        if not may_send():
            raise budget_spent("to ask without a schema").costing(spent)
        body = dialect.plain.body(prompt, self._settings)
        try:
            answer = await self.exchange.send(body)
        except Refused as refusal:
            found = f"status {refusal.status}: {refusal.words}"
            remedy = "check the model's context size"
            raise LLMError(
                "a prompt that the LLM server takes", found, remedy, spent + refusal.usage
            ) from None
        return Answer(answer.text, answer.cut, spent + answer.usage), body

    async def _mended(self, body: dict[str, object]) -> tuple[str, Usage]:
        """The text of a second answer, "" if none came."""
        if not may_send():
            return "", Usage()
        try:
            answer = await self.exchange.send(body)
            return answer.text, answer.usage
        except (LLMError, Refused) as error:
            return "", error.usage


def _without_password(url: str) -> tuple[str, dict[str, str], list[str]]:
    """A URL without its user and password, the headers that say them instead, and what of these is secret: HTTP
    libraries log the URLs that they ask."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, {}, []
    user, password = unquote(parts.username), unquote(parts.password or "")
    token = b64encode(f"{user}:{password}".encode()).decode()
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, {"Authorization": f"Basic {token}"}, [token, password]


def _quick_client(timeout: float) -> Any:
    """openai's client on aiohttp, which costs half the time of its usual one; None where that is not installed."""
    import openai

    try:
        return openai.DefaultAioHttpClient(timeout=timeout)
    except (AttributeError, RuntimeError):
        return None
