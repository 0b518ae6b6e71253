"""Low-rank updates of the text encoder (LoRA, Hu et al. 2021) from a few annotated texts; needs the extra `train`.

Only products of the text encoder change, each by a product of two thin matrices; heads, type vectors and everything
else of the model stay as they are, and so do the numbers that were fitted.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import nn
from transformers import BertConfig

from samner.archetypes import load as load_archetypes
from samner.bench.datasets import GoldDocument
from samner.engines.embedded.words import WordPieces
from samner.train import graphs
from samner.train.ahead import ahead
from samner.train.batches import BatchMaker, Source, to_passage
from samner.train.examples import Example, make_example
from samner.train.losses import on, total_loss
from samner.train.manifest import write_manifest
from samner.train.network import Network
from samner.train.ontology import TypeBook
from samner.train.recipe import BatchConfig, LossConfig, NetworkConfig
from samner.train.recover import head_rows, recover
from samner.types import Schema, Span

SCOPE = "adapt"
PRODUCTS = r"text\.layers\.\d+\.(query_key_value|output|up|down)"
RATE = 1e-3
ROUNDS = 12  # over the texts
LEAST_STEPS, MOST_STEPS = 20, 400
PIECES = 700  # a step, some twenty texts
TEXTS_A_STEP = 20


def tuned(
    model: Path, documents: Sequence[GoldDocument], schema: Schema, rank: int, out: Path, seed: int = 1
) -> None:
    """Write to `out` the model of folder `model`, its text encoder tuned on documents with every mention of the
    schema's types marked."""
    book, examples = _examples(documents, schema)
    network, sizes = network_of(model)
    network.requires_grad_(False)
    torch.manual_seed(seed)
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=PRODUCTS), network)
    steps = min(max(LEAST_STEPS, ROUNDS * len(examples) // TEXTS_A_STEP), MOST_STEPS)
    _train(network, _maker(model, examples, book, seed), steps, seed)
    weights = {name: value.detach().numpy() for name, value in _merged(network).items()}
    shutil.copytree(model, out)
    (out / "text.onnx").write_bytes(graphs.text_graph(weights, sizes, quantise=True))
    fields = json.loads((model / "model.json").read_text("utf-8"))
    write_manifest(out, {**fields, "id": f"{fields['id']}, encoder tuned"})


def network_of(model: Path) -> tuple[Network, dict[str, int]]:
    """The trainer's network with the weights of an exported model, and the model's sizes."""
    sizes = json.loads((model / "model.json").read_text("utf-8"))["sizes"]
    weights = recover(model, head_rows(sizes))
    with np.load(model / "tables.npz", allow_pickle=False) as tables:
        weights["pieces.weight"] = tables["pieces"] * tables["pieces_scale"][:, None]
    bert = BertConfig(
        vocab_size=len(weights["pieces.weight"]),
        hidden_size=sizes["hidden"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=len(weights["text.layers.0.up.bias"]),
        max_position_embeddings=sizes["positions"],
    )
    names = ("hidden", "pair", "token", "match", "widest")
    network = Network(bert, NetworkConfig(**{name: sizes[name] for name in names}))
    network.load_state_dict({n: torch.tensor(w, dtype=torch.float32) for n, w in weights.items()})
    return network, sizes


def _examples(documents: Sequence[GoldDocument], schema: Schema) -> tuple[TypeBook, list[Example]]:
    """What is known: every mention of these types, and nothing of others."""
    book = TypeBook()
    keys = {
        kind.name: book.add(SCOPE, kind.name, "", kind.parent or "", "", kind.definition or "")
        for kind in schema
    }
    book.freeze()
    examples = [
        make_example(
            d.text,
            [(Span(e.start, e.end), keys[e.label]) for e in d.entities],
            SCOPE,
            SCOPE,
            tuple(keys.values()),
            exhaustive=False,
        )
        for d in documents
    ]
    return book, examples


def _maker(model: Path, examples: Sequence[Example], book: TypeBook, seed: int) -> BatchMaker:
    passages = [to_passage(e, book) for e in examples if e.words]
    source = Source(SCOPE, passages, [SCOPE] * len(passages), grouped=False)
    config = BatchConfig(pieces=PIECES, name_only=0.0, asked=max(60, len(book.list)))
    archetypes = [a.name for a in load_archetypes()]
    return BatchMaker([(source, 1.0)], book, WordPieces(model / "tokenizer.json"), archetypes, config, seed)


def _train(network: Network, maker: BatchMaker, steps: int, seed: int) -> None:
    free = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(free, lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    network.train()
    for step, batch in enumerate(ahead(maker, 0, steps, network.device)):
        torch.manual_seed(seed * 1_000_003 + step)
        total, _ = total_loss(network, on(batch, network.device), None, LossConfig())
        total.backward()
        nn.utils.clip_grad_norm_(free, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)


def _merged(network: Network) -> dict[str, Any]:
    """The network's weights by its own names, the updates added."""
    for module in network.modules():
        if isinstance(module, LoraLayer):
            module.merge()
    return {
        name.replace(".base_layer", ""): value
        for name, value in network.state_dict().items()
        if ".lora_" not in name
    }
