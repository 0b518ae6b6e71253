"""Any server with OpenAI's HTTP interface: vLLM, llama.cpp, Ollama, LM Studio, the hosted ones."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from samner.errors import InputError, MissingExtraError
from samner.llms.cached import Answers, collect
from samner.llms.settings import LLMSettings
from samner.ports import Prompt, Reply

if TYPE_CHECKING:
    from samner.llms.conversation import Conversation
    from samner.llms.negotiation import Findings

HOSTED = "https://api.openai.com/v1"


class OpenAILLM:
    """Asks `settings.model` at `settings.base_url`, OPENAI_BASE_URL or OpenAI's own. The key is OPENAI_API_KEY.

    Replies are JSON, and obey their prompt's schema wherever the server could be brought to it, with one request to
    mend an answer at most. Errors are LLMError, with what they cost. Safe under threads, fork and pickle.
    """

    def __init__(self, settings: LLMSettings) -> None:
        try:
            import jsonschema  # noqa: F401
            import openai  # noqa: F401
        except ImportError as error:
            raise MissingExtraError(error.name or "openai", "openai") from None
        self.settings = settings
        self._base_url = (settings.base_url or os.environ.get("OPENAI_BASE_URL") or HOSTED).rstrip("/")
        parts = urlsplit(self._base_url)
        self.server = f"{parts.netloc.rpartition('@')[2]}{parts.path}"  # without what may be secret
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError(
                "a base URL with http or https", repr(self.server), "write http://localhost:8080/v1"
            )
        if self._base_url == HOSTED and not os.environ.get("OPENAI_API_KEY"):
            raise InputError(
                "a key for api.openai.com",
                "none",
                "set OPENAI_API_KEY, or OPENAI_BASE_URL for another server",
            )
        adapters = "".join(f" {prompt}={name}" for prompt, name in sorted(settings.adapters))
        self.id = f"openai {self.server} {settings.model}{adapters} {settings.sampling}"
        self._lock = threading.Lock()
        self._held: tuple[int, Conversation] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return OpenAILLM, (self.settings,)

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        """As `ports.LLM.ask`."""
        return collect(self.replies(prompts), len(prompts))

    def replies(self, prompts: Sequence[Prompt]) -> Answers:
        """Position and answer of each prompt, as they come."""
        conversation = self._conversation()
        return conversation.background.each(conversation.reply, prompts)

    def find_out(self) -> Findings:
        """Ask the server anew what it supports, and remember it."""
        conversation = self._conversation()
        return conversation.background.run(conversation.find_out)

    def models(self) -> list[str]:
        """The names of the models that the server says it has; none if it does not say."""
        conversation = self._conversation()
        return conversation.background.run(conversation.models)

    def _conversation(self) -> Conversation:
        """The connections of this process: a forked child makes its own."""
        from samner.llms.conversation import Conversation

        with self._lock:
            if self._held is None or self._held[0] != os.getpid():
                name = f"{self.server} {self.settings.model}"
                self._held = (os.getpid(), Conversation(self._base_url, name, self.settings))
            return self._held[1]
