"""The progress bar of `samner run`, for people: on stderr, and only if that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from samner.corpora.sources import Source

if TYPE_CHECKING:
    from samner.corpora.stream import Position
    from samner.corpora.tally import Tally
    from samner.ports import Asking

_UNPACKED = 4  # times the size of a packed file, roughly: only the time left depends on it
_COUNTED = ("documents", "tokens", "entities")


class CorpusBar:
    """`with CorpusBar(sources, ner.asks) as bar: run(..., watch=bar.watch)`. The first call of `watch` may be what an
    earlier run had done: it moves the bar, and counts in no rate."""

    def __init__(self, sources: Sequence[Source], asks: Asking | None = None) -> None:
        self._sources, self._asks = sources, asks
        self._behind = [0.0]
        for source in sources:
            self._behind.append(self._behind[-1] + max(source.size, 1))
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._begun: float | None = None
        self._bar: Any = None

    def __enter__(self) -> CorpusBar:
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                BarColumn(),
                TextColumn("{task.percentage:.0f}% {task.description}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[llm]}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", total=1.0, llm=_Answered(self._asks))
            self._bar.start()
        self._begun = time.monotonic()
        return self

    def watch(self, tally: Tally, position: Position) -> None:
        """A chunk is done."""
        if self._bar is None:
            return
        for name in _COUNTED:
            self._counts[name] += getattr(tally, name)
        seconds = max(time.monotonic() - (self._begun or 0.0), 1e-9)
        rates = ", ".join(f"{count / seconds:,.0f} {name}" for name, count in self._counts.items())
        self._bar.update(self._task, completed=self.share(position), description=f"{rates} a second")

    def share(self, position: Position) -> float:
        """Which part of the input's bytes lies before a position, from 0 to 1."""
        if position.source >= len(self._sources):
            return 1.0
        source = self._sources[position.source]
        size = max(source.size, 1) * (_UNPACKED if source.packed else 1)
        within = min(position.at / size, 1.0) * max(source.size, 1)
        return (self._behind[position.source] + within) / self._behind[-1]

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Answered:
    """What the LLM has answered, as it is whenever the bar is drawn: a chunk of documents may take it an hour."""

    def __init__(self, asks: Asking | None) -> None:
        self._asks = asks

    def __str__(self) -> str:
        from samner.llms.costs import so_far

        return "" if self._asks is None else so_far(self._asks)
