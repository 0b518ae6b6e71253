"""`samner extract`: entities from texts and files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samner.cli.engine_options import EngineChoice, with_engine
from samner.cli.output import check_output, open_output
from samner.cli.progress import Progress
from samner.cli.shared import (
    BatchOption,
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
    told,
    types_or_all,
)
from samner.types import Document, Failure, Schema
from samner.workers import paired

if TYPE_CHECKING:
    from samner.client import Client
    from samner.pipeline import SamNER
    from samner.reading import Read
    from samner.writing import Writer

OVERLAPS = ("score", "longest-first")
EXPLAINED = ("table", "json", "jsonl")  # formats that can hold a trace
SUFFIXES = (".yaml", ".yml", ".json")  # of schema files
_LIKE_A_FILE = re.compile(r"[/\\]|\.[A-Za-z]\w{0,9}$")


@with_engine
def extract(
    what: Annotated[
        list[str],
        typer.Argument(metavar="TEXT|PATH...", help="Texts, files, folders, or - for standard input."),
    ],
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    every: EveryOption = False,
    format: Annotated[
        str, typer.Option("--format", "-f", help="table, json, jsonl, html, conll or markup.")
    ] = "table",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output."),
    ] = None,
    threshold: ThresholdOption = None,
    nested: NestedOption = False,
    multi_label: MultiLabelOption = False,
    overlap: Annotated[
        str, typer.Option("--overlap", help="Who wins where entities overlap: score or longest-first.")
    ] = "score",
    explain: Annotated[bool, typer.Option("--explain", help="Show what each stage saw and decided.")] = False,
    encoding: EncodingOption = "utf-8",
    model: ModelOption = None,
    threads: ThreadsOption = None,
    batch_size: BatchOption = 32,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Ask this `samner serve`; its key is in SAMNER_API_KEY."),
    ] = None,
    *,
    engine: EngineChoice,
) -> int:
    """Find entities of your types.

    An argument is a file or folder if one of that name exists; otherwise it is a text, unless it looks like the name
    of a file. Exit code 1 if a document could not be read, or an LLM never answered; the others still come out.
    """
    _check(format, explain, overlap, encoding, threshold)
    check_output(output)
    if url is not None and (model is not None or threads is not None or engine.name != "embedded"):
        found = "--model, --threads or --engine beside it"
        raise Usage(f"expected --url alone, found {found}; they are the server's")
    named = _named(labels, schema) if url is not None and not every else None
    types = named or types_or_all(labels, schema, every)
    ner = engine.load(model, threads) if url is None else _server(url)
    options = {"threshold": threshold, "nested": nested, "multi_label": multi_label, "overlap": overlap}
    with open_output(output) as out, Progress("documents", getattr(ner, "asks", None)) as progress:
        bad = _Failures(progress.report)
        writer = _writer(format, out, progress.report)
        documents = bad.passed_over(read_arguments(what, encoding))
        results = (
            _explained(ner, documents, types, **options)
            if explain
            else _results(ner, documents, types, batch_size=batch_size, **options)
        )
        for document, result, trace in results:
            progress.step()
            if isinstance(result, Failure):
                bad.add(result)
            else:
                with progress.aside():
                    writer.write(document, result, trace)
        with progress.aside():
            writer.close()
    answered = engine.tell(ner)
    return 1 if bad.count or not answered else 0


def read_arguments(arguments: Iterable[str], encoding: str) -> Iterator[Read]:
    """The documents that the arguments stand for: what a path holds, or the argument itself as a text."""
    from samner.reading import STDIN, read_documents

    for argument in arguments:
        if argument == STDIN or os.path.exists(argument) or looks_like_a_file(argument):
            yield from read_documents([argument], encoding)
        else:
            yield Document(argument)


def looks_like_a_file(argument: str) -> bool:
    """A mistyped file name must be an error, not a text: no white space, and a suffix or a separator."""
    return not re.search(r"\s", argument) and _LIKE_A_FILE.search(argument) is not None


def _named(labels: str | None, schema: str | None) -> str | None:
    """A --schema that is no file here: a name for the server to know."""
    if labels is not None or schema is None:
        return None
    path = Path(schema)
    return None if path.suffix.lower() in SUFFIXES or path.is_file() else schema


def _server(url: str) -> Client:
    from samner.client import Client

    with arguments_checked():
        return Client(url)


def _check(format: str, explain: bool, overlap: str, encoding: str, threshold: float | None) -> None:
    from samner.reading import check_encoding
    from samner.writing import check_format

    with arguments_checked():
        check_format(format)
        check_encoding(encoding)
    check_threshold(threshold)
    if overlap not in OVERLAPS:
        raise Usage(f"expected --overlap score or longest-first, found {overlap!r}; choose one of them")
    if explain and format not in EXPLAINED:
        raise Usage(f"expected --explain with {', '.join(EXPLAINED)}, found {format}; change --format")


class _Failures:
    """Reports each document that failed, in one line, and counts them."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.count, self._say = 0, say

    def add(self, failure: Failure) -> None:
        self.count += 1
        self._say(told(failure))

    def passed_over(self, read: Iterable[Read]) -> Iterator[Document]:
        for item in read:
            if isinstance(item, Failure):
                self.add(item)
            else:
                yield item


def _explained(
    ner: SamNER | Client, documents: Iterator[Document], types: Schema | str | None, **options: Any
) -> Iterator[tuple[Document, Any, dict[str, Any] | None]]:
    """Each document with its result and what the stages saw and decided, one by one."""
    for document in documents:
        try:
            trace = ner.trace(document, types, **options)
        except Exception as error:
            yield document, Failure(error, document.id), None
            continue
        row = trace.to_dict()
        del row["entities"]  # they stand beside it already
        yield document, trace.entities, row


def _writer(format: str, out: Any, tell: Any) -> Writer:
    from samner.archetypes import load
    from samner.writing import Sink, open_writer

    return open_writer(format, Sink(out, tell, {a.name: a.colour for a in load()}))


def _results(
    ner: SamNER | Client, documents: Iterator[Document], types: Schema | str | None, **options: Any
) -> Iterator[tuple[Document, Any, None]]:
    """Each document with its result, lazily: only those that the pipeline holds at the moment are in memory."""
    for document, result in paired(documents, lambda some: ner.stream(some, types, **options)):
        yield document, result, None
