"""Sentence vectors of type texts by the untrained base encoder, which has never heard of archetypes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import BertModel

from samner.engines.embedded.words import WordPieces
from samner.train.arrays import pad
from samner.train.base import base_folder
from samner.train.recipe import Recipe

Array = NDArray[Any]
LONGEST, TOGETHER = 62, 128  # word pieces of a text, texts a batch


def embed(texts: Sequence[str], cache: Path | None = None) -> Array:
    """Unit vectors [N, D] of the texts; kept in the cache folder by their hash."""
    key = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:24]
    file = cache / f"sentences-{key}.npy" if cache is not None else None
    if file is not None and file.exists():
        found: Array = np.load(file, allow_pickle=False)
        return found
    vectors: Array = _embed(texts)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, vectors)
    return vectors


@torch.inference_mode()
def _embed(texts: Sequence[str]) -> Array:
    base = base_folder(Recipe(steps=0))
    pieces = WordPieces(base / "tokenizer.json")
    model = BertModel.from_pretrained(base, add_pooling_layer=False).eval()
    rows = [[pieces.cls, *pieces.sentence(text)[:LONGEST], pieces.sep] for text in texts]
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    out = np.zeros((len(rows), model.config.hidden_size), np.float32)
    for at in range(0, len(order), TOGETHER):
        chunk = order[at : at + TOGETHER]
        ids, mask = (torch.from_numpy(a) for a in pad([rows[n] for n in chunk], pieces.pad))
        states = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state * mask.unsqueeze(-1)
        mean = states.sum(1) / mask.sum(1, keepdim=True)
        out[chunk] = nn.functional.normalize(mean, dim=1).numpy()
    return out
