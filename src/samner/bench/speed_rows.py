"""A speed result as rows of text, for the terminal and for the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from samner.bench.machine import busy
from samner.bench.tables import table


def print_speed(result: Mapping[str, Any], console: Console) -> None:
    """`samner bench speed`: one figure a line, with its lowest and highest value where there are several."""
    print_figures(f"speed, {result['threads']} threads", speed_rows(result), result, console)


def print_figures(
    title: str, rows: Sequence[tuple[str, str, str]], result: Mapping[str, Any], console: Console
) -> None:
    """(what, figure, spread) a line, and a word about the machine if that was busy."""
    shown = table(title, "what", "figure", "lowest to highest")
    for what, value, spread in rows:
        shown.add_row(escape(what), value, spread)
    console.print(shown)
    if warning := busy(result):
        console.print(escape(warning))


def speed_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(what, figure, spread or nothing)."""
    samples, labels = result["samples"], result["labels"]
    instead = f"{labels['many']} labels instead of {labels['few']}"
    rows = [
        (
            f"sentences a second, {result['texts']}",
            *figure(result["sentences_per_second"], samples["rate"], "", 0),
        ),
        ("peak memory of that run", *figure(result["peak_rss_mb"], (), " MB", 0)),
        ("import of the package", *figure(result["import_s"], samples["import_s"], " s", 2)),
        ("start to first entity", *figure(result["cold_start_s"], samples["cold_start_s"], " s", 2)),
        (f"{instead}: compiled for the first time", *figure(labels["cold_s"], (), " s", 2)),
        (f"{instead}: compiled from the cache on disk", *figure(labels["cached_s"], (), " s", 2)),
        (f"{instead}: time of extraction", *figure(labels["warm_ratio"], labels["warm_ratios"], "×", 2)),
    ]
    return rows + (_peer_rows(result["peer"]) if result.get("peer") else [])


def _peer_rows(peer: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    name = f"{peer['name']} {peer['versions'][peer['name']]}"
    return [
        (f"ratio to {name}, same texts and labels", *figure(peer["ratio"], peer["ratio_range"], "×", 1)),
        (
            f"ratio to the forward pass of {peer['name']} alone",
            *figure(peer["forward_ratio"], peer["forward_ratio_range"], "×", 1),
        ),
        (f"peak memory of {peer['name']}", *figure(peer["peak_rss_mb"], (), " MB", 0)),
    ]


def figure(value: float | None, values: Sequence[float], unit: str, digits: int) -> tuple[str, str]:
    """A figure with its unit, and from where to where its samples go."""
    if value is None:  # a system that does not tell
        return "unknown", ""
    spread = f"{min(values):.{digits}f} to {max(values):.{digits}f}" if values else ""
    return f"{value:.{digits}f}{unit}", spread
