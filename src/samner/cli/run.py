"""`samner run`: corpora, in shards, with resume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samner.cli.engine_options import EngineChoice, with_engine
from samner.cli.shared import (
    EncodingOption,
    EveryOption,
    LabelsOption,
    ModelOption,
    MultiLabelOption,
    NestedOption,
    SchemaOption,
    ThreadsOption,
    ThresholdOption,
    Usage,
    arguments_checked,
    check_threshold,
    types_or_all,
)

if TYPE_CHECKING:
    from samner.corpora.run import Work


WORKERS = "1:8"


@with_engine
def run(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Files, folders, globs or URLs of texts and tables.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for shards and report.")],
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    every: EveryOption = False,
    format: Annotated[str, typer.Option("--format", "-f", help="jsonl or parquet.")] = "jsonl",
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Read the documents of errors.jsonl once more.")
    ] = False,
    text: Annotated[bool, typer.Option(help="Keep the texts beside their entities.")] = True,
    text_field: Annotated[
        str, typer.Option("--text-field", help="Where tables and JSON hold the text.")
    ] = "text",
    id_field: Annotated[str, typer.Option("--id-field", help="Where tables and JSON hold the id.")] = "id",
    encoding: EncodingOption = "utf-8",
    shard_documents: Annotated[
        int, typer.Option("--shard-documents", min=1, help="Most documents of a shard.")
    ] = 5_000,
    shard_bytes: Annotated[
        int, typer.Option("--shard-bytes", min=1, help="Most bytes of input of a shard, or a document more.")
    ] = 4 << 20,
    threshold: ThresholdOption = None,
    nested: NestedOption = False,
    multi_label: MultiLabelOption = False,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="On a Ray cluster: its address, auto, or local."),
    ] = None,
    workers: Annotated[
        str,
        typer.Option("--workers", metavar="N|MIN:MAX", help="Ray workers; they come and go between the two."),
    ] = WORKERS,
    worker_cpus: Annotated[int, typer.Option("--worker-cpus", min=1, help="Cores of a Ray worker.")] = 1,
    worker_gpus: Annotated[float, typer.Option("--worker-gpus", min=0, help="GPUs of a Ray worker.")] = 0,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    *,
    engine: EngineChoice,
) -> int:
    """Extract from a corpus into a folder of shards; the same command goes on where a stopped run was.

    Exit code 1 if documents failed: errors.jsonl says which and why.
    """
    check_threshold(threshold)
    if ray is None and (workers, worker_cpus, worker_gpus) != (WORKERS, 1, 0):
        raise Usage("expected --ray beside --workers, found none; pass --ray local, or --threads instead")
    types = types_or_all(labels, schema, every)
    from samner.cli.corpus_bar import CorpusBar
    from samner.corpora import Options, run as run_corpus
    from samner.corpora.readers import Fields
    from samner.corpora.shards import check_format
    from samner.corpora.sources import find_sources
    from samner.corpora.stream import Limits
    from samner.options import Options as Extraction
    from samner.reading import check_encoding

    with arguments_checked():  # before the model loads
        check_format(format)
        check_encoding(encoding)
        sources = find_sources(inputs)
    options = Options(
        format=format,
        fields=Fields(text_field, id_field, encoding),
        limits=Limits(shard_documents, shard_bytes),
        text=text,
        extraction=Extraction(threshold=threshold, nested=nested, multi_label=multi_label),
        llm=engine.identity(),
    )
    work = None if ray is None else _on_ray(ray, workers, worker_cpus, worker_gpus)
    ner = engine.load(model, threads if ray is None else worker_cpus)
    with CorpusBar(sources, ner.asks if ray is None else None) as bar, arguments_checked():
        outcome = run_corpus(
            sources,
            out,
            ner,
            types,
            options=options,
            retry_errors=retry_errors,
            watch=bar.watch,
            work=work,
            prices=engine.prices,
        )
    typer.echo(outcome.text, nl=False)
    answered = engine.tell(ner)
    return 1 if outcome.total.failed or not answered else 0


def _on_ray(address: str, workers: str, cpus: int, gpus: float) -> Work:
    from samner.integrations.ray import on_ray, ray_library

    least, _, most = workers.partition(":")
    if not (least.isdecimal() and (most or least).isdecimal() and 1 <= int(least) <= int(most or least)):
        raise Usage(f"expected --workers N or MIN:MAX, found {workers!r}; write for instance --workers 2:16")
    ray_library()
    return on_ray(address, workers=(int(least), int(most or least)), cpus=cpus, gpus=gpus)
