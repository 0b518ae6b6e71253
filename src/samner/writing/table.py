"""A table for people: the text in colours where it is short, then a row an entity; with a trace, its stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from samner.offsets import clean
from samner.types import Document, Entity
from samner.writing.base import Sink
from samner.writing.trace import trace_tables

_SHORT = 4000  # code points of text worth repeating on a terminal
_PLAIN_WIDTH = 120  # columns when not on a terminal


class TableWriter:
    """One table a document. Text from outside is never read as rich's markup, nor as terminal control codes."""

    def __init__(self, sink: Sink) -> None:
        self._colours = sink.colours
        self._console = Console(file=sink.out, highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = _PLAIN_WIDTH

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None:
        if document.id:
            self._console.print(Text(clean(document.id), style="bold"))
        if self._console.is_terminal and len(document.text) <= _SHORT:
            self._console.print(self._coloured(document.text, entities), end="\n\n")
        self._console.print(self._table(entities) if entities else Text("no entities", style="dim"))
        for table in trace_tables(trace) if trace is not None else ():
            self._console.print(table)

    def close(self) -> None:
        """Nothing ends a table."""

    def _coloured(self, text: str, entities: Sequence[Entity]) -> Text:
        out = Text(clean(text))
        for entity in sorted(entities, key=lambda e: e.start - e.end):  # longest first, nested ones on top
            out.stylize(self._style(entity), entity.start, entity.end)
        return out

    def _table(self, entities: Sequence[Entity]) -> Table:
        table = Table(show_edge=False, pad_edge=False)
        for name in ("text", "label", "archetype"):
            table.add_column(name, overflow="fold")
        for name in ("score", "start", "end"):
            table.add_column(name, justify="right", no_wrap=True)
        for e in entities:
            text, label = Text(clean(e.text), style=self._style(e)), Text(clean(e.label))
            table.add_row(text, label, Text(e.archetype), f"{e.score:.2f}", str(e.start), str(e.end))
        return table

    def _style(self, entity: Entity) -> str:
        colour = self._colours.get(entity.archetype)
        return f"black on {colour}" if colour else "reverse"
