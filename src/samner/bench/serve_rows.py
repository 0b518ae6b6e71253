"""A result of the service under load as rows of text, for the terminal and for docs/service.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from samner.bench.speed_rows import figure, print_figures


def print_serve(result: Mapping[str, Any], console: Console) -> None:
    """`samner bench serve`: one figure a line."""
    clients, threads = result["clients"], result["threads"]
    title = f"service, {clients} clients, {threads} threads, {result['sentences']} sentences"
    print_figures(title, serve_rows(result), result, console)


def serve_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(what, figure, spread or nothing)."""
    samples = result["samples"]
    around = samples["cpu_ms_around_the_model"]
    ratios = [a / b * 100 for a, b in zip(samples["served"], samples["in_process"], strict=True)]
    return [
        (
            f"requests a second, one sentence each ({result['texts']})",
            *figure(result["requests_per_second"], samples["served"], "", 0),
        ),
        (
            "sentences a second in one process",
            *figure(result["in_process_per_second"], samples["in_process"], "", 0),
        ),
        ("ratio of the two", *figure(result["ratio"] * 100, ratios, "%", 0)),
        ("time of a request, median", *figure(result["median_ms"], (), " ms", 0)),
        ("time of a request, 99th percentile", *figure(result["p99_ms"], (), " ms", 0)),
        (
            "processor time a request around the model",
            *figure(result["cpu_ms_around_the_model"], around, " ms", 2),
        ),
        ("errors", str(result["errors"]), ""),
        ("as many entities as in one process", "yes" if result["entities_equal"] else "NO", ""),
    ]
