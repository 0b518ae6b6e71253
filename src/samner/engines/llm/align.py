"""Strings that an LLM says are mentions, to the places where they stand in the text.

A string stands for all its occurrences, word-bounded and letter by letter. One that occurs nowhere may stand for words
that differ from it by a few letters: one edit for each EDIT letters, MOST at most, case and white space for free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz.distance import Levenshtein

from samner.offsets import find
from samner.passages import Passage
from samner.ports import Found
from samner.types import Span

EDIT, MOST = 8, 3  # letters for one edit, edits at most
STRINGS = 400  # of an answer that are looked for; a passage has some hundred words
SPARE = 1  # words that a misspelt mention may have more or fewer


def align(passage: Passage, mentions: Iterable[str]) -> tuple[list[Found], list[str]]:
    """The spans of the mentions, each once, in order, and the mentions that are nowhere.

    The confidence is 1 for an exact occurrence, and the share of right letters for another one. An occurrence within
    a longer mention's is left out where the shorter one occurs by itself too: "York" is not meant in "New York".
    """
    places: dict[Span, float] = {}
    strings = list(mentions)
    nowhere = strings[STRINGS:]
    exact = {m: _allowed(passage, find(passage.text, m.strip())) for m in strings[:STRINGS]}
    for mention, spans in exact.items():
        others = [span for m, found in exact.items() if len(m) > len(mention) for span in found]
        free = [s for s in spans if not any(o.start <= s.start and s.end <= o.end for o in others)]
        if not spans:
            near = _near(passage, mention)
            places.update({span: max(score, places.get(span, 0.0)) for span, score in near})
            nowhere += [] if near else [mention]
        places.update(dict.fromkeys(free or spans, 1.0))
    return [Found(span, places[span]) for span in sorted(places)], nowhere


def _allowed(passage: Passage, spans: Iterable[Span]) -> list[Span]:
    """The spans at which an entity may stand: those that touch words, and begin and end on the user's tokens."""
    return [s for s in spans if _touches(passage, s) and passage.allows(*passage.word_range(s))]


def _touches(passage: Passage, span: Span) -> bool:
    return any(word.overlaps(span) for word in passage.words)


def _near(passage: Passage, mention: str) -> list[tuple[Span, float]]:
    """The words nearest to a mention that occurs nowhere, at each place where they stand, and their share of right
    letters; none where the nearest are too far, or differ in form."""
    wanted = _plain(mention)
    most = min(len(wanted) // EDIT, MOST)
    best: dict[str, list[Span]] = {}
    least = most
    for span in _windows(passage, len(mention.split())):
        form = _plain(passage.text[span.start : span.end])
        distance = Levenshtein.distance(wanted, form, score_cutoff=least)
        if distance > least:
            continue
        if distance < least:
            best, least = {}, distance
        best.setdefault(form, []).append(span)
    if len(best) != 1 or not wanted:
        return []
    (spans,) = best.values()
    return [(span, 1 - least / len(wanted)) for span in spans]


def _plain(text: str) -> str:
    """What is compared: no offset comes from it."""
    return " ".join(text.split()).casefold()


def _windows(passage: Passage, words: int) -> Iterator[Span]:
    """Every allowed run of about as many words."""
    ends: Sequence[Span] = passage.words
    pieces = range(max(1, words - SPARE), 2 * words + SPARE + 1)  # punctuation marks are words of their own
    for first in range(len(ends)):
        for count in pieces:
            last = first + count - 1
            if last < len(ends) and passage.allows(first, last):
                yield Span(ends[first].start, ends[last].end)
