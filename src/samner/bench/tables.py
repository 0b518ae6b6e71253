"""The benches' results as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from samner.bench.evaluate import Report
from samner.bench.machine import busy
from samner.bench.metrics import NONE, Counts
from samner.bench.mistakes import Mistake

PAIRS = 12  # confusions shown


def table(title: str, *columns: str) -> Table:
    """An empty table whose first column is text and whose others are figures."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for n, column in enumerate(columns):
        made.add_column(column, justify="right" if n else "left", overflow="fold")
    return made


def percent(figure: float | None) -> str:
    """A figure in 0..1 as METHOD's tables write it: in hundredths, one decimal."""
    return "" if figure is None else f"{100 * figure:.1f}"


def print_report(report: Report, console: Console, worst: int = 10) -> None:
    """`samner eval` without --json: figures, types, confusions, calibration and the worst errors."""
    console.print(Group(*(part for part in _parts(report, worst) if part is not None)))


def _parts(report: Report, worst: int) -> list[RenderableType | None]:
    ece = report.calibration["ece"] if report.calibration else None
    strict = report.strict
    head = table("strict: start, end and label match", "", "P", "R", "F1", "gold", "predicted")
    _add(head, "all types", strict)
    _add(head, "spans, labels ignored", report.spans)
    for label, counts in sorted(report.types.items(), key=lambda item: -item[1].gold):
        _add(head, f"  {escape(label)}", counts)
    notes = f"typing, given the gold spans: {percent(report.typing_accuracy)}"
    notes += f" ({percent(report.typing_accuracy_forced)} without 'none' as an answer)"
    notes += f"   calibration error of the scores: {percent(ece)}" if ece is not None else ""
    failed = f"{len(report.failures)} documents failed; they count as empty" if report.failures else None
    return [head, "", notes, failed, *_confusions(report.confusion), *_errors(report, worst)]


def _add(rows: Table, name: str, counts: Counts) -> None:
    figures = (percent(counts.precision), percent(counts.recall), percent(counts.f1))
    rows.add_row(name, *figures, str(counts.gold), str(counts.predicted))


def _confusions(confusion: Mapping[str, Mapping[str, int]]) -> list[RenderableType]:
    """The most frequent confusions of two labels; the full table is in the JSON."""
    pairs = [
        (count, gold, said)
        for gold, row in confusion.items()
        for said, count in row.items()
        if gold != said and NONE not in (gold, said)
    ]
    if not pairs:
        return []
    rows = table("right span, wrong label", "gold", "predicted", "times")
    for count, gold, said in sorted(pairs, key=lambda p: (-p[0], p[1:]))[:PAIRS]:
        rows.add_row(escape(gold), escape(said), str(count))
    return ["", rows]


def _errors(report: Report, worst: int) -> list[RenderableType]:
    out: list[RenderableType] = []
    for title, mistakes in (("most confident errors", report.wrong), ("missed", report.missed)):
        if mistakes:
            out += ["", f"[bold]{title}[/] ({min(worst, len(mistakes))} of {len(mistakes)})"]
            out += [_line(m) for m in mistakes[:worst]]
    return out


def _line(mistake: Mistake) -> str:
    score = f"{mistake.score:.2f} " if mistake.score is not None else ""
    said = f"{mistake.predicted} for " if mistake.predicted else ""
    gold = mistake.gold or "no entity"
    other = mistake.gold_text
    partner = f" ({other})" if other not in (None, mistake.text) else ""
    return f"  {score}[bold]{mistake.kind}[/]: {escape(said + gold + partner)}  [dim]{escape(mistake.context)}[/]"


def print_crossner(result: Mapping[str, Any], console: Console) -> None:
    """`samner bench crossner`: both protocols by domain, then the ablations."""
    domains = list(result["strict"]["domains"])
    some = result["options"].get("sentences")
    which = result["part"] if some is None else f"{result['part']}, {some} sentences of each domain"
    head = table(f"CrossNER {which}, F1", "protocol", *domains, "mean")
    for name, key in (("strict", "strict"), ("paper", "paper")):
        _row(head, f"{name}, catch-all left out", result[key]["domains"], result[key]["mean"])
        if result[key]["mean_with_catch_all"] is not None:
            offered = result[key]["domains_with_catch_all"]
            _row(head, f"{name}, catch-all offered and counted", offered, result[key]["mean_with_catch_all"])
    _row(head, "spans", result["span"]["domains"], result["span"]["mean"])
    for name, key in (
        ("typing, given gold spans", "typing_accuracy"),
        ("  without none", "typing_accuracy_forced"),
    ):
        _row(head, name, result[key]["domains"], result[key]["mean"])
    for name, row in result["ablations"].items():
        _row(head, f"strict, {name}", row["strict"]["domains"], row["strict"]["mean"])
    rate = f"{result['sentences_per_second']:.0f} sentences a second"
    speed = f"{result['sentences']} sentences in {result['seconds']:.1f} s: {rate}"
    model = f"model {result['model']['id']} ({result['model']['hash'][:12]})"
    console.print(Group(head, "", escape(f"{speed}; {model}"), escape(result["look"]), busy(result) or ""))


def _row(rows: Table, name: str, figures: Mapping[str, float], mean: float) -> None:
    rows.add_row(name, *(percent(f) for f in figures.values()), f"[bold]{percent(mean)}[/]")
