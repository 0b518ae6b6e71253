"""Finds pairs of types that mean nearly the same, so that neither serves as a wrong answer for the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch import nn

from samner.engines.embedded.words import WordPieces
from samner.train import checkpoint
from samner.train.arrays import pad
from samner.train.network import Network
from samner.train.ontology import TypeBook


def blur_relations(book: TypeBook, network: Network, pieces: WordPieces, least: float, cache: Path) -> int:
    """Mark pairs of open types whose sentence vectors are at least this alike as unknown; return how many."""
    if least >= 1:
        return 0
    if cache.exists():
        vectors = load_file(cache)["vectors"]
    else:
        vectors = _vectors(book, network, pieces)
        checkpoint.write(cache, {"vectors": torch.from_numpy(vectors)}, {})
    return book.blur(vectors.astype(np.float32), least)


def _vectors(book: TypeBook, network: Network, pieces: WordPieces) -> NDArray[np.float32]:
    """Unit vectors [types, D] of `name: definition`."""
    texts = [f"{e.name}: {e.definitions[0]}" if e.definitions else e.name for e in book.list]
    vectors: NDArray[np.float32] = unit_vectors(texts, network, pieces)  # torch's decorator hides its type
    return vectors


@torch.no_grad()
def unit_vectors(texts: Sequence[str], network: Network, pieces: WordPieces) -> NDArray[np.float32]:
    """Unit vectors [texts, D] by the mean state of the type encoder, the untrained base one before training."""
    rows = [[pieces.cls, *pieces.sentence(text)[:62], pieces.sep] for text in texts]
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    out = np.zeros((len(rows), network.config.hidden), np.float32)
    network.eval()
    for at in range(0, len(order), 128):
        chunk = order[at : at + 128]
        ids, mask = (
            torch.from_numpy(a).to(network.device) for a in pad([rows[n] for n in chunk], pieces.pad)
        )
        with torch.autocast(network.device.type, dtype=torch.bfloat16):
            states = network.pool(ids, mask).float()
        out[chunk] = nn.functional.normalize(states, dim=1).cpu().numpy()
    return out
