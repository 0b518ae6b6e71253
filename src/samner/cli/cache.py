"""`samner cache`: the answers of language models that are kept on disk."""

from __future__ import annotations

import typer

app = typer.Typer(help="Show or clear the cache of LLM answers.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("info")
def info() -> None:
    """Where the cache is, and the answers in it by LLM, with the tokens that they once cost."""
    from samner.llms import user_store

    store = user_store()
    size = store.file.stat().st_size if store.file.exists() else 0
    typer.echo(f"{store.file}: {size / 1e6:.1f} MB")
    for llm, answers, tokens_in, tokens_out in store.contents():
        typer.echo(f"{answers:8,} answers, {tokens_in:,} tokens in, {tokens_out:,} out: {llm}")


@app.command("clear")
def clear() -> None:
    """Forget all answers, and what was found out about servers."""
    from samner.llms import user_store

    store = user_store()
    typer.echo(f"{store.file}: {store.clear():,} answers forgotten")
