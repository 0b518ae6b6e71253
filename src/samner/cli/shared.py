"""What several commands share: options, messages, the choice of types, and loading the model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samner.errors import InputError, SchemaError
from samner.types import Failure, Schema

if TYPE_CHECKING:
    from rich.console import Console

    from samner.pipeline import SamNER

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="DIR|ID", help="A model folder or hub id; the shipped one if left out."),
]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="Processor threads; all cores if left out.")
]
BatchOption = Annotated[int, typer.Option("--batch-size", min=1, help="Texts read at once.")]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--threshold", metavar="0..1", help="Lowest score that counts; the model's own if left out."
    ),
]
SchemaOption = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar="FILE|NAME",
        help="A YAML or JSON file, or a built-in name such as crossner/music.",
    ),
]
LabelsOption = Annotated[str | None, typer.Option("--labels", metavar="A,B,...", help="The types, as names.")]
EveryOption = Annotated[bool, typer.Option("--all", help="Every entity, typed by archetype; needs no types.")]
NestedOption = Annotated[bool, typer.Option("--nested", help="Keep entities inside others.")]
MultiLabelOption = Annotated[bool, typer.Option("--multi-label", help="Several types for one span.")]
EncodingOption = Annotated[str, typer.Option("--encoding", help="Encoding of the files.")]


class Usage(Exception):
    """The command line itself is wrong: exit code 2."""


def report(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    print("samner:", " ".join(message.split()), file=sys.stderr)  # noqa: T201


def told(failure: Failure) -> str:
    """What to say of a document that failed: its error, and where, if that does not say so itself."""
    message, id = str(failure.error), failure.id
    return message if id is None or id in message else f"{id}: {message}"


def check_threshold(threshold: float | None) -> None:
    if threshold is not None and not 0 <= threshold <= 1:  # nan is neither
        raise Usage(f"expected --threshold from 0 to 1, found {threshold}; try 0.5")


def types_or_all(labels: str | None, schema: str | None, every: bool) -> Schema | None:
    """The schema of --labels or --schema; None for --all, which stands alone."""
    if every and (labels is not None or schema is not None):
        raise Usage("expected --all alone, found types beside it; drop --all or the types")
    return None if every else choose_types(labels, schema)


def choose_types(labels: str | None, schema: str | None) -> Schema:
    """The schema of --labels or --schema, of which exactly one must be given."""
    from samner.schema import as_schema, parse_labels

    if (labels is None) == (schema is None):
        found = "neither" if labels is None else "both"
        raise Usage(
            f"expected --labels or --schema, found {found}; write --labels person,place or --schema FILE"
        )
    try:
        return parse_labels(labels) if labels is not None else as_schema(schema or "")
    except SchemaError as error:
        if schema is not None and Path(schema).exists():
            raise  # the command line is right, the file is not
        raise Usage(f"{error}" if labels is not None else f"{error}, or use --labels") from None


def load_model(model: str | None, threads: int | None, **more: Any) -> SamNER:
    from samner.pipeline import SamNER

    return (
        SamNER(threads=threads, **more)
        if model is None
        else SamNER.from_pretrained(model, threads=threads, **more)
    )


@contextmanager
def arguments_checked() -> Iterator[None]:
    """An InputError raised inside is the fault of the command line."""
    try:
        yield
    except InputError as error:
        raise Usage(str(error)) from None


def plain_console() -> Console:
    """A rich console on standard output, wide enough for tables when that is no terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120
    return console
