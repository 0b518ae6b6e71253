"""What the user brings: texts as documents; known spans, each in a passage that holds it whole."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeGuard

from samner.errors import InputError
from samner.offsets import clean, token_offsets, words
from samner.passages import Passage
from samner.types import Document, Entity, Failure, Span

Text: TypeAlias = "str | Sequence[str] | Document"
Result: TypeAlias = "list[Entity] | Failure"


def as_document(text: Text) -> Document:
    """A string, a list of tokens or a `Document` as a `Document`; InputError for anything else."""
    if isinstance(text, Document):
        return text
    if isinstance(text, str):
        return Document(text)
    if is_tokens(text):
        return Document.from_tokens(text)
    raise InputError(
        "a text, a list of tokens or a Document", type(text).__name__, "pass a str, decoded if it was bytes"
    )


def is_tokens(text: Any) -> TypeGuard[Sequence[str]]:
    """Did the user bring tokens, so that offsets are to count these?"""
    return isinstance(text, (list, tuple))


def as_given(text: Text, document: Document, entities: list[Entity]) -> list[Entity]:
    """The entities as they are, or, for a list of tokens, with offsets that count these. Changed in place."""
    if is_tokens(text):
        places = [token_offsets(document, entity.span) for entity in entities]
        entities[:] = [replace(e, start=a, end=b) for e, (a, b) in zip(entities, places, strict=True)]
    return entities


def checked(document: Document, span: tuple[int, int]) -> Span:
    """The user's span in code points, trimmed to the words in it.

    Raises InputError for a span outside the document or with nothing visible in it.
    """
    start, end = _within(span, len(document.text), "code-point offsets of this text")
    inside = words(clean(document.text[start:end]))
    if not inside:
        raise InputError("spans that hold something visible", f"{tuple(span)}", "leave it out")
    return Span(start + inside[0].start, start + inside[-1].end)


def of_tokens(document: Document, span: tuple[int, int]) -> Span:
    """A span that counts the document's tokens, in code points. Raises InputError for one outside."""
    tokens = document.words or ()
    first, end = _within(span, len(tokens), "numbers of these tokens")
    return Span(tokens[first].start, tokens[end - 1].end)


def _within(span: tuple[int, int], size: int, unit: str) -> tuple[int, int]:
    try:
        start, end = span
        inside = 0 <= start < end <= size
    except (TypeError, ValueError):
        raise InputError("spans as pairs of numbers (start, end)", repr(span), f"pass {unit}") from None
    if not inside:
        raise InputError(f"spans within 0..{size}", f"{(start, end)}", f"pass {unit}")
    return start, end


def placed(held: Iterable[Passage], spans: Iterable[Span]) -> Iterator[tuple[Passage, list[Span]]]:
    """Each span with the passage that owns it, as in an extraction; one that does not lie in there whole with the
    first passage in which it does. Raises InputError at the end for a span that fits into none."""
    ordered = sorted(set(spans))
    done: set[Span] = set()
    others: dict[Span, Passage] = {}
    for passage in held:
        end = passage.offset + len(passage.text)
        near = ordered[bisect_left(ordered, (passage.offset, 0)) : bisect_left(ordered, (end, 0))]
        whole = [span for span in near if span.end <= end and span not in done]
        mine = [span for span in whole if passage.owns(local(passage, span))]
        done.update(mine)
        for span in whole:
            others.setdefault(span, passage)
        for span in mine:
            del others[span]
        if mine:
            yield passage, mine
    for span, passage in others.items():
        yield passage, [span]
    lost = [span for span in ordered if span not in done and span not in others]
    if lost:
        raise InputError("spans that fit a passage", f"{tuple(lost[0])}", "pass shorter spans")


def local(passage: Passage, span: Span) -> Span:
    """A span of the document as one of the passage."""
    return Span(span.start - passage.offset, span.end - passage.offset)
