"""From a raw reply to the part of it that may be trusted. Nothing here raises for anything that a model can say."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from samner.engines.llm.ids import slug

LONGEST = 100_000  # characters of a reply that are looked at


class Unusable(Exception):
    """Why a reply, or a part of it, cannot be used."""


def as_object(text: str) -> dict[str, Any]:
    """The JSON object of a reply: the whole of it, or what stands between its first and last brace (a model may talk
    around it, or fence it). Unusable when there is none."""
    if len(text) > LONGEST:
        raise Unusable(f"a reply of {len(text)} characters")
    for candidate in (text, text[text.find("{") : text.rfind("}") + 1]):
        try:
            value = json.loads(candidate, object_pairs_hook=_without_contradictions)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    raise Unusable("no JSON object" if text.strip() else "an empty reply")


def _without_contradictions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that is answered twice, differently, is not answered."""
    out: dict[str, Any] = {}
    contradicted = set()
    for key, value in pairs:
        if key in out and out[key] != value:
            contradicted.add(key)
        out[key] = value
    return {key: value for key, value in out.items() if key not in contradicted}


def chosen(answer: Mapping[str, Any], key: str, options: Collection[str]) -> str:
    """The option that `answer` gives for `key`: an id of the list, its case and spacing forgiven."""
    if key not in answer:
        raise Unusable("no answer for this span")
    value = answer[key]
    if isinstance(value, str):
        if value in options:
            return value
        if slug(value) in options:
            return slug(value)
    raise Unusable(f"no listed id but {value!r:.60}")


def strings(answer: Mapping[str, Any], key: str) -> list[str]:
    """A list of strings, each once, in order. What else the list holds is Unusable as a whole."""
    value = answer.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unusable(f"no list of strings under {key!r}")
    return list(dict.fromkeys(value))
