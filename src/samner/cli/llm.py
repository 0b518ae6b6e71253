"""`samner llm`: what a language model is able to do."""

from __future__ import annotations

import typer

from samner.cli import llm_offline
from samner.cli.llm_options import (
    LLMBackendOption,
    LLMBaseURLOption,
    LLMModelOption,
    LLMSetOption,
    llm_settings,
)

app = typer.Typer(help="Check a language model, or have it answered elsewhere.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("export-prompts")(llm_offline.export_prompts)
app.command("import-replies")(llm_offline.import_replies)


@app.command("check")
def check(
    model: LLMModelOption = "",
    backend: LLMBackendOption = "openai",
    base_url: LLMBaseURLOption = None,
    more: LLMSetOption = None,
) -> None:
    """One line: does it honour json_schema, how long does a call take. Without --llm-model: a server's models."""
    from samner.cli.shared import Usage, arguments_checked
    from samner.llms import make_llm
    from samner.llms.check import check, models

    settings = llm_settings(model or "any", backend, base_url, more, cache=True)
    if not model and backend != "openai":
        raise Usage("expected --llm-model with a file or folder, found none; only a server lists its models")
    with arguments_checked():
        llm = make_llm(settings)
    typer.echo(str(check(llm)) if model else "\n".join(models(llm)))
