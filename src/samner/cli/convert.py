"""`samner convert`: marked texts from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samner.cli.shared import Usage, arguments_checked, report, told

if TYPE_CHECKING:
    from samner.formats import Format

NAMES = "jsonl, gliner, conll, bilou, spacy, label-studio, prodigy, doccano, brat, datasets, csv"


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The file or folder to read.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file or folder to write.")],
    reads: Annotated[
        str | None, typer.Option("--from", help=f"{NAMES}; by the suffix of IN if left out.")
    ] = None,
    writes: Annotated[str | None, typer.Option("--to", help="The same; by the suffix of OUT.")] = None,
    texts: Annotated[
        Path | None,
        typer.Option("--texts", metavar="PATH", help="The documents whose entities a CSV lists."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it is a file.")] = False,
) -> int:
    """Convert marked texts between formats; what a format cannot hold is said, with counts.

    Exit code 1 if a part of IN could not be read; the rest still comes out.
    """
    from samner.formats.convert import convert as run

    given, wanted = _format(reads, source, "--from"), _format(writes, target, "--to")
    if texts is not None:
        given = _with_texts(given, texts)
    elif given.name == "csv":
        raise Usage(
            "expected --texts PATH with a CSV, which holds entities alone, found none; name the documents"
        )
    _check_paths(source, target, force)
    done = run(source, target, given, wanted, lambda failure: report(told(failure)))
    if done.unread.counts:
        report(f"{given.name} to {wanted.name}, not read: {done.unread}")
    if done.unwritten.counts:
        report(f"{wanted.name} cannot hold: {done.unwritten}")
    bad = f", {done.failures} could not be read" if done.failures else ""
    typer.echo(f"{target}: {done.documents} documents, {done.mentions} mentions{bad}")
    return 1 if done.failures else 0


def _format(name: str | None, path: Path, option: str) -> Format:
    from samner.formats import by_suffix, get_format

    if name is not None:
        with arguments_checked():
            return get_format(name)
    if (format := by_suffix(path)) is None:
        raise Usage(f"expected {option}, found none, and {path} does not tell; choose from: {NAMES}")
    return format


def _with_texts(format: Format, texts: Path) -> Format:
    from samner.formats import table

    if format.name != "csv":
        raise Usage(f"expected --texts with --from csv, found {format.name}; leave it out")
    if not texts.exists():
        raise Usage(f"expected the documents at --texts, found nothing at {texts}; check the path")
    return table.with_texts(texts)


def _check_paths(source: Path, target: Path, force: bool) -> None:
    if not source.exists():
        raise Usage(f"expected a file or folder to read, found none at {source}; check the path")
    if target.is_dir():
        raise Usage(f"expected a new OUT, found the folder {target}; remove it or choose another name")
    if target.exists() and not force:
        raise Usage(f"expected a new OUT, found the file {target}; pass --force to replace it")
    if not target.absolute().parent.is_dir():
        raise Usage(f"expected a folder to write to, found none at {target.absolute().parent}; make it first")
