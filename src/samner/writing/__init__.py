"""Outputs: one small file a format, found by name.

A writer gets the sink once and then one document after another, so that all but `table` write as results come.
"""

from __future__ import annotations

from importlib import import_module

from samner.errors import InputError
from samner.strict import hint
from samner.writing.base import Sink, Writer

__all__ = ["FORMATS", "Sink", "Writer", "check_format", "open_writer"]

# name -> module:class, imported when asked for, since `table` brings rich with it.
FORMATS = {
    "table": "samner.writing.table:TableWriter",
    "json": "samner.writing.json:JsonWriter",
    "jsonl": "samner.writing.jsonl:JsonlWriter",
    "html": "samner.writing.html:HtmlWriter",
    "conll": "samner.writing.conll:ConllWriter",
    "markup": "samner.writing.markup:MarkupWriter",
}


def check_format(format: str) -> None:
    """InputError, with the formats, if there is none of that name."""
    if format not in FORMATS:
        raise InputError("a known format", repr(format), hint(format, FORMATS))


def open_writer(format: str, sink: Sink) -> Writer:
    """The writer of a format, see `check_format`."""
    check_format(format)
    module, _, name = FORMATS[format].partition(":")
    writer: Writer = getattr(import_module(module), name)(sink)
    return writer
