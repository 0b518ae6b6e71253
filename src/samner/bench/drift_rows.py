"""The drift bench as text, as a table in Markdown, and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from samner.bench.pictures import figure, save
from samner.bench.report import table as markdown_table
from samner.bench.tables import percent, table

Result = Mapping[str, Any]
COLOURS = ("#9A9A9A", "#86B6F5", "#F2B24C", "#7BC47F", "#C78BE0", "#D9534F", "#333333")


def rows(half: Mapping[str, Any]) -> list[list[str]]:
    """One row a system: mean F1, spread, worst variant and its change, and the difference to the first in mean F1."""
    return [
        [
            name,
            percent(row["mean"]),
            percent(row["spread"]),
            f"{percent(row['worst']['change'])} ({row['worst']['variant']})",
            _difference(row.get("against", {}).get("mean")),
            _difference(row.get("against", {}).get("spread")),
        ]
        for name, row in half.items()
    ]


HEAD = (
    "system",
    "mean F1",
    "spread",
    "worst change",
    "mean F1 against the first",
    "spread against the first",
)


def _difference(found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    return f"{100 * found['difference']:+.1f} [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"


def changes(half: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """F1 of each variant (columns: systems)."""
    systems = list(half)
    variants = list(half[systems[0]]["variants"])
    return ["F1", *systems], [
        [name, *(percent(half[s]["variants"][name]["f1"]) for s in systems)] for name in variants
    ]


def print_drift(result: Result, console: Console) -> None:
    for name, half in result["halves"].items():
        shown = table(f"{name}, {result['sentences'][name]} texts", *HEAD)
        for row in rows(half):
            shown.add_row(*row)
        console.print(shown)
        head, body = changes(half)
        detail = table("", *head)
        for row in body:
            detail.add_row(*row)
        console.print(detail)


def markdown(result: Result) -> str:
    """Both tables of each half, for the documentation."""
    parts = []
    for name, half in result["halves"].items():
        head, body = changes(half)
        parts += [f"### {name.capitalize()}, {result['sentences'][name]} texts"]
        parts += [markdown_table(list(HEAD), rows(half)), markdown_table(head, body)]
    return "\n\n".join(parts) + "\n"


def picture(result: Result, file: Path) -> None:
    """F1 of every variant for each system, one panel a half: how far the dots of a system lie apart is its drift."""
    halves = result["halves"]
    fig, axes = figure(len(halves), width=6.4, height=4.2)
    for ax, (name, half) in zip(axes, halves.items(), strict=True):
        for y, row in enumerate(half.values()):
            f1 = {variant: 100 * r["f1"] for variant, r in row["variants"].items()}
            colour = COLOURS[y % len(COLOURS)]
            ax.plot([min(f1.values()), max(f1.values())], [y, y], color=colour, linewidth=6, alpha=0.25)
            ax.scatter(list(f1.values()), [y] * len(f1), s=28, color=colour, zorder=3)
            ax.scatter([100 * row["mean"]], [y], s=90, marker="|", color="black", zorder=4)
            worst = row["worst"]["variant"]
            ax.annotate(worst, (f1[worst], y), (0, 7), textcoords="offset points", fontsize=7, ha="center")
        ax.set_yticks(range(len(half)), list(half))
        ax.invert_yaxis()
        ax.set_xlabel("F1 of each variant, and their mean (|)")
        ax.set_title(f"{name}, {result['sentences'][name]} texts")
    save(fig, file)
