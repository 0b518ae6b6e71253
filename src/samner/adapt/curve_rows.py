"""Learning curves as text, as a table in Markdown, and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from samner.bench.pictures import figure, save
from samner.bench.report import table as markdown_table
from samner.bench.tables import percent, table

Result = Mapping[str, Any]
TUNED = ", encoder"  # marks a course whose encoder was tuned


def rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """F1 by number of texts learned from (a column each), and how many other answers changed."""
    sizes = sorted({p["texts"] for row in result["courses"].values() for p in row["points"]})
    body = []
    for name, row in result["courses"].items():
        of = {p["texts"]: p for p in row["points"]}
        cells = [percent(of[n]["f1"]) if n in of else "" for n in sizes]
        seconds = f"{max(p['seconds'] for p in row['points']):.0f} s"
        body.append([name, *cells, seconds, *_others(row["changed"])])
    return ["F1, texts learned from", *map(str, sizes), "longest", "other answers changed", "their F1"], body


def _others(changed: Mapping[str, float] | None) -> list[str]:
    """How many answers for other types changed, and F1 on them before and after."""
    if changed is None:
        return ["", ""]
    before, after = (percent(changed[key]) for key in ("f1_before", "f1_after"))
    return [f"{changed['changed']} of {changed['texts']}", f"{before} → {after}"]


def print_curve(result: Result, console: Console) -> None:
    head, body = rows(result)
    shown = table(
        f"learned from a set's own texts, scored on its {result['part']} part: not zero-shot", *head
    )
    for row in body:
        shown.add_row(*row)
    console.print(shown)


def markdown(result: Result) -> str:
    """The table for the documentation."""
    return markdown_table(*rows(result)) + "\n"


def picture(result: Result, file: Path) -> None:
    """A line for each set; no texts (zero-shot) stand at the left end."""
    fig, (ax,) = figure(1)
    plain = [name for name in result["courses"] if not name.endswith(TUNED)]
    for name, row in result["courses"].items():
        points = [(max(p["texts"], 1), 100 * p["f1"]) for p in row["points"]]
        style = "-" if row["half"] == "crossner" else "--"
        colour = f"C{plain.index(name.removesuffix(TUNED))}"
        if name.endswith(TUNED):
            ax.plot(*zip(*points, strict=True), marker="^", markersize=6, linestyle=":", color=colour)
        else:
            ax.plot(
                *zip(*points, strict=True),
                marker="o",
                markersize=4,
                linestyle=style,
                color=colour,
                label=name,
            )
    if len(plain) < len(result["courses"]):
        ax.plot([], [], marker="^", linestyle=":", color="grey", label="encoder tuned too")
    ax.set_xscale("log")
    sizes = sorted({p["texts"] for row in result["courses"].values() for p in row["points"]})
    ax.set_xticks([max(n, 1) for n in sizes], [str(n) for n in sizes])
    ax.minorticks_off()
    ax.set_xlabel("annotated texts learned from (0: zero-shot)")
    ax.set_ylabel("F1, strict")
    ax.legend(frameon=False)
    save(fig, file)
