"""A tokenizer, types and passages small enough to work results out by hand."""

from __future__ import annotations

import string
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from samner.engines.embedded.compiled import Broader
from samner.engines.embedded.words import WordPieces
from samner.train.ontology import TypeBook

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
UNRELATED = Broader(
    np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
)  # no type is broader than another


def write_tokenizer(file: Path, words: Iterable[str] = ()) -> int:
    """An uncased WordPiece tokenizer of the given words and of all letters, digits and marks; returns its size."""
    letters = string.ascii_lowercase + string.digits
    pieces = [*SPECIAL, *letters, *(f"##{c}" for c in letters), *string.punctuation, *sorted(set(words))]
    vocabulary = {piece: n for n, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.save(str(file))
    return len(vocabulary)


@cache
def word_pieces(*words: str) -> WordPieces:
    """Such a tokenizer, loaded."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        write_tokenizer(file, words)
        return WordPieces(file)


def book_of(*rows: tuple[str, str, str, str, str, str]) -> TypeBook:
    """Types from rows of scope, name, archetype, broader, other names, definition."""
    book = TypeBook()
    for row in rows:
        book.add(*row)
    book.freeze()
    return book


def open_type(name: str, broader: str = "", others: str = "") -> tuple[str, str, str, str, str, str]:
    return ("", name, "person", broader, others, f"What {name} means.")
