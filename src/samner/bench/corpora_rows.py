"""A result of `samner bench corpora` as rows of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from samner.bench.speed_rows import figure, print_figures


def print_corpora(result: Mapping[str, Any], console: Console) -> None:
    """One figure a line."""
    print_figures(f"samner run, {result['documents']:,} sentences", corpora_rows(result), result, console)


def corpora_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(what, figure, spread or nothing)."""
    run, memory, resume = result["run"], result["memory"], result["resume"]
    rows = [
        ("sentences a second, from file to shards", *figure(run["rate"], (), "", 0)),
        ("the same of extract_batch on a list", *figure(run["batch_rate"], (), "", 0)),
        ("share of that", *figure(run["share"], run["shares"], "", 3)),
        ("peak memory", *figure(memory["peak_mb"], (), " MB", 0)),
        (
            f"growth per 1000 sentences, second half of {memory['documents']:,}",
            *figure(memory["slope_mb_per_1000"], (), " MB", 3),
        ),
        (
            f"going on past {resume['documents']:,} documents, {resume['left']:,} left",
            *figure(resume["seconds"], (), " s", 1),
        ),
    ]
    rows += _sizes(result["sizes"])
    rows += [
        (
            f"sentences a second: {r['texts']} at once, {r['within']} ORT threads",
            *figure(r["rate"], r["rates"], "", 0),
        )
        for r in result["threads"]
    ]
    if ray := result.get("ray"):
        rows += [
            (
                f"Ray, {ray['workers']} workers: sentences a second once started",
                *figure(ray["rate"], (), "", 0),
            ),
            ("Ray: seconds until then", *figure(ray["start_s"], (), " s", 1)),
        ]
    if kills := result.get("kills"):
        rows += [
            (f"kill -9, {when}", f"{kills[key]['kills']} survived", _same(kills[key]["same_bytes"]))
            for when, key in (
                ("at random", "random"),
                (f"{kills['every_s']:.1f} s after every start", "always"),
            )
        ]
    return rows


def _sizes(sizes: Mapping[str, float]) -> list[tuple[str, str, str]]:
    """What docs/cluster.md reckons with."""
    shown = (
        ("in", "input"),
        ("jsonl", "JSON Lines"),
        ("parquet", "Parquet"),
        ("parquet_without_texts", "without texts"),
    )
    return [
        *((f"bytes a sentence, {what}", *figure(sizes[key], (), "", 0)) for key, what in shown),
        ("planning, a sentence", *figure(1e6 * sizes["plan_s"], (), " µs", 1)),
        ("a receipt", *figure(sizes["receipt"], (), " bytes", 0)),
        ("a receipt, to read", *figure(1e6 * sizes["receipt_s"], (), " µs", 0)),
    ]


def _same(same: bool) -> str:
    return "to the same bytes" if same else "BUT OTHER BYTES"
