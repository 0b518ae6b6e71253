"""Untrusted strings as data in a prompt: JSON strings in which nothing can pass for a mark, a line or a control token.

Whatever the text, its quotation ends only where we end it: quotes, backslashes and control characters are escaped as
JSON does; so are invisible characters, every line end that Unicode knows, and `<` and `[`, with which the control
tokens of language models begin (`<|eot_id|>`, `</s>`, `[/INST]`). The only bare `<` are the marks of spans. What a
tokenizer refuses (lone surrogates, control characters) is replaced as everywhere in samner (`offsets.clean`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from samner.offsets import clean
from samner.types import Span

_ESCAPED = re.compile("[<[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")


def quote(text: str) -> str:
    """A JSON string, quotation marks included; `json.loads` gives `clean(text)` back."""
    return f'"{_inner(text)}"'


def _inner(text: str) -> str:
    """Each character is escaped by itself, so that a quotation can be put together from stretches."""
    return _ESCAPED.sub(_escape, json.dumps(clean(text), ensure_ascii=False)[1:-1])


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}" if found[0] <= "\x7f" else json.dumps(found[0])[1:-1]


def line(**fields: str | int | Sequence[str]) -> str:
    """A JSON object on one line; empty strings are left out. Keys are ours, values are quoted."""
    shown = (f'"{key}": {_value(value)}' for key, value in fields.items() if value != "")
    return "{" + ", ".join(shown) + "}"


def _value(value: str | int | Sequence[str]) -> str:
    if isinstance(value, str):
        return quote(value)
    return str(value) if isinstance(value, int) else "[" + ", ".join(map(quote, value)) + "]"


def marked(text: str, spans: Mapping[str, Span]) -> str:
    """The text quoted, with `<id>` and `</id>` around each span. Without the marks it is `quote(text)`."""
    closing = [(span.end, 0, -span.start, id, f"</{id}>") for id, span in spans.items()]
    opening = [(span.start, 1, -span.end, id, f"<{id}>") for id, span in spans.items()]
    out, last = [], 0
    for at, *_, mark in sorted(closing + opening):  # at one place, what ends is closed before anything begins
        out += [_inner(text[last:at]), mark]
        last = at
    return '"' + "".join(out) + _inner(text[last:]) + '"'


def passage_line(id: str, text: str, spans: Mapping[str, Span], tokens: Sequence[str] = ()) -> str:
    """A passage with its spans marked, and its tokens, each with its number, where they are asked for."""
    numbered = [f"{n} {token}" for n, token in enumerate(tokens)]
    more = f', "tokens": {_value(numbered)}' if tokens else ""
    return f'{{"id": {quote(id)}, "text": {marked(text, spans)}{more}}}'
