"""A recipe of an adapter: what a language model is to learn, from what, for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samner.errors import FormatError
from samner.train.recipe import PublicSet, build, read_mapping

PROMPTS = ("explorer", "archetype")


@dataclass(frozen=True)
class Lora:
    """Low-rank updates of every linear layer but the output: W + alpha / rank * B A (Hu et al. 2021)."""

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0


@dataclass(frozen=True)
class LLMRecipe:
    """See recipes/llm-explorer.yaml. `prompt` is the one that the adapter learns to answer; `base` a hub id or folder;
    `longest` the most tokens of prompt and answer together; `most` the most passages of a set, 0 for all."""

    prompt: str
    base: str
    epochs: float
    rate: float
    warmup: float = 0.05  # share of the steps
    batch: int = 2
    accumulate: int = 8
    longest: int = 1024
    most: int = 0
    seed: int = 1
    save_every: int = 500
    lora: Lora = field(default_factory=Lora)
    public: Mapping[str, PublicSet] = field(default_factory=dict)


def is_llm_recipe(file: Path) -> bool:
    """Is this the recipe of an adapter, not of the embedded model?"""
    return "prompt" in read_mapping(file)


def load_llm_recipe(file: Path) -> LLMRecipe:
    """Read a recipe; a key that is unknown, or missing, is an error that names it."""
    data: dict[str, Any] = read_mapping(file)
    data["lora"] = build(Lora, data.get("lora", {}), f"{file}: lora")
    data["public"] = {
        name: build(PublicSet, {"share": 1.0} | (row or {}), f"{file}: public/{name}")
        for name, row in data.get("public", {}).items()
    }
    recipe = build(LLMRecipe, data, str(file))
    if recipe.prompt not in PROMPTS:
        raise FormatError(
            f"a prompt out of {', '.join(PROMPTS)}", f"{recipe.prompt!r} in {file}", "mend the recipe"
        )
    return recipe
