"""A BERT encoder that computes no padding: all but attention runs on the real pieces of the batch, laid flat.

Half of a training batch is padding otherwise. The layer itself is Devlin et al. (2019), post-norm; parameter values
load from any Hugging Face BERT.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig


class Layout(NamedTuple):
    """Where the flat pieces lie in the rectangle: place [T] into B*P, text [T], shape (B, P), and its mask [B, P]."""

    place: Tensor
    text: Tensor
    mask: Tensor

    @classmethod
    def of(cls, mask: Tensor) -> Layout:
        place = mask.flatten().nonzero().squeeze(1)
        return cls(place, place // mask.shape[1], mask.bool())

    def flat(self, padded: Tensor) -> Tensor:
        """[B, P, ...] -> [T, ...]"""
        return padded.flatten(0, 1)[self.place]

    def padded(self, flat: Tensor) -> Tensor:
        """[T, F] -> [B, P, F], zeros where nothing lies."""
        out = flat.new_zeros(self.mask.numel(), flat.shape[1])
        return out.index_copy(0, self.place, flat).view(*self.mask.shape, -1)


class TextDropout(nn.Module):
    """Drops whole features of a text: one draw for all its pieces, since drawing each is a fifth of a CPU step."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, flat: Tensor, layout: Layout) -> Tensor:
        if not self.training or self.rate == 0:
            return flat
        keep = torch.rand(len(layout.mask), flat.shape[1], device=flat.device) >= self.rate
        return flat * (keep.to(flat.dtype) / (1 - self.rate))[layout.text]


class Layer(nn.Module):
    """Self-attention and feed-forward, each with its residual and norm."""

    def __init__(self, config: BertConfig, dropout: float) -> None:
        super().__init__()
        d = config.hidden_size
        self.heads = config.num_attention_heads
        self.query_key_value = nn.Linear(d, 3 * d)
        self.output = nn.Linear(d, d)
        self.attention_norm = nn.LayerNorm(d, eps=config.layer_norm_eps)
        self.up = nn.Linear(d, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, d)
        self.norm = nn.LayerNorm(d, eps=config.layer_norm_eps)
        self.drop = TextDropout(dropout)

    def forward(self, flat: Tensor, layout: Layout) -> Tensor:
        b, p = layout.mask.shape
        parts = layout.padded(self.query_key_value(flat)).view(b, p, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each [B, heads, P, D / heads]
        attended = layout.flat(attend(query, key, value, layout.mask).transpose(1, 2).reshape(b, p, -1))
        flat = self.attention_norm(flat + self.drop(self.output(attended), layout))
        hidden: Tensor = self.norm(flat + self.drop(self.down(F.gelu(self.up(flat))), layout))
        return hidden


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Attention to the real pieces, mask [B, P]; all others are [B, heads, P, D / heads]."""
    seen = mask.view(len(mask), 1, 1, -1)
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    # Written out: on a CPU the backward pass of PyTorch's fused attention takes several times as long.
    scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5
    scores = scores.masked_fill(~seen, torch.finfo(scores.dtype).min)
    return scores.softmax(-1).to(value.dtype) @ value


class Encoder(nn.Module):
    """Embedded pieces [T, D] in, states [T, D] out."""

    def __init__(self, config: BertConfig, dropout: float) -> None:
        super().__init__()
        d = config.hidden_size
        self.position = nn.Embedding(config.max_position_embeddings, d)
        self.kind = nn.Parameter(torch.zeros(d))  # token type 0: the only one in use
        self.embedding_norm = nn.LayerNorm(d, eps=config.layer_norm_eps)
        self.drop = TextDropout(dropout)
        self.layers = nn.ModuleList(Layer(config, dropout) for _ in range(config.num_hidden_layers))

    def forward(self, embedded: Tensor, layout: Layout) -> Tensor:
        """States of all pieces, flat."""
        position = layout.place % layout.mask.shape[1]
        flat = self.drop(self.embedding_norm(embedded + self.position(position) + self.kind), layout)
        for layer in self.layers:
            flat = layer(flat, layout)
        return flat

    def load_bert(self, weights: dict[str, Tensor]) -> None:
        """Take the values of a Hugging Face BertModel; a missing name is a KeyError."""
        mine = {
            "position.weight": weights["embeddings.position_embeddings.weight"],
            "kind": weights["embeddings.token_type_embeddings.weight"][0],
            "embedding_norm.weight": weights["embeddings.LayerNorm.weight"],
            "embedding_norm.bias": weights["embeddings.LayerNorm.bias"],
        }
        for n in range(len(self.layers)):
            old, new = f"encoder.layer.{n}", f"layers.{n}"
            for kind in ("weight", "bias"):
                attention = [f"{old}.attention.self.{part}.{kind}" for part in ("query", "key", "value")]
                mine[f"{new}.query_key_value.{kind}"] = torch.cat([weights[name] for name in attention])
                for ours, theirs in _PARTS.items():
                    mine[f"{new}.{ours}.{kind}"] = weights[f"{old}.{theirs}.{kind}"]
        self.load_state_dict(mine)


_PARTS = {
    "output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}
