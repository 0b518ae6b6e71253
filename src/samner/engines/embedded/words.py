"""Words to encoder input: word pieces by the model's tokenizer, and a shape class that gives an uncased encoder its
capitals back."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from samner.engines.embedded.store import MEND
from samner.errors import ModelError
from samner.offsets import clean

LOWER, TITLE, UPPER, MIXED, DIGITS, CODE, PUNCTUATION, INITIAL, UNCASED, PADDING = range(10)
LONG = 100  # characters, or pieces: WordPiece itself takes no longer word apart
# As BERT's kin and RoBERTa's kin name them.
SPECIAL = (("[CLS]", "<s>"), ("[SEP]", "</s>"), ("[PAD]", "<pad>"), ("[UNK]", "<unk>"), ("[MASK]", "<mask>"))


def word_shape(word: str) -> int:
    """The shape class of one word (see the constants)."""
    if word.isdigit():
        return DIGITS
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return CODE if any(c.isdigit() for c in word) else PUNCTUATION
    if any(c.isdigit() for c in word):
        return CODE
    upper = sum(c.isupper() for c in letters)
    if not upper:
        return LOWER if any(c.islower() for c in letters) else UNCASED
    if upper == len(letters):
        return INITIAL if len(letters) == 1 else UPPER
    return TITLE if upper == 1 and letters[0].isupper() else MIXED


class WordPieces:
    """The encoder's tokenizer, one word at a time: a word's pieces never depend on its neighbours."""

    def __init__(self, file: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare ones
            raise ModelError("a tokenizer file", f"{error} in {file}", MEND) from error
        self._tokenizer.no_truncation()  # the shipped file cuts at 128 and pads; neither may happen silently
        self._tokenizer.no_padding()
        self.cls, self.sep, self.pad, self.unknown, self.mask = map(self._id, SPECIAL)
        # A tokenizer that spells the space before a word has other pieces for a word that begins a text.
        self._space = " " if self._ids(" a") != self._ids("a") else ""
        self._kept = lru_cache(maxsize=65536)(self._word)

    def _id(self, names: tuple[str, ...]) -> int:
        for name in names:
            found: int | None = self._tokenizer.token_to_id(name)
            if found is not None:
                return found
        raise ModelError(f"a tokenizer with the token {' or '.join(names)}", "none", MEND)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def word(self, word: str) -> tuple[int, ...]:
        """Piece ids of one word. A long one (data, most likely) is not worth keeping."""
        return self._kept(word) if len(word) <= LONG else self._word(word)

    def _word(self, word: str) -> tuple[int, ...]:
        """A word that the tokenizer swallows whole is one unknown piece; so is one in more pieces than a passage could
        hold (marks that only the tokenizer takes for punctuation)."""
        ids = tuple(self._ids(self._space + word))
        return ids if 0 < len(ids) <= LONG else (self.unknown,)

    def sentence(self, text: str) -> list[int]:
        """Piece ids of a whole text, without special tokens."""
        return self._ids(self._space + clean(text))
