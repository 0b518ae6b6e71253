"""Texts and types as rectangles of numbers, the encoders' input. B texts of P word pieces and W words."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.words import LOWER, PADDING, WordPieces, word_shape

Array = NDArray[Any]


class Texts(NamedTuple):
    """ids, shapes and mask of pieces [B, P]; first and last piece of each word, and the mask of words [B, W]."""

    ids: Array
    shapes: Array
    mask: Array
    first: Array
    last: Array
    words: Array


def text_arrays(
    texts: Sequence[Sequence[str]], pieces: WordPieces, hidden: Sequence[Set[int]] | None = None
) -> Texts:
    """Texts as words to the text encoder's input. The pieces of `hidden` words are masked; their shape stays."""
    ids, shapes, firsts, lasts = [], [], [], []
    for words, masked in zip(texts, hidden or [frozenset[int]()] * len(texts), strict=True):
        row, classes, first, last = [pieces.cls], [LOWER], [], []
        for n, word in enumerate(words):
            of_word = pieces.word(word)
            first.append(len(row))
            row += [pieces.mask] * len(of_word) if n in masked else of_word
            classes += [word_shape(word)] * len(of_word)
            last.append(len(row) - 1)
        ids.append([*row, pieces.sep])
        shapes.append([*classes, LOWER])
        firsts.append(first)
        lasts.append(last)
    id_array, mask = pad(ids, pieces.pad)
    first_array, word_mask = pad(firsts, 0)
    return Texts(id_array, pad(shapes, PADDING)[0], mask, first_array, pad(lasts, 0)[0], word_mask)


def pad(rows: Sequence[Sequence[int]], value: int) -> tuple[Array, Array]:
    """Rows of any length to a rectangle and its mask."""
    width = max(1, max(map(len, rows)))
    filled = np.full((len(rows), width), value, np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    for n, row in enumerate(rows):
        filled[n, : len(row)] = row
        mask[n, : len(row)] = 1
    return filled, mask
