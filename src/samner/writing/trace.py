"""The trace of one text as rich tables: what each of the three stages saw and decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from samner.offsets import clean

_SHOWN = 3  # archetypes and candidate types shown a row, best first


def trace_tables(trace: Mapping[str, Any]) -> Iterator[Table]:
    """A table a stage, from `Trace.to_dict()`."""
    yield _discovery(trace["discovery"])
    yield _mediation(trace["mediation"])
    yield _calibration(trace["calibration"])


def _discovery(rows: list[Mapping[str, Any]]) -> Table:
    table = _table("1 discovery", "span", "sources", "kept", "why")
    for row in rows:
        kept = Text("yes", style="green") if row["kept"] else Text("no", style="red")
        table.add_row(_cell(row["text"]), _scores(row["sources"]), kept, _cell(row["why"]))
    return table


def _mediation(rows: list[Mapping[str, Any]]) -> Table:
    table = _table("2 mediation", "span", "archetypes")
    for row in rows:
        table.add_row(_cell(row["text"]), _scores(row["archetypes"]))
    return table


def _calibration(rows: list[Mapping[str, Any]]) -> Table:
    table = _table(
        "3 calibration", "span", "candidates: score (match, prior, agreement)", "decision", "score"
    )
    for row in rows:
        best = sorted(row["candidates"], key=lambda c: -c["score"])[:_SHOWN]
        candidates = "\n".join(
            f"{c['label']}: {c['score']:.2f} ({c['match']:+.2f}, {c['prior']:+.2f}, {c['agreement']:+.2f})"
            for c in best
        )
        table.add_row(_cell(row["text"]), _cell(candidates), _cell(row["decision"]), f"{row['score']:.2f}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _scores(scores: Mapping[str, float]) -> Text:
    best = sorted(scores.items(), key=lambda item: -item[1])[:_SHOWN]
    return _cell(", ".join(f"{name} {score:.2f}" for name, score in best))


def _cell(value: object) -> Text:
    return Text("" if value is None else clean(str(value)))
