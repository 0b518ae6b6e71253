"""Where words and surfaces lie in a text. The only code that turns strings into offsets.

All offsets are half-open code points of the original text. Nothing is lower-cased or normalised on the way:
"İ" grows when lowered and "ﬁ" when normalised, and every offset after it would be off.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache

from samner.errors import InputError
from samner.types import Document, Span

# Blocks whose characters BERT's tokenizer splits one by one.
_CJK = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
# Scripts written without spaces (Thai, Lao, Myanmar, Khmer, kana): a name may begin or end anywhere in a run.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x31F0, 0x31FF))

_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# Over the class string: one symbol with its marks, or a run of letters. Invisible characters (f) stay inside a word
# but never begin or end one.
_WORD = re.compile("p(?:f*m)*|[wum]+(?:f+[wum]+)*")


class _Classes(dict[int, str]):
    """Code point -> class: w letter or digit, u the same in an unspaced script, p symbol of its own, m mark that
    stays with its base, f invisible inside a word, space for the rest. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        found = self[code] = _class_of(code, char, unicodedata.category(char))
        return found


def _class_of(code: int, char: str, category: str) -> str:
    if char.isspace() or category in ("Cc", "Cs") or char == "\ufffd":
        return " "
    if category == "Cf":
        return "f"
    if category[0] == "M":
        return "m"
    if category[0] in "LN":
        if _within(code, _CJK):
            return "p"
        return "u" if _within(code, _UNSPACED) else "w"
    return "p"


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


_CLASSES = _Classes()


def words(text: str) -> list[Span]:
    """The words of `text` as BERT's pre-tokenizer sees them, in order.

    White space separates; each punctuation mark, symbol and CJK ideograph is a word of its own; combining marks
    stay with their base. Control characters, invisible format characters at a word's edge, lone surrogates and
    U+FFFD belong to no word.
    """
    return [Span(*m.span()) for m in _WORD.finditer(text.translate(_CLASSES))]


def find(text: str, surface: str) -> list[Span]:
    """Every occurrence of `surface` in `text` that begins and ends at a word's edge, left to right.

    Case and form must match exactly; occurrences do not overlap. "art" is not found in "party", nor "e" in an "é"
    written as e + accent. In scripts without spaces any character is an edge. A blank surface is nowhere.
    """
    found: list[Span] = []
    if not surface.strip():
        return found
    at = text.find(surface)
    if at < 0:
        return found
    classes, spans = _layout(text)
    starts = [span.start for span in spans]
    while at >= 0:
        end = at + len(surface)
        whole = not (_cuts(classes, spans, starts, at) or _cuts(classes, spans, starts, end))
        if whole:
            found.append(Span(at, end))
        at = text.find(surface, end if whole else at + 1)
    return found


@lru_cache(maxsize=4)
def _layout(text: str) -> tuple[str, list[Span]]:
    """Classes and words of a text; kept briefly, since many surfaces are looked for in one text."""
    return text.translate(_CLASSES), words(text)


def _cuts(classes: str, spans: list[Span], starts: list[int], at: int) -> bool:
    """Does the position `at` lie inside a word?"""
    n = bisect_right(starts, at) - 1
    if n < 0 or not spans[n].start < at < spans[n].end:
        return False
    return classes[at] == "m" or "u" not in (classes[at - 1], classes[at])


def token_offsets(document: Document, span: Span) -> tuple[int, int]:
    """The user's tokens that `span` touches, as (first, last + 1). InputError if the document came without tokens
    or the span touches none."""
    if document.words is None:
        raise InputError("a document made from tokens", "a plain text", "use Document.from_tokens")
    first = bisect_right(document.words, span.start, key=lambda word: word.end)
    last = bisect_left(document.words, span.end, key=lambda word: word.start)
    if first >= last:
        raise InputError("a span that touches a token", f"{tuple(span)}", "pass offsets of the joined tokens")
    return first, last


def clean(text: str) -> str:
    """`text` with every character that a tokenizer refuses replaced one for one, so that offsets stay.

    Lone surrogates become U+FFFD; NUL and other control characters become spaces; tab and line ends stay.
    """
    return _UNREADABLE.sub(lambda m: "\ufffd" if m[0] >= "\ud800" else " ", text)
