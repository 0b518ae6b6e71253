"""Formats of marked texts, both ways: one small file a format, found by name; `convert` goes from one to another."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from samner.errors import InputError
from samner.formats.base import Format, Marked, Mention, Notes, Read
from samner.strict import hint

__all__ = ["FORMATS", "Format", "Marked", "Mention", "Notes", "Read", "by_suffix", "get_format"]

# name -> module:constant, imported when asked for.
FORMATS = {
    "jsonl": "samner.formats.jsonl:FORMAT",
    "gliner": "samner.formats.gliner:FORMAT",
    "conll": "samner.formats.conll:IOB2",
    "bilou": "samner.formats.conll:BILOU",
    "spacy": "samner.formats.spacy:FORMAT",
    "label-studio": "samner.formats.label_studio:FORMAT",
    "prodigy": "samner.formats.prodigy:FORMAT",
    "doccano": "samner.formats.doccano:FORMAT",
    "brat": "samner.formats.brat:FORMAT",
    "datasets": "samner.formats.datasets:FORMAT",
    "csv": "samner.formats.table:FORMAT",
}


def get_format(name: str) -> Format:
    """The format of that name. InputError, with the known ones, if there is none."""
    if name not in FORMATS:
        raise InputError("a known format", repr(name), hint(name, FORMATS))
    module, _, constant = FORMATS[name].partition(":")
    format: Format = getattr(import_module(module), constant)
    return format


def by_suffix(path: Path) -> Format | None:
    """The format whose files end so (`.jsonl` is ours, though other tools use it too), or None."""
    for name in FORMATS:
        format = get_format(name)
        if path.suffix.lower() in format.suffixes:
            return format
    return None
