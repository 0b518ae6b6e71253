"""Readable ids for types and archetypes: all that an answer may say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

NONE_ID = "none"
_LONGEST = 40


def slug(name: str) -> str:
    """`name` in lower-case ASCII letters, digits and underscores: "Political Party" is "political_party"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def ids_of(names: Iterable[str]) -> dict[str, str]:
    """Name -> id, each once, none of them `none`. The order of the names decides nothing."""
    ids: dict[str, str] = {}
    taken = {NONE_ID}
    for name in sorted(names):
        stem = slug(name)[:_LONGEST].strip("_") or "type"
        id, n = stem, 1
        while id in taken:
            n += 1
            id = f"{stem}_{n}"
        taken.add(id)
        ids[name] = id
    return ids
