"""The `samner` program: its commands, and what becomes of errors."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from samner.cli import (
    adapt,
    archetypes,
    bench,
    cache,
    convert,
    discover,
    drift,
    evaluate,
    extract,
    graph,
    info,
    llm,
    run as corpus_run,
    schema,
    serve,
    tags,
    train,
)
from samner.cli.shared import Usage, report
from samner.errors import SamnerError

FAILURE, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("extract")(extract.extract)
app.command("run", short_help="Extract from a corpus, in shards, with resume.")(corpus_run.run)
app.add_typer(schema.app, name="schema")
app.command("eval", short_help="Score the model on gold data.")(evaluate.evaluate)
app.command("convert", short_help="Marked texts from one format to another.")(convert.convert)
app.add_typer(bench.app, name="bench")
bench.app.command("drift")(drift.drift)
bench.app.command("adapt")(drift.adapt)
app.add_typer(llm.app, name="llm")
app.add_typer(cache.app, name="cache")
app.command("adapt", short_help="Learn types from a few annotated texts.")(adapt.adapt)
app.command("calibrate", short_help="Set threshold and scores on your texts.")(adapt.calibrate)
app.add_typer(archetypes.app, name="archetypes")
app.command("train", short_help="Train a model from a recipe.")(train.train)
app.command("export", short_help="Turn a run into a model folder.")(train.export)
app.command("serve", short_help="Serve the model over HTTP, with a page.")(serve.serve)
app.command("discover", short_help="Propose a schema for a corpus.")(discover.discover)
app.command("graph", short_help="A knowledge graph from what was extracted.")(graph.graph)
app.command("tags", short_help="What each document is about.")(tags.tags)
app.command("similar", short_help="Documents that share rare entities.")(tags.similar)
app.command("info", short_help="Versions, model, card, threads, caches.")(info.info)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"samner {version('samner')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def samner(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Zero-shot named entity recognition: your text and your types in, exact entities out."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(args: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 failed, 2 used wrongly, 130 interrupted, 141 reader gone."""
    _prepare_streams()
    warnings.showwarning = _show_warning
    code = run(sys.argv[1:] if args is None else list(args))
    sys.exit(_flush() or code)


def _flush() -> int:
    """Write out what is left, so that the interpreter has nothing to complain about at exit; 0 if that went well."""
    try:
        sys.stdout.flush()
        return 0
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _system_failure(error)


_UsageError: Any = typer.BadParameter.__base__  # click's, from wherever this version of typer takes it


def run(args: list[str]) -> int:
    """Run one command line and return its exit code; every error becomes one line on stderr."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("samner", args) as context:
            result = command.invoke(context)
            return result if isinstance(result, int) else 0
    except typer.Exit as exit:
        return exit.exit_code
    except (KeyboardInterrupt, typer.Abort):
        report("interrupted")
        return INTERRUPTED
    except _UsageError as error:
        where = error.ctx.command_path if error.ctx else "samner"
        report(f"{error.format_message().rstrip('.')}; see {where} --help")
        return USAGE
    except Usage as error:
        report(str(error))
        return USAGE
    except SamnerError as error:
        report(str(error))
        return FAILURE
    except OSError as error:
        return _system_failure(error)
    except Exception as error:
        if os.environ.get("SAMNER_DEBUG"):
            raise
        report(
            f"internal error: {type(error).__name__}: {error}; SAMNER_DEBUG=1 shows where, please report it"
        )
        return FAILURE


_REMEDIES = {
    errno.ENOSPC: "make room, and run the same command again",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), and run the same command again",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.EROFS: "name a place that may be written to",
    errno.EACCES: "check the permissions",
    errno.EPERM: "check the permissions",
    errno.ENOENT: "check the name",
}


def _system_failure(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):  # the reader has what it wanted
        return BROKEN_PIPE
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    remedy = _REMEDIES.get(error.errno or 0)
    report(f"{what}; {remedy}" if remedy else what)
    return FAILURE


def _prepare_streams() -> None:
    """Output is UTF-8 with plain line ends on every system; a message on stderr never fails to be encoded."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    report(f"warning: {message}")
