"""The tables of docs/llm.md, from what `samner bench gate` and `samner bench llm-overhead` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samner.bench.gate_pages import SIGNALS
from samner.bench.machine import busy
from samner.bench.tables import percent

SHOWN = (0.2, 0.4, 0.6, 0.8)  # shares of spans that have a row
NAMES = {
    "raw": "by the raw match",
    "probability": "by the best type's probability",
    "margin": "by the margin of the two best",
    "decision": "by the probability that the decision is right",
}
Result = Mapping[str, Any]


def gate_rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """Head and rows: F1 by the share of spans asked about, for each signal."""
    none, every, curves = result["f1_without"], result["f1_with_all"], result["curves"]
    rows = [["none", *[percent(none)] * len(SIGNALS)]]
    for share in SHOWN:
        at = {name: min(curves[name], key=lambda row: abs(row["share"] - share)) for name in SIGNALS}
        figures = [percent(at[name]["f1"]) for name in SIGNALS[:-1]]
        rows.append([f"{share:.0%}", *figures, f"**{percent(at[SIGNALS[-1]]['f1'])}**"])
    rows.append(["all", *[percent(every)] * len(SIGNALS)])
    return ["spans asked about", *(NAMES[name] for name in SIGNALS)], rows


def gate_note(result: Result) -> str:
    """What the default gate brings and asks, in words."""
    at, texts = result["at_default"], result["texts"]
    words = (
        f"{texts} texts, {result['spans']:,} candidate spans, model `{result['model']['hash'][:12]}`. Of the decisions "
        f"about these spans {percent(result['wrong'])}% are wrong: no gate that asks about fewer could have the whole "
        f"gain. The default gate of {result['default_gate']} asks about {percent(at['share'])}% of the spans, and has "
        f"{percent(at['gain'])}% of the gain (F1 {percent(at['f1'])})."
    )
    for row in result["requests"]:
        of = "By default" if row["share"] == 1 else f"With `--llm-share {row['share']}`"
        words += (
            f" {of} that is {row['requests']:,} requests of about {row['characters'] / max(1, row['requests']):,.0f} "
            f"characters ({row['longest']:,} at the most), {row['characters'] / texts:,.0f} a text."
        )
    return words + " (Four characters are about a token.)"


def overhead_note(result: Result) -> str:
    """The overhead in a sentence."""
    machine, warning = result["machine"], busy(result)
    rates = result["samples"]
    return (
        f"Around a server that answers at once, with discovery and mediation worked out beforehand and "
        f"{result['concurrency']} requests on the way, samner settles {result['documents_per_second']:.0f} documents a "
        f"second ({min(rates):.0f} to {max(rates):.0f} in {len(rates)} rounds of {result['documents']:,}; "
        f"{machine['processor']}, {machine['cores']} cores{f'; {warning}' if warning else ''})."
    )
