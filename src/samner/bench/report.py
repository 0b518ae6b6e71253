"""The README's results table, made from the JSON that the benches wrote.

`python -m samner.bench.report RESULT.json ...` prints it; with `--into README.md` it replaces what stands there
between `<!-- results -->` and `<!-- /results -->`. A result is known by its keys: of `bench crossner`, `bench
speed`, `bench corpora`, `bench serve`, `bench gate` or `bench llm-overhead`, or of `eval` (named by its file).
`samner.bench.readme` fills the README of this repository.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samner.bench.corpora_rows import corpora_rows
from samner.bench.crossner import ABLATIONS
from samner.bench.llm_tables import gate_note, gate_rows, overhead_note
from samner.bench.machine import busy
from samner.bench.serve_rows import serve_rows
from samner.bench.speed_rows import speed_rows
from samner.bench.tables import percent
from samner.errors import FormatError, SamnerError

BEGIN, END = "<!-- results -->", "<!-- /results -->"
Result = Mapping[str, Any]


def markdown(results: Sequence[tuple[str, Result]]) -> str:
    """The tables for (name, result) pairs, CrossNER first, then evaluations, speed, corpora, the service and LLMs."""
    crossner = [crossner_table(r) for _, r in results if r.get("benchmark") == "crossner"]
    speed = [speed_table(r) for _, r in results if r.get("benchmark") == "speed"]
    served = [serve_table(r) for _, r in results if r.get("benchmark") == "serve"]
    runs = [corpora_table(r) for _, r in results if r.get("benchmark") == "corpora"]
    gates = [f"{table(*gate_rows(r))}\n\n{gate_note(r)}" for _, r in results if r.get("benchmark") == "gate"]
    around = [overhead_note(r) for _, r in results if r.get("benchmark") == "llm-overhead"]
    others = [(name, r) for name, r in results if "benchmark" not in r]
    evaluated = [eval_table(others)] if others else []
    return "\n\n".join([*crossner, *evaluated, *speed, *runs, *served, *gates, *around]) + "\n"


def crossner_table(result: Result) -> str:
    """F1 in hundredths: both protocols, spans, typing, and a row for each ablation."""
    strict, paper, span, typing = (result[key] for key in ("strict", "paper", "span", "typing_accuracy"))
    domains = list(strict["domains"])
    rows = [_row("strict, catch-all left out", strict["domains"], strict["mean"], strict["interval"])]
    rows += [_row("paper protocol, catch-all left out", paper["domains"], paper["mean"], paper["interval"])]
    for name, part in (("strict", strict), ("paper protocol", paper)):
        if part["mean_with_catch_all"] is not None:
            label = f"{name}, catch-all offered and counted"
            rows.append(_row(label, part["domains_with_catch_all"], part["mean_with_catch_all"]))
    rows.append(_row("spans, types ignored", span["domains"], span["mean"]))
    rows.append(_row("typing accuracy, gold spans given", typing["domains"], typing["mean"]))
    best = result["typing_accuracy_forced"]
    rows.append(_row("the same, the best type where it answers none", best["domains"], best["mean"]))
    for name, ablated in result["ablations"].items():
        rows.append(
            _row(f"strict, {name.replace('-', '−')}", ablated["strict"]["domains"], ablated["strict"]["mean"])
        )
    head = [f"CrossNER {result['part']}, F1", *domains, "mean"]
    return table(head, rows) + "\n\n" + _crossner_note(result)


def _crossner_note(result: Result) -> str:
    model = result["model"]
    return (
        f"Model `{model['id']}` (SHA-256 `{model['hash'][:12]}`), commit `{(result['commit'] or 'none')[:12]}`, "
        f"{result['time'][:10]}; {result['sentences']} sentences in {result['seconds']:.1f} s "
        f"({result['sentences_per_second']:.0f} a second) on {_machine(result)}. ± is half the 95% bootstrap interval."
    )


def eval_table(results: Sequence[tuple[str, Result]]) -> str:
    """One row for each evaluated gold file."""
    head = ["gold data", "P", "R", "F1", "span F1", "typing", "calibration error", "documents"]
    rows = []
    for name, r in results:
        figures = [percent(r[key]) for key in ("precision", "recall", "f1", "span_f1", "typing_accuracy")]
        ece = percent(r["calibration"]["ece"]) if r["calibration"] else ""
        rows.append([name, *figures, ece, str(r["counts"]["documents"])])
    return table(head, rows)


def development_table(result: Result) -> str:
    """The report of `samner export`: F1 and span F1 in hundredths, all stages on and each part off."""
    groups = list(result[""]["groups"])
    head = ["pipeline", "F1", *(f"F1, {g}" for g in groups), *(f"span F1, {g}" for g in groups)]
    rows = []
    for part in ("", *(p for p in ABLATIONS if p in result)):
        of = [result[part]["groups"].get(g, {}) for g in groups]
        figures = [result[part]["f1"], *(g.get("f1") for g in of), *(g.get("span_f1") for g in of)]
        rows.append([f"−{part}" if part else "all stages", *(percent(f) for f in figures)])
    return table(head, rows)


def speed_table(result: Result) -> str:
    """Each figure with its lowest and highest value."""
    head = [f"speed, {result['threads']} threads", "median", "lowest to highest"]
    note = f"Measured on {_machine(result)}, samner {result['version']}."
    if peer := result.get("peer"):
        note += f" The peer: {peer['architecture']}, {peer['sentences']} texts, {peer['tokens']} tokens read by both."
    return table(head, [list(row) for row in speed_rows(result)]) + "\n\n" + note


def corpora_table(result: Result) -> str:
    """`samner run`: what it costs against a plain batch, and what it survives."""
    head = [f"samner run, {result['documents']:,} sentences", "figure", "lowest to highest"]
    note = (
        f"Ten types; input and output in `{result['folder']}`; {_machine(result)}, model "
        f"`{result['run']['model']['hash'][:12]}`, samner {result['version']}."
    )
    return table(head, [list(row) for row in corpora_rows(result)]) + f"\n\n{note}"


def serve_table(result: Result) -> str:
    """The service under load, and the protocol of each figure."""
    head = [f"{result['clients']} clients, {result['threads']} threads", "figure", "lowest to highest"]
    protocol = "\n".join(f"- *{name.replace('_', ' ')}*: {how}." for name, how in result["protocol"].items())
    note = (
        f"{result['sentences']} sentences; median of {len(result['samples']['served'])} rounds on {_machine(result)}, "
        f"model `{result['model']['hash'][:12]}`, samner {result['version']}."
    )
    return table(head, [list(row) for row in serve_rows(result)]) + f"\n\n{note}\n\n{protocol}"


def _machine(result: Result) -> str:
    machine, warning = result["machine"], busy(result)
    return f"{machine['processor']}, {machine['cores']} cores" + (f" ({warning})" if warning else "")


def _row(
    name: str, figures: Mapping[str, float], mean: float, interval: Sequence[float] | None = None
) -> list[str]:
    spread = f" ± {percent((interval[1] - interval[0]) / 2)}" if interval else ""
    return [name, *(percent(f) for f in figures.values()), f"**{percent(mean)}**{spread}"]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def replace(text: str, table: str) -> str:
    """`text` with `table` between the marks; a `FormatError` where they are missing or repeated."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise FormatError(
            f"one {BEGIN} and one {END} after it", "none such", "add the marks where the table goes"
        )
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END)[1]}"


def read(path: Path) -> tuple[str, Result]:
    """The file's name without its ending, and the result in it."""
    try:
        result = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise FormatError(f"the JSON of a bench in {path}", str(error), "write it with --json") from None
    if not isinstance(result, dict) or not ({"benchmark", "span_f1"} & result.keys()):
        raise FormatError(f"a result of bench or eval in {path}", "another JSON", "write it with --json")
    return path.stem, result


def main(arguments: Sequence[str]) -> int:
    """Print the table of the files, or put it into the file after `--into`."""
    paths = list(arguments)
    try:
        into = paths.pop(paths.index("--into") + 1) if "--into" in paths[:-1] else None
        table = markdown([read(Path(p)) for p in paths if p != "--into"])
        if into is None:
            sys.stdout.write(table)
        else:
            Path(into).write_text(replace(Path(into).read_text("utf-8"), table), encoding="utf-8")
    except (SamnerError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
