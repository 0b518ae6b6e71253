"""Names that are known beforehand, found word by word: as fast for a hundred thousand names as for ten."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from samner.errors import FormatError, InputError
from samner.extractors.lists import read_lists
from samner.offsets import clean, words
from samner.passages import Passage
from samner.ports import Found, Reading
from samner.types import Span


class Gazetteer:
    """Finds listed surfaces: whole words, from left to right, the longest at each place.

    `entries` are surfaces, or lists of surfaces by name (`lists_of` tells which list a surface stands in; which types
    come out is for the later stages to say). White space between words is not compared, so a line end inside a name
    does no harm; composed and decomposed accents are the same; with `ignore_case` so are "QUEEN" and "Queen". `score`
    is the confidence of its spans in 0..1. Two gazetteers in one pipeline need two `name`s. Raises InputError for a
    surface with nothing visible in it.
    """

    role = "anchor"

    def __init__(
        self,
        entries: Iterable[str] | Mapping[str, Iterable[str]],
        *,
        ignore_case: bool = False,
        name: str = "gazetteer",
        score: float = 1.0,
    ) -> None:
        if not 0 <= score <= 1:
            raise InputError("a score from 0 to 1", repr(score), "pass for instance score=1.0")
        self.name, self.score, self._ignore_case = name, score, ignore_case
        self._lists: dict[str, tuple[str, ...]] = {}  # by the words of a surface, joined
        self._sizes: dict[str, tuple[int, ...]] = {}  # numbers of words by first word, most first
        self._add(_pairs(entries))

    @classmethod
    def from_file(cls, path: str | Path, **options: Any) -> Gazetteer:
        """A text file with a surface a line, after a tab the name of its list if it has one; or a YAML or JSON file
        with a list of surfaces or lists by name. FormatError names the file and the line that is wrong."""
        lists = read_lists(Path(path))
        try:
            return cls(lists, **options)
        except InputError as error:
            raise FormatError(error.expected, f"{error.found} in {path}", error.remedy) from None

    def __len__(self) -> int:
        """The number of different surfaces."""
        return len(self._lists)

    def lists_of(self, surface: str) -> tuple[str, ...]:
        """The names of the lists that hold a surface, "" for a surface of no named list."""
        return self._lists.get(" ".join(self._keys(surface)), ())

    def extract(self, reading: Reading) -> list[list[Found]]:
        return [list(self._of(passage)) for passage in reading.passages]

    def _of(self, passage: Passage) -> Iterator[Found]:
        keys = [self._key(passage.surface(n)) for n in range(len(passage.words))]
        at = 0
        while at < len(keys):
            size = self._longest(passage, keys, at)
            if size:
                yield Found(Span(passage.words[at].start, passage.words[at + size - 1].end), self.score)
            at += size or 1

    def _longest(self, passage: Passage, keys: Sequence[str], at: int) -> int:
        """How many words the longest surface has that begins at word `at`; 0 for none."""
        for size in self._sizes.get(keys[at], ()):
            fits = at + size <= len(keys) and passage.allows(at, at + size - 1)
            if fits and " ".join(keys[at : at + size]) in self._lists:
                return size
        return 0

    def _add(self, pairs: Iterable[tuple[str, str]]) -> None:
        sizes: dict[str, set[int]] = {}
        for surface, of in pairs:
            keys = self._keys(surface)
            sizes.setdefault(keys[0], set()).add(len(keys))
            joined = " ".join(keys)
            held = self._lists.get(joined, ())
            if of not in held:
                self._lists[joined] = (*held, of)
        self._sizes = {first: tuple(sorted(found, reverse=True)) for first, found in sizes.items()}

    def _keys(self, surface: str) -> list[str]:
        if not isinstance(surface, str):
            raise InputError("surfaces that are strings", repr(surface), "quote it")
        text = clean(surface)
        keys = [self._key(text[start:end]) for start, end in words(text)]
        if not keys:
            raise InputError("surfaces that hold something visible", repr(surface), "remove it")
        return keys

    def _key(self, word: str) -> str:
        """What is compared of a word. It may be longer or shorter than the word: no offset comes from it."""
        if self._ignore_case:
            word = word.casefold()
        return word if word.isascii() else unicodedata.normalize("NFC", word)


def _pairs(entries: Iterable[str] | Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """(surface, name of its list)."""
    if isinstance(entries, str):
        raise InputError("a list of surfaces", repr(entries), 'pass ["Queen", "The Who"]')
    if not isinstance(entries, Mapping):
        yield from ((surface, "") for surface in entries)
        return
    for name, surfaces in entries.items():
        if isinstance(surfaces, str):
            raise InputError(f"a list of surfaces for {name!r}", repr(surfaces), "put it into a list")
        yield from ((surface, name) for surface in surfaces)
