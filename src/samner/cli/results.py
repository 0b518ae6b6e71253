"""What the commands on extractions share: their argument, and reading it with every failure reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from samner.cli.shared import report
from samner.errors import InputError
from samner.types import Failure

if TYPE_CHECKING:
    from samner.knowledge.results import Extraction

ResultsArgument = Annotated[
    list[str],
    typer.Argument(metavar="RESULTS...", help="A folder of `samner run`, or JSON Lines of `samner extract`."),
]


def read_all(paths: list[str]) -> tuple[list[Extraction], int]:
    """The extractions that could be read, and how many could not, each reported in a line. Where all failed, that is
    an error: an empty result must not take the place of a good one that an earlier call wrote."""
    from samner.knowledge.results import read_results

    held, bad = [], 0
    for read in read_results(paths):
        if isinstance(read, Failure):
            report(str(read.error))
            bad += 1
        else:
            held.append(read)
    if bad and not held:
        raise InputError("results to read", f"none in {', '.join(paths)}", "nothing was written")
    return held, bad
