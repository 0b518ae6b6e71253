"""`samner discover`: types for users who do not know theirs yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from samner.cli.corpus_input import read_corpus
from samner.cli.output import check_output, open_output
from samner.cli.progress import Progress
from samner.cli.shared import ModelOption, ThreadsOption, arguments_checked
from samner.types import Document, Failure


def discover(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT|IN...",
            help="Texts, or what samner run reads: files, folders, globs, URLs; - for stdin.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The schema to write; standard output if left out."
        ),
    ] = None,
    types: Annotated[int, typer.Option("--types", min=1, help="Types at most.")] = 40,
    least: Annotated[int, typer.Option("--least", min=1, help="Mentions that a type must have.")] = 3,
    encoding: Annotated[str, typer.Option("--encoding", help="Encoding of the files.")] = "utf-8",
    text_field: Annotated[
        str, typer.Option("--text-field", help="Where tables and JSON hold the text.")
    ] = "text",
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> int:
    """Propose a schema for a corpus: its names, clustered and named, with definitions and examples to edit.

    The same texts give the same schema. What it proposes depends on how many types you ask for: ask for more than you
    want, and drop some.
    """
    from samner.corpora.readers import Fields
    from samner.discover.run import Discoverer
    from samner.discover.schema_file import to_yaml
    from samner.reading import check_encoding

    with arguments_checked():  # before the model loads
        check_encoding(encoding)
        check_output(output)
        reads = read_corpus(what, Fields(text_field, encoding=encoding))
    discoverer = Discoverer(model, threads=threads)
    bad = 0

    def documents() -> Iterator[Document]:
        nonlocal bad
        for read in reads:
            if isinstance(read, Failure):
                bad += 1
                progress.report(str(read.error))
            else:
                progress.step()
                yield read

    with Progress("documents") as progress:
        found = discoverer.discover(documents(), types, least)
    with open_output(output) as out:
        out.write(to_yaml(found.proposals, found.documents, found.mentions))
    return 1 if bad else 0
