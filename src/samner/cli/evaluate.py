"""`samner eval`: how well a model does on the user's gold data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from samner.cli.engine_options import EngineChoice, with_engine
from samner.cli.progress import Progress
from samner.cli.shared import (
    BatchOption,
    LabelsOption,
    ModelOption,
    SchemaOption,
    ThreadsOption,
    ThresholdOption,
    check_threshold,
    choose_types,
    plain_console,
)


@with_engine
def evaluate(
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD.jsonl", help='{"text", "entities": [{"start", "end", "label"}]} a line.'
        ),
    ],
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, figures in 0 to 1.")] = False,
    worst: Annotated[int, typer.Option("--worst", min=0, help="Errors shown of each sort.")] = 10,
    threshold: ThresholdOption = None,
    nested: Annotated[bool, typer.Option("--nested", help="Keep entities inside others.")] = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    batch_size: BatchOption = 32,
    *,
    engine: EngineChoice,
) -> int:
    """Score the model on gold data: strict P, R and F1, per type, spans alone, typing alone, the worst errors."""
    check_threshold(threshold)
    types = choose_types(labels, schema)
    from samner.bench.datasets import read_gold
    from samner.bench.evaluate import evaluate as measure

    documents = read_gold(gold, set(types.names))  # a fault in the file shows before the model loads
    ner = engine.load(model, threads)
    with Progress(asks=ner.asks):
        found = measure(ner, documents, types, threshold=threshold, nested=nested, batch_size=batch_size)
    if as_json:
        typer.echo(json.dumps(found.to_dict(worst), ensure_ascii=True, indent=2))
    else:
        from samner.bench.tables import print_report

        print_report(found, plain_console(), worst)
    return 0 if engine.tell(ner) else 1
