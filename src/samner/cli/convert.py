"""`samner convert`: marked texts from one format to another."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from samner.cli.output import check_output
from samner.cli.shared import Usage, arguments_checked, report, told

if TYPE_CHECKING:
    from samner.formats import Format

STREAM = "-"  # standard input or output
NAMES = "jsonl, gliner, conll, bilou, spacy, label-studio, prodigy, doccano, brat, datasets, csv"


def convert(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="The file or folder to read, or - for standard input.")
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file or folder to write, or -.")],
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
    _check_paths(source, target, given, wanted, force)
    with _files(source, target) as (file, out):
        done = run(
            file, out, given, wanted, lambda failure: report(told(failure).replace(str(file), str(source)))
        )
    if done.unread.counts:
        report(f"{given.name} to {wanted.name}, not read: {done.unread}")
    if done.unwritten.counts:
        report(f"{wanted.name} cannot hold: {done.unwritten}")
    bad = f", {done.failures} could not be read" if done.failures else ""
    summary = f"{target}: {_count(done.documents, 'document')}, {_count(done.mentions, 'mention')}{bad}"
    if str(target) == STREAM:
        report(summary)
    else:
        typer.echo(summary)
    return 1 if done.failures else 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@contextmanager
def _files(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """The paths, or files in the place of standard input, of pipes and of standard output: formats need to look twice
    at what they read, and what is written appears only when it is complete."""
    with TemporaryDirectory(prefix="samner-") as folder:
        file, out = source, target
        if str(source) == STREAM or not (source.is_file() or source.is_dir()):
            file = Path(folder, "in")
            with file.open("wb") as copy, _opened(source) as given:
                shutil.copyfileobj(given, copy)
        if str(target) == STREAM:
            out = Path(folder, "out")
        yield file, out
        if out != target:
            sys.stdout.flush()
            with out.open("rb") as made:
                shutil.copyfileobj(made, sys.stdout.buffer)


def _opened(source: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(source) == STREAM else source.open("rb")


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


def _check_paths(source: Path, target: Path, given: Format, wanted: Format, force: bool) -> None:
    for path, format in ((source, given), (target, wanted)):
        if str(path) == STREAM and format.folder:
            raise Usage(f"expected a folder for {format.name}, found -; name one")
    if str(source) != STREAM and not source.exists():
        raise Usage(f"expected a file or folder to read, found none at {source}; check the path")
    if str(target) == STREAM:
        return
    if target.is_dir():
        raise Usage(f"expected a new OUT, found the folder {target}; remove it or choose another name")
    if target.exists() and not force:
        raise Usage(f"expected a new OUT, found the file {target}; pass --force to replace it")
    check_output(target)
