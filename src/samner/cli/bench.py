"""`samner bench`: the published benchmark and the speed of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from samner.cli.engine_options import EngineChoice, with_engine
from samner.cli.progress import Progress
from samner.cli.shared import (
    BatchOption,
    LabelsOption,
    ModelOption,
    SchemaOption,
    ThreadsOption,
    Usage,
    arguments_checked,
    choose_types,
    load_model,
    plain_console,
    report,
)

app = typer.Typer(help="Measure quality on CrossNER, and speed.", rich_markup_mode=None)

SentencesOption = Annotated[
    int | None,
    typer.Option(
        "--sentences", min=1, metavar="N", help="Of CrossNER: only N of each domain, a cheap trial."
    ),
]
JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result there as JSON; - for standard output."),
]


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("crossner")
@with_engine
def crossner(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The folder with DOMAIN.test.txt.")],
    json_file: JsonOption = None,
    ablate: Annotated[
        str,
        typer.Option(
            "--ablate", metavar="A,B,...", help="Stages to switch off, a row each; `all` for every one."
        ),
    ] = "",
    part: Annotated[str, typer.Option("--part", help="test or dev; only the test part is logged.")] = "test",
    catch_all: Annotated[bool, typer.Option(help="Run once more with the catch-all type offered.")] = True,
    sentences: SentencesOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    batch_size: BatchOption = 32,
    *,
    engine: EngineChoice,
) -> int:
    """CrossNER, its five domains, under both protocols."""
    from samner.bench.crossner import ablations, run
    from samner.bench.tables import print_crossner

    with arguments_checked():  # before the model loads
        rows = ablations(name for name in ablate.split(",") if name.strip())
    ner = engine.load(model, threads)
    with Progress(asks=ner.asks) as progress:
        result = run(
            ner,
            data,
            part=part,
            ablate=rows,
            catch_all=catch_all,
            sentences=sentences,
            batch_size=batch_size,
            say=progress.report,
        )
    print_result(result, json_file, print_crossner)
    return 0 if engine.tell(ner) else 1


@app.command("speed")
def speed(
    peer: Annotated[
        str | None, typer.Option("--peer", metavar="gliner", help="Compare with it; installs it apart, once.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="CrossNER's test texts, not the bundled ones."),
    ] = None,
    json_file: JsonOption = None,
    peer_env: Annotated[
        Path | None, typer.Option("--peer-env", metavar="DIR", help="Where the peer is or will be installed.")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Repetitions; the median counts.")] = 3,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Sentences a second, memory, start, many labels, and the ratio to a peer."""
    from samner.bench.speed import PEERS, run

    if peer is not None and peer not in PEERS:
        raise Usage(
            f"expected a peer out of {', '.join(PEERS)}, found {peer!r}; leave --peer out for our figures alone"
        )
    from samner.bench.speed_rows import print_speed

    result = run(
        model=model, data=data, peer=peer, peer_env_dir=peer_env, threads=threads, rounds=rounds, say=report
    )
    print_result(result, json_file, print_speed)


@app.command("serve")
def serve(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="CrossNER's test texts, not the bundled ones."),
    ] = None,
    json_file: JsonOption = None,
    clients: Annotated[int, typer.Option("--clients", min=1, help="Requests under way at any time.")] = 16,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Repetitions; the median counts.")] = 3,
    texts: Annotated[int | None, typer.Option("--texts", min=1, help="About so many sentences only.")] = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """The service under load, beside the same texts in one process: throughput, times, cost of a request."""
    from samner.bench.serve import run
    from samner.bench.serve_rows import print_serve

    result = run(
        data=data, clients=clients, rounds=rounds, texts=texts, model=model, threads=threads, say=report
    )
    print_result(result, json_file, print_serve)


@app.command("corpora")
def corpora(
    json_file: JsonOption = None,
    documents: Annotated[int, typer.Option("--documents", min=80, help="Sentences of a run.")] = 6_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Repetitions; the median counts.")] = 3,
    million: Annotated[
        int, typer.Option("--million", min=2, help="Documents of the run that is gone on with.")
    ] = 1_000_000,
    kills: Annotated[int, typer.Option("--kills", min=0, help="Kills at random times; 0 for none.")] = 12,
    ray: Annotated[int, typer.Option("--ray", min=0, help="Ray workers; 0 leaves Ray out.")] = 0,
    model: ModelOption = None,
) -> None:
    """`samner run` against a plain batch; memory, threads, Ray, resume and kills."""
    from samner.bench.corpora import run
    from samner.bench.corpora_rows import print_corpora

    result = run(
        model=model,
        documents=documents,
        rounds=rounds,
        million=million,
        kills=kills,
        ray_workers=ray,
        say=report,
    )
    print_result(result, json_file, print_corpora)


@app.command("clustering")
def clustering(
    gold: Annotated[
        Path, typer.Argument(metavar="GOLD.jsonl", help="Extractions whose entities have the key `entity`.")
    ],
    json_file: JsonOption = None,
    by_model: Annotated[bool, typer.Option(help="Measure with archetypes read by the model too.")] = True,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """How well `samner graph` gathers mentions into entities: pairwise F1 on gold mentions."""
    from samner.bench.clustering import print_clustering, run

    result = run(gold, load_model(model, threads) if by_model else None)
    print_result(result, json_file, print_clustering)


@app.command("discover")
def discover(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The folder with CrossNER's files.")],
    json_file: JsonOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """How many of CrossNER's types `samner discover` finds by itself in the raw sentences."""
    from samner.bench.discovered import print_discovered, run
    from samner.discover.run import Discoverer

    print_result(run(Discoverer(model, threads=threads), data, report), json_file, print_discovered)


@app.command("gate")
@with_engine
def gate(
    gold: Annotated[
        Path | None,
        typer.Argument(
            metavar="[GOLD.jsonl]", help='{"text", "entities": [{"start", "end", "label"}]} a line.'
        ),
    ] = None,
    schema: SchemaOption = None,
    labels: LabelsOption = None,
    development: Annotated[
        Path | None,
        typer.Option("--development", metavar="CORPUS", help="The corpus' development part, not GOLD.jsonl."),
    ] = None,
    json_file: JsonOption = None,
    model: ModelOption = None,
    *,
    engine: EngineChoice,
) -> int:
    """F1 against the share of spans asked about, by the signal that decides. Without --llm-model an oracle answers
    from the gold: an upper bound."""
    from samner.bench.gate import print_gate, run
    from samner.cli.gate_tasks import development_tasks, gold_task
    from samner.locate import model_folder

    if (gold is None) == (development is None):
        raise Usage("expected GOLD.jsonl or --development, one of them; name the data")
    if development is not None:
        tasks = development_tasks(development)
    else:
        tasks = [gold_task(gold or Path(), choose_types(labels, schema))]
    result = run(tasks, model_folder(model), engine.llm, say=report)
    print_result(result, json_file, print_gate)
    return 0


@app.command("llm-overhead")
def llm_overhead(
    documents: Annotated[int, typer.Option("--documents", min=1, help="Documents of a round.")] = 2000,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Requests at once.")] = 32,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Repetitions; the median counts.")] = 3,
    json_file: JsonOption = None,
    model: ModelOption = None,
) -> None:
    """What samner costs around an LLM: documents a second against a server that answers at once."""
    from samner.bench.overhead import print_overhead, run
    from samner.locate import model_folder

    print_result(run(model_folder(model), documents, concurrency, rounds), json_file, print_overhead)


def print_result(result: dict[str, Any], json_file: Path | None, table: Any) -> None:
    """The JSON where it is asked for, and the table, but never both on standard output."""
    text = json.dumps(result, indent=2) + "\n"
    if json_file is not None and str(json_file) == "-":
        typer.echo(text, nl=False)
        return
    if json_file is not None:
        json_file.write_text(text, encoding="utf-8")
    table(result, plain_console())
