"""One reading of a passage: the encoder's word states, and what the explorer and the anchor make of them.

Shapes: W words, S spans of the passage (all starts and widths), N spans asked for, K types.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.sessions import Sessions
from samner.engines.embedded.store import Tables
from samner.engines.embedded.vectors import TypeVectors
from samner.engines.embedded.words import LOWER, WordPieces, word_shape
from samner.passages import Passage

Array = NDArray[Any]
ANCHOR_LEAST = (
    -1.5
)  # logits of a start, an end and a mean inside below which an anchor's span is not looked at


@lru_cache(maxsize=512)
def all_spans(words: int, widest: int) -> tuple[Array, Array]:
    """First and last word of every span of up to `widest` words: two arrays [S]."""
    first, width = np.nonzero(np.add.outer(np.arange(words), np.arange(min(widest, words))) < words)
    return first, first + width


class Encoded:
    """The word states of one passage, split into what each head needs. Made by `Reader.read`, dropped after use."""

    def __init__(self, passage: Passage, heads: list[Array], reader: Reader) -> None:
        self.passage, self.sessions, self._reader = passage, reader.sessions, reader
        p, t = reader.sizes["pair"], reader.sizes["token"]
        of_first, of_last, of_mean = heads
        self._starts, self._pair_start, self._token_start, self._first = _split(of_first, 1, p, t)
        self._ends, self._pair_end, self._token_end, self._last = _split(of_last, 1, p, t)
        self._insides, self._token_inside, mean = _split(of_mean, 1, t)
        self._mean_total = _running(mean)
        self._vectors: dict[tuple[tuple[int, int], ...], tuple[Array, Array]] = {}
        self._views: tuple[TypeVectors, tuple[Array, Array, Array]] | None = None

    @cached_property
    def explored(self) -> tuple[Array, Array, Array]:
        """Every span's first and last word and the explorer's logit: three arrays [S]."""
        first, last = all_spans(len(self.passage.words), self._reader.sizes["widest"])
        return first, last, self.explorer_logits(first, last)

    @property
    def token_states(self) -> tuple[Array, Array, Array]:
        """What the anchor's start, end and inside match with types, scaled: three arrays [W, T]."""
        scale = self._reader.sizes["token"] ** -0.5
        return self._token_start * scale, self._token_end * scale, self._token_inside * scale

    @cached_property
    def _pairs(self) -> Array:
        """How well each word as a start goes with each as an end [W, W]."""
        return self.sessions.product(self._pair_start, self._pair_end)

    def explorer_logits(self, first: Array, last: Array) -> Array:
        """The explorer's logit [N] of spans by first and last word. A span wider than any in training counts as the
        widest."""
        scale = self._reader.sizes["pair"] ** -0.5
        pairs = self._pairs[first, last]
        inside = self._inside_mean(_running(self._insides), first, last)[:, 0]
        width = np.minimum(last - first, self._reader.sizes["widest"] - 1)
        ends = self._starts[first, 0] + self._ends[last, 0]
        total: Array = pairs * scale + ends + inside + self._reader.tables.explorer_width[width]
        return total

    def anchored(self, types: TypeVectors) -> tuple[Array, Array, Array]:
        """The anchor's three views [W, K]: logits that a mention of a type starts, ends, or goes on here. Two stages
        ask for them; they are kept for the types asked last."""
        if self._views is None or self._views[0] is not types:
            scale, bias = self._reader.sizes["token"] ** -0.5, self._reader.tables.token_bias
            product = self.sessions.product
            start = product(self._token_start, types.start) * scale + bias[0]
            end = product(self._token_end, types.end) * scale + bias[1]
            inside = product(self._token_inside, types.inside) * scale + bias[2]
            self._views = (types, (start, end, inside))
        return self._views[1]

    def anchor_logits(self, first: Array, last: Array, views: tuple[Array, Array, Array]) -> Array:
        """The anchor's logit [N, K] of spans: the mean of its start, its end and its mean inside."""
        start, end, inside = views
        within = self._inside_mean(_running(inside), first, last)
        total: Array = (start[first] + end[last] + within) / 3
        return total

    def anchor_spans(self, views: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        """Spans that the anchor proposes by itself, with the best logit over the types: three arrays [N]."""
        start, end, inside = views
        words = len(start)
        at, k = np.nonzero(start > ANCHOR_LEAST)
        width = np.arange(min(self._reader.sizes["widest"], words))
        last = at[:, None] + width
        fits = last < words
        last = np.minimum(last, words - 1)
        good = fits & (end[last, k[:, None]] > ANCHOR_LEAST)
        n, w = np.nonzero(good)
        first, last, k = at[n], last[n, w], k[n]
        total = _running(inside)
        within = (total[last + 1, k] - total[first, k]) / (last + 1 - first)
        enough = within > ANCHOR_LEAST
        first, last, k, within = first[enough], last[enough], k[enough], within[enough]
        logit = (start[first, k] + end[last, k] + within) / 3
        key = first * words + last
        order = np.lexsort((-logit, key))
        _, best = np.unique(key[order], return_index=True)
        chosen = order[best]
        return first[chosen], last[chosen], logit[chosen]

    def _inside_mean(self, running: Array, first: Array, last: Array) -> Array:
        mean: Array = (running[last + 1] - running[first]) / (last + 1 - first)[:, None]
        return mean

    def vectors(self, first: Array, last: Array) -> tuple[Array, Array]:
        """match and archetype vectors [N, M] of spans; asked twice (by two stages), worked out once."""
        key = tuple(zip(first.tolist(), last.tolist(), strict=True))
        if key not in self._vectors:
            tables = self._reader.tables
            width = np.minimum(last - first, self._reader.sizes["widest"] - 1)
            hidden = self._first[first] + self._last[last] + self._inside_mean(self._mean_total, first, last)
            hidden = (hidden + tables.span_width[width]).astype(np.float32)
            self._vectors[key] = self.sessions.span(hidden)
        return self._vectors[key]


class Reader:
    """Turns passages into `Encoded` ones."""

    def __init__(self, sessions: Sessions, tables: Tables, pieces: WordPieces, sizes: dict[str, int]) -> None:
        self.sessions, self.tables, self.pieces, self.sizes = sessions, tables, pieces, sizes

    def read(self, passage: Passage) -> Encoded:
        """One pass of the text encoder."""
        ids, shapes, first, last = [self.pieces.cls], [LOWER], [], []
        for n in range(len(passage.words)):
            word = passage.surface(n)
            of_word = self.pieces.word(word)
            first.append(len(ids))
            ids += of_word
            shapes += [word_shape(word)] * len(of_word)
            last.append(len(ids) - 1)
        ids.append(self.pieces.sep)
        shapes.append(LOWER)
        embedded = self.tables.embed(np.array(ids)) + self.tables.shape[shapes]
        return Encoded(passage, self.sessions.text(embedded, np.array(first), np.array(last)), self)


def _split(joined: Array, *widths: int) -> Sequence[Array]:
    return np.split(joined, np.cumsum(widths), axis=1)


def _running(values: Array) -> Array:
    """Running totals [W + 1, F] of [W, F], in 64 bits so that a mean does not depend on what stands before."""
    total = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=total[1:])
    return total
