"""Frozen language models by name: those of samner, and those that other packages register under `samner.llms`.

A backend is a class that is made from `LLMSettings` and offers `ports.LLM` (and `ports.ScoringLLM` where it can weigh).
It may offer `replies` as well, which gives answers as they come: then an interrupted run keeps what it has paid for.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from samner.errors import InputError
from samner.llms.cached import cached
from samner.llms.settings import LLMSettings
from samner.llms.store import Store
from samner.locate import cache_folder
from samner.ports import LLM

__all__ = ["LLMSettings", "backends", "load_llm", "make_llm", "user_store"]

GROUP = "samner.llms"


def backends() -> list[str]:
    """The names of the backends there are, extras installed or not."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def load_llm(settings: LLMSettings) -> LLM:
    """The LLM that the settings name, behind the cache unless `cache_dir` is False. Raises as `make_llm` does."""
    llm, folder = make_llm(settings), cache_folder(settings.cache_dir)
    return llm if folder is None else cached(llm, Store(folder))


def make_llm(settings: LLMSettings) -> LLM:
    """The LLM itself, without the cache in front of it.

    Raises InputError for an unknown backend, MissingExtraError for one whose library is not installed, ModelError for
    a model file that cannot be read. A server is first spoken to when it is first asked.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if settings.backend not in found:
        raise InputError(
            f"an LLM backend out of {', '.join(backends())}", repr(settings.backend), "name one of them"
        )
    llm: LLM = found[settings.backend].load()(settings)
    return llm


def user_store() -> Store:
    """The cache in the user's own folder."""
    return Store(cache_folder(None) or Path())
