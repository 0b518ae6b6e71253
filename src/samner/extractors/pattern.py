"""Spans that a regular expression describes: numbers of a form, codes, dates, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from samner.errors import InputError
from samner.passages import Passage
from samner.ports import Found, Reading
from samner.types import Span

Regex: TypeAlias = "str | re.Pattern[str]"


class Pattern:
    """Finds what `patterns` match: one regular expression, or several by name.

    A match begins and ends where the expression says, white space at its edges left out; on the user's own tokens it
    is widened to whole tokens. An empty match is no span. A long document is read in overlapping passages, so an
    expression sees some hundred words at a time, and `^` and `$` their edges. `score` is the confidence of its spans
    in 0..1. Two of these in one pipeline need two `name`s. Raises InputError for an expression that does not compile.

    The expressions are code, written by whoever builds the pipeline and trusted as such: one that backtracks without
    end, such as `(a+)+b`, hangs the thread that runs it. Take none from the texts or from strangers.
    """

    role = "anchor"

    def __init__(
        self, patterns: Regex | Mapping[str, Regex], *, name: str = "pattern", score: float = 1.0
    ) -> None:
        if not 0 <= score <= 1:
            raise InputError("a score from 0 to 1", repr(score), "pass for instance score=1.0")
        self.name, self.score = name, score
        named = patterns if isinstance(patterns, Mapping) else {name: patterns}
        if not named:
            raise InputError("a regular expression", "none", r'pass one, such as r"[A-Z]{2}\d+"')
        self.patterns = {of: _compiled(of, pattern) for of, pattern in named.items()}

    def extract(self, reading: Reading) -> list[list[Found]]:
        return [self._of(passage) for passage in reading.passages]

    def _of(self, passage: Passage) -> list[Found]:
        matches = (m.span() for p in self.patterns.values() for m in p.finditer(passage.text))
        spans = {span for match in matches if (span := _placed(passage, *match))}
        return [Found(span, self.score) for span in sorted(spans)]


def _compiled(name: str, pattern: Any) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise InputError("a regular expression", f"{pattern!r} as {name!r}: {error}", "mend it") from None
    if not isinstance(compiled.pattern, str):
        raise InputError("a regular expression for text", f"one for bytes as {name!r}", "leave out the b")
    return compiled


def _placed(passage: Passage, start: int, end: int) -> Span | None:
    """A match as a span that the passage allows; None for one that is empty or touches no word."""
    if start == end:
        return None
    try:
        first, last = passage.word_range(Span(start, end))
    except InputError:
        return None
    if passage.begins is None or passage.ends is None:
        return Span(max(start, passage.words[first].start), min(end, passage.words[last].end))
    begins = [n for n in passage.begins if n <= first]
    ends = [n for n in passage.ends if n >= last]
    if not (begins and ends):  # the passage holds only a part of the token
        return None
    return Span(passage.words[max(begins)].start, passage.words[min(ends)].end)
