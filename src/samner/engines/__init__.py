"""Engines by name: the shipped one, and those that other packages register under `samner.engines`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samner.archetypes import Archetype
from samner.errors import InputError

if TYPE_CHECKING:
    from samner.ports import Engine


def load_engine(
    name: str, model: Path, archetypes: Sequence[Archetype], cache: Path | None, threads: int, **more: Any
) -> Engine:
    """The engine called `name` on a model folder; InputError names those there are. `more` is what only some engines
    take: `llm`, and `use`, which says how it is used."""
    if name == "embedded":
        if more:
            raise InputError("an engine that asks an LLM", repr(name), "choose the engine hybrid or llm")
        from samner.engines.embedded.engine import EmbeddedEngine

        return EmbeddedEngine(model, archetypes, cache, threads)
    others = {e.name: e for e in entry_points(group="samner.engines")}
    if name not in others:
        raise InputError(
            f"an engine out of {', '.join(['embedded', *others])}", repr(name), "name one of them"
        )
    engine: Engine = others[name].load()(model, archetypes, cache, threads, **more)
    return engine
