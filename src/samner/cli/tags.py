"""`samner tags` and `samner similar`: what each document is about, and which documents share rare entities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samner.cli.output import open_output
from samner.cli.results import ResultsArgument, read_all
from samner.cli.shared import Usage, arguments_checked

if TYPE_CHECKING:
    from samner.knowledge.results import Extraction

OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output.")
]
WithoutOption = Annotated[
    str,
    typer.Option("--without", metavar="A,B,...", help='Archetypes whose entities do not count; "" for none.'),
]


def tags(
    results: ResultsArgument,
    format: Annotated[
        str, typer.Option("--format", "-f", help="json (a line a document), csv or front-matter.")
    ] = "json",
    top: Annotated[int, typer.Option("--top", min=1, help="Tags a document.")] = 10,
    without: WithoutOption = "time",
    output: OutputOption = None,
) -> int:
    """The entities and archetypes that each document is about, ranked by salience.

    Salience is the product of frequency, position, spread, score and rarity; json shows each. Rarity is counted over
    all documents given, so give the whole corpus.
    """
    from samner.knowledge.tag_formats import check_format, write
    from samner.knowledge.tags import tag

    with arguments_checked():
        check_format(format)
    extractions, bad = read_all(results)
    left_out = _archetypes(without, extractions)
    with open_output(output) as out:
        write(tag(extractions, left_out), format, top, out)
    return 1 if bad else 0


def similar(
    results: ResultsArgument,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="Only the documents that are like this one.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Documents for each.")] = 5,
    common: Annotated[
        float,
        typer.Option("--common", metavar="0..1", help="An entity in more of the documents is not rare."),
    ] = 0.1,
    without: WithoutOption = "time",
    output: OutputOption = None,
) -> int:
    """Documents that share rare entities: JSON Lines, a document a line with those most like it."""
    from samner.knowledge.similar import similar as find
    from samner.writing.base import dumps

    if not 0 < common <= 1:
        raise Usage(f"expected --common above 0 and up to 1, found {common}; try 0.1")
    extractions, bad = read_all(results)
    left_out = _archetypes(without, extractions)
    found = find(extractions, common, left_out)
    if to is not None and to not in {e.id for e in extractions}:
        raise Usage(f"expected --to with the id of a document, found {to!r}; ids are in the results")
    with open_output(output) as out:
        for extraction in extractions:
            if to in (None, extraction.id):
                rows: list[dict[str, Any]] = [
                    {"id": p.other, "score": p.score, "shared": [e.name for e in p.shared]}
                    for p in found.get(extraction.id, [])[:top]
                ]
                out.write(dumps({"id": extraction.id, "similar": rows}) + "\n")
    return 1 if bad else 0


def _archetypes(names: str, extractions: Sequence[Extraction]) -> frozenset[str]:
    """The archetypes of --without: of the shipped set, or of the results where these come from another one."""
    from samner.archetypes import load
    from samner.strict import hint

    known = {archetype.name for archetype in load()} | {m.archetype for e in extractions for m in e.mentions}
    asked = frozenset(name.strip() for name in names.split(",") if name.strip())
    for name in sorted(asked - known):
        raise Usage(f"expected archetypes in --without, found {name!r}; {hint(name, sorted(known))}")
    return asked
