"""docs/cluster.md's plan of ten billion sentences, worked out from a result of `samner bench corpora`.

`python -m samner.bench.corpora_plan bench/results/corpora.json docs/cluster.md` writes it between the page's marks, so
that no figure of it is typed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samner.bench.report import replace, table
from samner.corpora.stream import CHUNK

SENTENCES = 10**10
CORES, CORE_HOUR, GPU_HOUR = 1_000, 0.04, 2.0  # the money is assumed
LLM = 0.35  # sentences a second of an 8B model on one A800, published with the method
GATED = 0.01  # share of the sentences that a gate lets through
SHARD = 16 << 20  # bytes of input
HOUR, YEAR = 3600, 365.25 * 24 * 3600


def plan(result: Mapping[str, Any]) -> str:
    """The table of what is measured, and the arithmetic on it, as Markdown."""
    return f"{_measured(result)}\n\n" + "\n\n".join(_paragraphs(result)) + "\n"


def _measured(result: Mapping[str, Any]) -> str:
    run, sizes, ray = result["run"], result["sizes"], result["ray"]
    machine = result["machine"]
    rows = [
        ["rate, from file to shards", f"{run['rate']:.0f} sentences/s", f"{machine['cores']} cores"],
        ["so of one core", f"{_core(result):.1f}", "all were busy"],
        ["Ray: rate once started", f"{ray['rate']:.0f} sentences/s", f"{ray['workers']} workers of one core"],
        ["Ray: until then", f"{ray['start_s']:.1f} s", "workers start and load the model"],
        ["input", f"{sizes['in']:.0f} bytes a sentence", "JSON Lines with an id"],
        ["output, JSON Lines", f"{sizes['jsonl']:.0f} bytes", "ten types, with texts"],
        [
            "output, Parquet",
            f"{sizes['parquet']:.0f} bytes",
            f"without texts {sizes['parquet_without_texts']:.0f}",
        ],
        ["planning", f"{1e6 * sizes['plan_s']:.1f} µs a sentence", "walked, not parsed; one core"],
        ["a receipt", f"{sizes['receipt']:,.0f} bytes", f"{1e6 * sizes['receipt_s']:.0f} µs to read"],
        ["memory of a process", f"{result['memory']['peak_mb']:.0f} MB", "peak"],
        ["an 8B language model for everything", f"{LLM} sentences/s", "one A800, published, not run by us"],
    ]
    return table(["measured", "", ""], rows)


def _core(result: Mapping[str, Any]) -> float:
    """Sentences a second of one core."""
    rate: float = result["run"]["rate"] / result["machine"]["cores"]
    return rate


def _paragraphs(result: Mapping[str, Any]) -> list[str]:
    return [_processors(result), _gpus(result), _data(result), _shards(result), _planning(result)]


def _processors(result: Mapping[str, Any]) -> str:
    core = _core(result)
    seconds = SENTENCES / core
    hours = seconds / HOUR
    return (
        f"**Processors.** 10¹⁰ sentences / {core:.1f} a second = {seconds / 1e7:.2f} × 10⁷ core-seconds = {hours:,.0f} "
        f"core-hours, or {seconds / YEAR:.1f} years of one core. On {CORES:,} cores that is {hours / CORES:.1f} hours. "
        f"Cores cost what yours cost; at an assumed {CORE_HOUR} a core-hour it is {hours * CORE_HOUR:,.0f}, and every "
        f"further cent adds {hours / 100:,.0f}. The rate is that of whole runs, so what shards and journals cost is in "
        f"it; the start of the workers comes to it once, {result['ray']['start_s']:.0f} seconds here."
    )


def _gpus(result: Mapping[str, Any]) -> str:
    seconds, hours = SENTENCES / LLM, SENTENCES / LLM / HOUR
    money = hours * GPU_HOUR
    processors = SENTENCES / _core(result) / HOUR * CORE_HOUR
    return (
        "**GPUs.** The embedded engine has no GPU path in this release, so a GPU would idle. The paper's pipeline, an "
        f"8B model asked about everything, would take 10¹⁰ / {LLM} = {seconds / 1e10:.2f} × 10¹⁰ GPU-seconds = "
        f"{hours / 1e6:.1f} million GPU-hours = {seconds / YEAR:,.0f} GPU-years; at an assumed {GPU_HOUR:.0f} a "
        f"GPU-hour, {money / 1e6:.0f} million. That is {_rounded(money / processors)} times the cost of the "
        "processors. A language model is for the few spans where it pays: with the gate of `hybrid` at a share *q* "
        "of the sentences, and a served model that does *r* sentences a second on a GPU, it adds 10¹⁰ *q* / *r* "
        f"GPU-seconds. For *q* = {GATED:.0%} and *r* = {LLM}, {_rounded(GATED * hours)} GPU-hours, "
        f"{_rounded(GATED * money / processors)} times the price of all the rest; batching servers reach a far higher "
        "*r*, so measure yours (`samner llm check`) before you plan."
    )


def _data(result: Mapping[str, Any]) -> str:
    sizes = result["sizes"]
    seconds = SENTENCES / _core(result) / CORES
    into, lines, parquet, bare = (
        sizes[key] * SENTENCES for key in ("in", "jsonl", "parquet", "parquet_without_texts")
    )
    return (
        f"**Data.** In: 10¹⁰ × {sizes['in']:.0f} = {into / 1e12:.2f} TB. Out: {lines / 1e12:.1f} TB as JSON Lines, "
        f"{parquet / 1e12:.1f} TB as Parquet, {bare / 1e12:.1f} TB without the texts. Over {seconds / HOUR:.1f} hours "
        f"that is {into / seconds / 1e6:.0f} MB/s in and {parquet / seconds / 1e6:.0f} MB/s out (Parquet), which one "
        f"good file server bears. The journals write JSON Lines first: {lines / seconds / 1e6:.0f} MB/s more, on the "
        "same shared folder. That is the first thing to watch."
    )


def _shards(result: Mapping[str, Any]) -> str:
    sizes, core = result["sizes"], _core(result)
    sentences = SHARD / sizes["in"]
    shards = SENTENCES / sentences
    minutes, hours = sentences / core / 60, SENTENCES / core / HOUR / CORES
    return (
        f"**Shards.** `--shard-bytes {SHARD} --shard-documents 200000`: 16 MiB of input are {_rounded(sentences)} "
        f"sentences, {minutes:.1f} minutes of a core. 10¹⁰ / {_rounded(sentences)} = {_rounded(shards)} shards, "
        f"{shards / CORES:.0f} a worker; the last ones run alone for at most {minutes:.1f} minutes of {hours:.1f} "
        f"hours, {minutes / 60 / hours:.1%}. A shard's file is {sentences * sizes['parquet'] / 1e6:.0f} MB as Parquet. "
        f"What a kill costs is a chunk of {CHUNK.documents} documents, not a shard. Receipts come to "
        f"{shards * sizes['receipt'] / 1e6:.0f} MB, and reading them all, at the start of a resumed run and for the "
        f"report, takes {_rounded(shards)} × {1e6 * sizes['receipt_s']:.0f} µs = {shards * sizes['receipt_s']:.0f} "
        "seconds of a core, plus what the file system takes to open as many files."
    )


def _planning(result: Mapping[str, Any]) -> str:
    each = result["sizes"]["plan_s"]
    return (
        "**Planning.** The driver walks all of the input before the first shard is handed out: 10¹⁰ × "
        f"{1e6 * each:.1f} µs = {SENTENCES * each / HOUR:.1f} hours, on one core. So do not give it all at once. Ten "
        f"runs over a tenth each (by folder, with an output folder each) plan {SENTENCES * each / 600:.0f} minutes "
        "each, the next while the last is at work, and keep every number above ten times smaller."
    )


def _rounded(figure: float) -> str:
    """To three digits."""
    return f"{float(f'{figure:.2e}'):,.0f}"


def main(arguments: Sequence[str]) -> int:
    result, page = Path(arguments[0]), Path(arguments[1])
    text = replace(page.read_text("utf-8"), plan(json.loads(result.read_text("utf-8"))))
    page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
