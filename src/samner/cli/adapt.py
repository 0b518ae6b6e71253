"""`samner adapt` and `samner calibrate`: a model that knows the user's types and texts better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from samner.cli.shared import (
    LabelsOption,
    ModelOption,
    SchemaOption,
    ThreadsOption,
    arguments_checked,
    choose_types,
    report,
)

OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The adapter folder to write; --model takes it.")
]
RankOption = Annotated[
    int,
    typer.Option(
        "--encoder-rank",
        min=0,
        max=64,
        metavar="N",
        help="Also try low-rank updates of the text encoder (8 is usual; extra train; minutes).",
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Write what was found as JSON.")]


def adapt(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="FEW.jsonl",
            help='Texts with every mention marked, {"text", "entities": [{"start", "end", "label"}]} a line.',
        ),
    ],
    out: OutOption,
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    rank: RankOption = 0,
    as_json: JsonFlag = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Learn types from 5 to 500 annotated texts, in seconds on a CPU. Other types stay as they were."""
    types = choose_types(labels, schema)
    from samner.adapt.run import adapt as learn
    from samner.bench.datasets import read_gold

    documents = read_gold(data, set(types.names))
    with arguments_checked():
        found = learn(documents, types, out, rank=rank, model=model, threads=threads, say=report)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    before, after = (100 * found[key] for key in ("f1_before", "f1_after"))
    typer.echo(
        f"{found['documents']} texts, {found['mentions']} mentions: F1 {before:.1f} before, {after:.1f} after"
    )
    typer.echo(f"({found['protocol']})")
    if found["rank"]:
        typer.echo(
            f"the text encoder was tuned with rank {found['rank']}: other types' answers move a little"
        )
    elif found["strength"] is None:
        typer.echo("learning did not help there: vectors were left, scores and threshold set")
    typer.echo(f"the adapter is in {out}: use it with --model {out}")


def calibrate(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Texts; JSON Lines with `entities` in every line when mentions are marked.",
        ),
    ],
    out: OutOption,
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    as_json: JsonFlag = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Set the threshold, and with marked mentions temper the scores, for a schema on your own texts."""
    types = choose_types(labels, schema)
    from samner.adapt.calibrate import calibrate as fit, read

    documents, marked = read(data, types.names)
    with arguments_checked():
        found = fit(documents, types, out, marked=marked, model=model, threads=threads, say=report)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo("\n".join(_lines(found)))
    typer.echo(f"the adapter is in {out}: use it with --model {out}")


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{found['documents']} texts: threshold {found['threshold']:.2f}"]
    if error := found.get("calibration_error"):
        before, after = (100 * error[key] for key in ("before", "after"))
        lines.append(f"calibration error {before:.1f} before, {after:.1f} after ({error['protocol']})")
    return lines
