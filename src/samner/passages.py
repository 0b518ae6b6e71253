"""Long documents as overlapping passages that an encoder can read whole, each owning a part of the document."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from samner.errors import InputError
from samner.offsets import clean, words as split_words
from samner.types import Document, Span

SENTENCE_ENDS = frozenset(".!?\n")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document. Its spans are offsets in its own `text`, which begins at `offset` of the document.

    `words` are what the encoder reads. `core` is the half-open range of words that this passage owns: an entity
    belongs to the passage that owns its first word, so that overlapping passages never report it twice. `begins` and
    `ends` are the words at which a span may begin and end, or None for all (see `Document.words`).
    """

    text: str
    offset: int
    words: tuple[Span, ...]
    core: Span
    begins: frozenset[int] | None = None
    ends: frozenset[int] | None = None

    def surface(self, word: int) -> str:
        return self.text[self.words[word].start : self.words[word].end]

    def owns(self, span: Span) -> bool:
        """Does the span begin in this passage's own part?"""
        first = bisect_right(self.words, span.start, key=lambda w: w.end)
        return self.core.start <= first < self.core.end

    def allows(self, first: int, last: int) -> bool:
        """May a span begin at word `first` and end with word `last`?"""
        return (self.begins is None or first in self.begins) and (self.ends is None or last in self.ends)

    def word_range(self, span: Span) -> tuple[int, int]:
        """First and last word (inclusive) that a span touches; InputError when it touches none."""
        first = bisect_right(self.words, span.start, key=lambda w: w.end)
        last = bisect_left(self.words, span.end, key=lambda w: w.start) - 1
        if last < first:
            raise InputError("a span that touches a word", f"{tuple(span)}", "pass offsets of visible text")
        return first, last


def passages(
    document: Document, cost: Callable[[str], int], capacity: int, overlap: int
) -> Iterator[Passage]:
    """Cut a document into passages whose words cost at most `capacity` together, each lapping into the next by about
    `overlap`. Cuts prefer the end of a sentence. A text that fits is one passage; one without words is none.
    """
    text = clean(document.text)
    words, begins, ends = _words(document, text)
    costs = [cost(text[w.start : w.end]) for w in words]
    start, owned = 0, 0
    while start < len(words):
        stop = _stop(text, words, costs, start, capacity)
        following = (
            stop if stop == len(words) else _step_back(costs, stop, max(owned + 1, start + 1), overlap)
        )
        # The next passage begins at `following`. Of the words that both hold, this one owns the first quarter: what
        # begins there has the other three quarters to end in.
        mine = stop if stop == len(words) else following + (stop - following + 3) // 4
        if mine > owned:  # where single words cost nearly a passage, one may have nothing left to own
            yield _passage(document.text, words, Span(start, stop), Span(owned, mine), begins, ends)
        if stop == len(words):
            return
        start, owned = following, mine


def _words(document: Document, text: str) -> tuple[list[Span], set[int] | None, set[int] | None]:
    """The encoder's words, and where spans may begin and end when the user's own tokens are given."""
    if document.words is None:
        return split_words(text), None, None
    words: list[Span] = []
    begins, ends = set(), set()
    for token in document.words:
        inside = split_words(text[token.start : token.end])
        if inside:
            begins.add(len(words))
            words += [Span(token.start + w.start, token.start + w.end) for w in inside]
            ends.add(len(words) - 1)
    return words, begins, ends


def _stop(text: str, words: Sequence[Span], costs: Sequence[int], start: int, capacity: int) -> int:
    """Where a passage from `start` ends: all that fits, cut back to the last sentence end in its second half."""
    total, stop = 0, start
    while stop < len(words) and (total + costs[stop] <= capacity or stop == start):
        total += costs[stop]
        stop += 1
    if stop == len(words):
        return stop
    for n in range(stop, (start + stop) // 2, -1):
        if text[words[n - 1].start] in SENTENCE_ENDS or "\n" in text[words[n - 1].end : words[n].start]:
            return n
    return stop


def _step_back(costs: Sequence[int], stop: int, least: int, overlap: int) -> int:
    """The word before `stop` at which the next passage begins, not before `least`."""
    total, n = 0, stop
    while n > least and total + costs[n - 1] <= overlap:
        n -= 1
        total += costs[n]
    return n


def _passage(
    text: str, words: Sequence[Span], held: Span, core: Span, begins: set[int] | None, ends: set[int] | None
) -> Passage:
    offset, end = words[held.start].start, words[held.end - 1].end
    local = tuple(Span(w.start - offset, w.end - offset) for w in words[held.start : held.end])
    inside = range(held.start, held.end)
    return Passage(
        text[offset:end],
        offset,
        local,
        Span(core.start - held.start, core.end - held.start),
        None if begins is None else frozenset(n - held.start for n in inside if n in begins),
        None if ends is None else frozenset(n - held.start for n in inside if n in ends),
    )
