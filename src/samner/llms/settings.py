"""Which language model is asked, how, and at what price."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from samner.errors import InputError
from samner.ports import Prompt

_LEAST = {"max_tokens": 1, "context": 1, "concurrency": 1, "retries": 0, "threads": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMSettings:
    """All that a backend is made from. Keys are not here: they come from the environment and stay there.

    `model` is what the server calls it, a GGUF file, or a model folder or hub id; `base_url` None stands for
    OPENAI_BASE_URL. `max_tokens` bounds an answer, `context` prompt and answer together (in process only). `timeout`
    is in seconds, for one request; `retries` are further tries after one that may succeed later. In process, `device`
    "" is a GPU where there is one, and `threads` None all cores. Prices are per million tokens. `cache_dir`: None is
    the user's cache folder, False none. `adapters` are pairs of a prompt ("explorer", "archetype" ...) and what answers
    it in place of the bare model: with transformers a folder of PEFT weights, of a server the name it serves them by.
    """

    model: str
    backend: str = "openai"
    base_url: str | None = None
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 1024
    context: int = 8192
    timeout: float = 60.0
    concurrency: int = 8
    retries: int = 4
    device: str = ""
    threads: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    cache_dir: str | Path | bool | None = None
    adapters: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise InputError(
                "the name of a model", "none", "pass --llm-model; `samner llm check` lists a server's"
            )
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"{name} of at least {least}", str(value), f"raise {name}")
        if not 0 < self.timeout < float("inf"):
            raise InputError("a timeout in seconds, above 0", str(self.timeout), "pass timeout=60")
        if not 0 <= self.temperature <= 2:
            raise InputError("a temperature from 0 to 2", str(self.temperature), "pass temperature=0")
        for price in (self.price_in, self.price_out):
            if price is not None and not 0 <= price < float("inf"):
                raise InputError("a price of 0 or more", str(price), "give it per million tokens")

    @property
    def sampling(self) -> str:
        """What else than prompt and model decides an answer, for an LLM's id."""
        return f"temperature={self.temperature:g} seed={self.seed} max_tokens={self.max_tokens}"

    def adapter(self, prompt: Prompt) -> str | None:
        """The adapter that answers a prompt, None for the bare model."""
        return dict(self.adapters).get(prompt.version.partition("/")[0])
