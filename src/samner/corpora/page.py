"""The report as one HTML page that needs nothing else: plots are SVG, names are untrusted and escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from samner.archetypes import load
from samner.corpora.tally import BINS
from samner.offsets import clean

_BLUE = "#4C78A8"
_ROWS = 40  # bars of a plot
_WIDE, _LEFT, _BAR = 640, 180, 20  # of a bar chart, its names, a bar
_HIGH = 140  # of the histogram
# No script, no request: even a fault in the escaping could load nothing.
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>samner run</title>
<style>
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a;
  background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem; margin: 0 }
dl div { padding: .5rem .75rem; border: 1px solid #ddd; border-radius: .4rem }
dt { font-size: .8rem; color: #555 } dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: #1a1a1a }
table { width: 100%; border-collapse: collapse; font-size: .9rem } td, th { padding: .2rem .5rem; text-align: left;
  border-bottom: 1px solid #eee; overflow-wrap: anywhere } td.n, th.n { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums }
p.small { font-size: .8rem; color: #555; overflow-wrap: anywhere }
</style>
</head>
<body>
"""


def page(data: dict[str, Any]) -> str:
    """The page of what `report.facts` gives."""
    colours = {archetype.name: archetype.colour for archetype in load()}
    parts = [_HEAD, "<h1>samner run</h1>", _tiles(data)]
    parts += _section("Entities by type", _bars(data["types"], {}))
    parts += _section("Entities by archetype", _bars(data["archetypes"], colours))
    parts += _section("Scores", _histogram(data["scores"]))
    slowest = [(f"{seconds:.2f} s", f"{size:,}", name) for seconds, name, size in data["slowest"]]
    parts += _section("Slowest documents", _table(("time", "code points", "document"), slowest))
    used = [(f"{value:,.6g}", name.replace("_", " ")) for name, value in data["usage"].items() if value]
    used += [(f"{count:,}", name) for name, count in data["events"].items()]
    parts += _section("Language model", _table(("", "used"), used))
    parts.append(f'<p class="small">Model {_safe(data["model"])}<br>Schema {_safe(data["schema"])}</p>')
    return "\n".join([*parts, "</body>", "</html>", ""])


def _tiles(data: dict[str, Any]) -> str:
    names = ("files", "documents", "failed", "unreadable", "characters", "tokens", "entities")
    tiles = [(name, f"{data[name]:,}") for name in names]
    rates = data["last_run"]["rates"]
    tiles += [(f"{name} a second, last run", f"{rate:,.0f}") for name, rate in rates.items()]
    rows = (f"<div><dt>{_safe(name)}</dt><dd>{_safe(value)}</dd></div>" for name, value in tiles)
    return f"<dl>{''.join(rows)}</dl>"


def _section(title: str, body: str) -> list[str]:
    return [f"<h2>{title}</h2>", body] if body else []


def _bars(rows: Sequence[Sequence[Any]], colours: dict[str, str]) -> str:
    """Horizontal bars, the longest first."""
    shown = rows[:_ROWS]
    most = max((count for _, count in shown), default=0)
    if not most:
        return ""
    bars = []
    for n, (name, count) in enumerate(shown):
        y, width = n * _BAR, round((_WIDE - _LEFT - 70) * count / most, 1)
        short = name if len(name) <= 26 else name[:25] + "…"
        bars.append(
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end"><title>{_safe(name)}</title>{_safe(short)}</text>'
            f'<rect x="{_LEFT}" y="{y + 3}" width="{width}" height="{_BAR - 6}" fill="{colours.get(name, _BLUE)}"/>'
            f'<text x="{_LEFT + width + 6}" y="{y + 14}">{count:,}</text>'
        )
    rest = rows[_ROWS:]
    more = f'<p class="small">and {sum(r[1] for r in rest):,} in {len(rest)} more</p>' if rest else ""
    return _svg(len(shown) * _BAR, "".join(bars)) + more


def _histogram(scores: Sequence[int]) -> str:
    """Vertical bars over the scores from 0 to 1."""
    most = max(scores)
    if not most:
        return ""
    step, bars = _WIDE / BINS, []
    for n, count in enumerate(scores):
        high = round(_HIGH * count / most, 1)
        bars.append(
            f'<rect x="{n * step + 1:.1f}" y="{_HIGH - high + 14:.1f}" width="{step - 2:.1f}" height="{high}"'
            f' fill="{_BLUE}"><title>{n / BINS:.2f} to {(n + 1) / BINS:.2f}: {count:,}</title></rect>'
        )
    ticks = [
        f'<text x="{x * _WIDE}" y="{_HIGH + 30}" text-anchor="{anchor}">{x:g}</text>'
        for x, anchor in ((0, "start"), (0.25, "middle"), (0.5, "middle"), (0.75, "middle"), (1, "end"))
    ]
    ticks.append(f'<text x="0" y="11">most in a bar: {most:,}</text>')
    return _svg(_HIGH + 36, "".join([*bars, *ticks]))


def _svg(high: int, body: str) -> str:
    return f'<svg viewBox="0 0 {_WIDE} {high}" role="img">{body}</svg>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """All columns but the last hold numbers."""
    if not rows:
        return ""

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = [' class="n"'] * (len(cells) - 1) + [""]
        return (
            "<tr>"
            + "".join(f"<{tag}{k}>{_safe(c)}</{tag}>" for c, k in zip(cells, kinds, strict=True))
            + "</tr>"
        )

    return "<table>" + line(heads, "th") + "".join(line(row, "td") for row in rows) + "</table>"


def _safe(text: str) -> str:
    return escape(clean(text))
