"""`samner llm export-prompts` and `import-replies`: a run that is answered somewhere else, one stage at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samner.cli.bench import SentencesOption
from samner.cli.engine_options import GateOption, RepairOption, ShareOption, engine_choice
from samner.cli.shared import (
    EncodingOption,
    EveryOption,
    LabelsOption,
    ModelOption,
    SchemaOption,
    ThreadsOption,
    Usage,
    arguments_checked,
    choose_types,
    load_model,
    report,
    types_or_all,
)

if TYPE_CHECKING:
    from samner.pipeline import SamNER

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where prompts and replies are kept.")]


def export_prompts(
    folder: FolderArgument,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT|PATH]...", help="As of `samner extract`; or one of the options below."),
    ] = None,
    gold: Annotated[
        Path | None, typer.Option("--gold", metavar="GOLD.jsonl", help="What `samner eval` would ask.")
    ] = None,
    crossner: Annotated[
        Path | None, typer.Option("--crossner", metavar="DIR", help="What `samner bench crossner` would ask.")
    ] = None,
    part: Annotated[str, typer.Option("--part", help="Of CrossNER: test or dev.")] = "test",
    catch_all: Annotated[bool, typer.Option(help="Of CrossNER: once more with the catch-all type.")] = True,
    sentences: SentencesOption = None,
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    every: EveryOption = False,
    engine: Annotated[str, typer.Option("--engine", help="hybrid or llm.")] = "hybrid",
    gate: GateOption = None,
    repair: RepairOption = False,
    llm_share: ShareOption = 1,
    encoding: EncodingOption = "utf-8",
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Write the prompts of the first stage that is not answered yet, as JSON Lines.

    Have each answered with one JSON object that obeys its `answer`, import the replies, and export again, until nothing
    is left to ask; then run the command itself with --llm offline --llm-model FOLDER and the same options.
    """
    if sum(given is not None for given in (what or None, gold, crossner)) != 1:
        raise Usage("expected texts, --gold or --crossner, one of them; name what is to be asked about")
    from samner.engines.llm.prompts import stage_of
    from samner.llms.offline import OfflineLLM, write_prompts

    chosen = engine_choice(
        engine, "offline", str(folder), gate=gate, repair=repair, llm_share=llm_share, cache=False
    )
    assert chosen.llm is not None
    llm = OfflineLLM(chosen.llm)
    with arguments_checked():
        ner = load_model(model, threads, engine=chosen.name, llm=llm, use=chosen.use)
    if crossner is not None:
        from samner.bench.crossner import ask

        ask(ner, crossner, part=part, catch_all=catch_all, sentences=sentences, say=report)
    elif gold is not None:
        from samner.bench.evaluate import evaluate

        evaluate(ner, gold, choose_types(labels, schema))
    else:
        _extract(ner, what or [], encoding, labels, schema, every)
    prompts = list(llm.missing.values())
    if not prompts:
        typer.echo("nothing is left to ask")
        return
    stage = min(stage_of(prompt.version) for prompt in prompts)
    mine = [prompt for prompt in prompts if stage_of(prompt.version) == stage]
    typer.echo(f"{write_prompts(folder, stage, mine)}: {len(mine)} prompts of stage {stage}")


def import_replies(
    folder: FolderArgument,
    file: Annotated[
        Path, typer.Argument(metavar="REPLIES.jsonl", help='{"id", "reply"} a line; other keys are ignored.')
    ],
) -> None:
    """Take replies to exported prompts into the folder."""
    from samner.llms.offline import REPLIES, add_replies

    taken, left = add_replies(folder, file)
    typer.echo(f"{folder / REPLIES}: {taken} replies taken, {left} prompts still without one")


def _extract(
    ner: SamNER, what: list[str], encoding: str, labels: str | None, schema: str | None, every: bool
) -> None:
    from samner.cli.extract import read_arguments
    from samner.types import Failure

    types = types_or_all(labels, schema, every)
    documents = (d for d in read_arguments(what, encoding) if not isinstance(d, Failure))
    for _ in ner.stream(documents, types):
        pass
