"""A result of the service under load as rows of text, for the terminal and for docs/service.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from samner.bench.machine import busy
from samner.bench.tables import table


def print_serve(result: Mapping[str, Any], console: Console) -> None:
    """One figure a line."""
    title = (
        f"service, {result['clients']} clients, {result['threads']} threads, {result['sentences']} sentences"
    )
    rows = table(title, "what", "figure")
    for what, figure in serve_rows(result):
        rows.add_row(escape(what), figure)
    console.print(rows)
    if warning := busy(result):
        console.print(escape(warning))


def serve_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, figure)."""
    return [
        (f"requests a second, one sentence each ({result['texts']})", f"{result['requests_per_second']:.0f}"),
        ("sentences a second in one process", f"{result['in_process_per_second']:.0f}"),
        ("ratio of the two", f"{result['ratio']:.0%}"),
        ("time of a request, median", f"{result['median_ms']:.0f} ms"),
        ("time of a request, 99th percentile", f"{result['p99_ms']:.0f} ms"),
        ("processor time a request around the model", f"{result['cpu_ms_around_the_model']:.2f} ms"),
        ("errors", str(result["errors"])),
        ("as many entities as in one process", "yes" if result["entities_equal"] else "NO"),
    ]
