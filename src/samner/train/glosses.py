"""Dictionary definitions of the training types, as further ways to say what a type is.

The table `glosses.tsv` (type key, gloss) is made by `scripts/wordnet_glosses.py` from the Open English WordNet.
"""

from __future__ import annotations

from pathlib import Path

from samner.train.ontology import TypeBook

GLOSSES = Path(__file__).with_name("glosses.tsv")


def add_glosses(book: TypeBook, file: Path = GLOSSES) -> int:
    """Add its gloss to each type of the book that the table has; return how many. Call before `freeze`."""
    added = 0
    for line in file.read_text("utf-8").splitlines():
        key, gloss = line.split("\t")
        if key in book.entries and gloss not in book.entries[key].definitions:
            book.entries[key].definitions.append(gloss)
            added += 1
    return added
