"""The embedded model in PyTorch: two encoders, one read of the text, and light heads on its word states.

Shapes: B texts, P word pieces, W words, N spans, K types, D hidden units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig

from samner.train.encoder import Encoder, Layout
from samner.train.recipe import NetworkConfig

SHAPES = 10  # word-shape classes, see samner.engines.embedded.words


class Words(NamedTuple):
    """Word states: first piece, last piece and mean of the pieces, each [B, W, D]; mask [B, W]."""

    first: Tensor
    last: Tensor
    mean: Tensor
    mask: Tensor


class Types(NamedTuple):
    """What a type text becomes. match [K, match], bias [K], start/end/inside [K, token], archetype [K, match]."""

    match: Tensor
    bias: Tensor
    start: Tensor
    end: Tensor
    inside: Tensor
    archetype: Tensor


class Network(nn.Module):
    """Text encoder, type encoder and heads."""

    def __init__(
        self, base: PretrainedConfig, config: NetworkConfig, make: Callable[[], nn.Module] | None = None
    ) -> None:
        """`make` makes an encoder of embedded pieces; without it there are BERT's of our own."""
        super().__init__()
        make = make or (lambda: Encoder(base, config.dropout))
        self.config = config
        d = config.hidden
        self.pieces = nn.Embedding(
            base.vocab_size, d
        )  # of both encoders; frozen, so that rare words keep their sense
        self.pieces.weight.requires_grad_(False)
        self.text = make()
        self.types = self.text if config.shared else make()
        self.shape = nn.Embedding(SHAPES, d)
        nn.init.zeros_(self.shape.weight)  # begins as the plain encoder
        # Explorer: a span is scored from its ends, their product and its inside, blind to types.
        self.explorer_start, self.explorer_end, self.explorer_inside = (nn.Linear(d, 1) for _ in range(3))
        self.pair_start, self.pair_end = nn.Linear(d, config.pair), nn.Linear(d, config.pair)
        self.explorer_width = nn.Embedding(config.widest, 1)
        # Anchor: tokens against types.
        self.token_start, self.token_end, self.token_inside = (nn.Linear(d, config.token) for _ in range(3))
        self.token_bias = nn.Parameter(torch.full((3,), -4.0))
        # Span vectors.
        self.span_first, self.span_last, self.span_mean = (nn.Linear(d, d) for _ in range(3))
        self.span_width = nn.Embedding(config.widest, d)
        self.span_out = nn.Linear(d, config.match)
        self.span_archetype = nn.Linear(config.match, config.match)
        # Type vectors.
        self.type_hidden = nn.Linear(d, d)
        self.type_out = nn.Linear(d, config.match)
        self.type_bias = nn.Linear(d, 1)
        self.type_token = nn.Linear(d, 3 * config.token)
        self.type_archetype = nn.Linear(config.match, config.match)
        self.drop = nn.Dropout(config.dropout)
        for layer in (self.explorer_width, self.span_width):
            nn.init.normal_(layer.weight, std=0.02)

    @property
    def device(self) -> torch.device:
        device: torch.device = self.pieces.weight.device
        return device

    def read(self, ids: Tensor, shapes: Tensor, mask: Tensor) -> Tensor:
        """Piece states [B, P, D] of texts; ids, shapes and mask are [B, P]."""
        layout = Layout.of(mask)
        embedded = self.pieces(layout.flat(ids)) + self.shape(layout.flat(shapes))
        return layout.padded(self.text(embedded, layout))

    def load_bert(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of a Hugging Face BertModel in both encoders."""
        with torch.no_grad():
            self.pieces.weight.copy_(weights["embeddings.word_embeddings.weight"])
        self.text.load_bert(weights)
        self.types.load_bert(weights)

    def words(self, states: Tensor, first: Tensor, last: Tensor, mask: Tensor) -> Words:
        """Gather word states; first and last [B, W] point at pieces, mask [B, W] tells real words."""
        d = states.shape[-1]
        at_first = states.gather(1, first.unsqueeze(-1).expand(-1, -1, d))
        at_last = states.gather(1, last.unsqueeze(-1).expand(-1, -1, d))
        return Words(at_first, at_last, (at_first + at_last) / 2, mask)

    def explore(self, words: Words) -> Tensor:
        """Explorer logits [B, W, widest]: entry (i, w) is the span of words i..i+w."""
        start = self.explorer_start(words.first).squeeze(-1)
        end = self.explorer_end(words.last).squeeze(-1)
        pairs = self.pair_start(words.first) @ self.pair_end(words.last).transpose(1, 2)
        pairs = pairs / self.config.pair**0.5 + end.unsqueeze(1) + start.unsqueeze(2)
        inside = spread_mean(self.explorer_inside(words.mean), self.config.widest).squeeze(-1)
        return diagonals(pairs, self.config.widest) + inside + self.explorer_width.weight.squeeze(-1)

    def spans(self, words: Words, text: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """Span vectors [N, match]; text, start and end (inclusive) are [N]."""
        total = torch.cat(
            [words.mean.new_zeros(len(words.mean), 1, words.mean.shape[-1]), words.mean.cumsum(1)], 1
        )
        width = end - start
        mean = (total[text, end + 1] - total[text, start]) / (width + 1).unsqueeze(-1)
        hidden = self.span_first(words.first[text, start]) + self.span_last(words.last[text, end])
        hidden = hidden + self.span_mean(mean) + self.span_width(width)
        out: Tensor = self.span_out(self.drop(nn.functional.gelu(hidden)))
        return out

    def describe(self, ids: Tensor, mask: Tensor) -> Types:
        """Type texts [K, P] to type vectors, by the mean over their pieces."""
        return self.project(self.pool(ids, mask))

    def pool(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean state [K, D] of each type text [K, P]."""
        layout = Layout.of(mask)
        states = layout.padded(self.types(self.pieces(layout.flat(ids)), layout))
        return states.sum(1) / mask.sum(1, keepdim=True)

    def project(self, mean: Tensor) -> Types:
        """Pooled type states [K, D] to type vectors."""
        hidden = self.drop(nn.functional.gelu(self.type_hidden(mean))) + mean
        match = self.type_out(hidden)
        start, end, inside = self.type_token(hidden).chunk(3, dim=-1)
        return Types(
            match, self.type_bias(hidden).squeeze(-1), start, end, inside, self.type_archetype(match)
        )

    def anchor(self, words: Words, types: Types) -> Tensor:
        """Anchor logits [3, B, W, K]: does a mention of the type start, end, lie here?"""
        scale = self.config.token**-0.5
        parts = (
            self.token_start(words.first) @ types.start.T,
            self.token_end(words.last) @ types.end.T,
            self.token_inside(words.mean) @ types.inside.T,
        )
        return torch.stack([part * scale + self.token_bias[n] for n, part in enumerate(parts)])

    def match(self, spans: Tensor, types: Types) -> Tensor:
        """Match logits [N, K]; zero stands for `none of these`."""
        return spans @ types.match.T * self.config.match**-0.5 + types.bias

    def archetype(self, vectors: Tensor, archetypes: Types) -> Tensor:
        """Archetype logits [N, A] of span vectors, or of type vectors, against the archetypes' definitions."""
        return self.span_archetype(vectors) @ archetypes.archetype.T * self.config.match**-0.5


def _range(like: Tensor, size: int) -> Tensor:
    return torch.arange(size, device=like.device)


def diagonals(square: Tensor, width: int) -> Tensor:
    """[B, W, W] -> [B, W, width]: row i becomes entries (i, i) .. (i, i + width - 1); outside is never read."""
    size = square.shape[1]
    columns = _range(square, size).unsqueeze(1) + _range(square, width)
    return square.gather(2, columns.clamp(max=size - 1).expand(len(square), -1, -1))


def spread_mean(values: Tensor, width: int) -> Tensor:
    """Mean over words i..i+w for every start i and width w: [B, W, F] -> [B, W, width, F]."""
    size = values.shape[1]
    total = torch.cat([values.new_zeros(len(values), 1, values.shape[2]), values.cumsum(1)], 1)
    start = _range(values, size).unsqueeze(1)
    stop = (start + _range(values, width) + 1).clamp(max=size)
    span = (stop - start).to(values.dtype).unsqueeze(-1)
    return (total[:, stop] - total[:, start.expand_as(stop)]) / span
