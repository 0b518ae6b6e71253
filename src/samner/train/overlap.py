"""Keeps the evaluation benchmark out of training: no passage may share an 8-gram with CrossNER."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from samner.errors import FormatError
from samner.train.examples import Example

WORD = re.compile(r"[^\W_]+")
LENGTH = 8


def grams(text: str) -> Iterable[tuple[str, ...]]:
    """Every run of eight alphanumeric words, lower-cased; a shorter text is one run, so that equal ones meet."""
    words = WORD.findall(text.lower())
    if len(words) < LENGTH:
        return [tuple(words)] if len(words) >= 4 else []
    return zip(*(words[n:] for n in range(LENGTH)), strict=False)


def benchmark_grams(folder: Path) -> frozenset[tuple[str, ...]]:
    """The 8-grams of every part of CrossNER in `folder` (DOMAIN.PART.txt, token TAB tag)."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise FormatError("CrossNER's DOMAIN.PART.txt files", f"none in {folder}", "see docs/training.md")
    found: set[tuple[str, ...]] = set()
    for file in files:
        for sentence in file.read_text("utf-8").split("\n\n"):
            found.update(grams(" ".join(line.split("\t")[0] for line in sentence.splitlines())))
    return frozenset(found)


def without_overlap(examples: Sequence[Example], held: frozenset[tuple[str, ...]]) -> list[Example]:
    """The examples that share no 8-gram with the benchmark."""
    return [e for e in examples if held.isdisjoint(grams(e.text))]
