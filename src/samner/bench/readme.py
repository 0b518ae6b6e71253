"""`make readme`: the results section of README.md, from the JSON that the commands named in it wrote.

`python -m samner.bench.readme` fails, and changes nothing, where a result is missing or the results are of different
models. `--draft` says so in the README instead, in the place of the missing table: no figure without its file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from samner.bench.machine import checkout
from samner.bench.report import crossner_table, development_table, replace, speed_table
from samner.bench.tables import percent
from samner.errors import FormatError, SamnerError

RESULTS = Path("bench/results")
PLACEHOLDER = "(measured with the release model)"
Result = Mapping[str, Any]


class Section(NamedTuple):
    """A part of the results: its file, its heading, the command that writes the file, and how it is shown."""

    file: str
    heading: str
    command: str
    show: Callable[[Result], str]


def _development(result: Result) -> str:
    ece, names = result["calibration_error"], result.get("crossner_names")
    text = (
        f"{development_table(result)}\n\nWhole domains and whole user schemas kept out of training; `slots` are "
        "schemas of quantities, ratings and the like. Thresholds were chosen on this data, so these figures lean "
        f"upwards. With no schema (`--all`), span F1 is {percent(result['every']['span_f1'])}. Expected calibration "
        f"error of the scores, on tasks that the fit did not see: {percent(ece['ece'])}."
    )
    if names:
        seen, of = len(names["seen"]), len(names["seen"]) + len(names["unseen"])
        text += f" Of CrossNER's {of} type names (the catch-all left out) training has seen {seen}."
    return text


SECTIONS = (
    Section(
        "crossner.json",
        "CrossNER, which nothing was trained or chosen on",
        "samner bench crossner --data DIR --ablate all --json bench/results/crossner.json",
        crossner_table,
    ),
    Section(
        "development.json",
        "Development set: does each stage pay?",
        "samner export RUN OUT",
        _development,
    ),
    Section(
        "speed.json",
        "Speed",
        "samner bench speed --data DIR --peer gliner --json bench/results/speed.json",
        speed_table,
    ),
)


def results(folder: Path) -> dict[str, Result]:
    """The results that are there, by file name. FormatError where one is no JSON or they are of different models."""
    found = {}
    for section in SECTIONS:
        file = folder / section.file
        if not file.exists():
            continue
        try:
            found[section.file] = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(f"the JSON of a bench in {file}", str(error), section.command) from None
    models = {name: result["model"]["hash"] for name, result in found.items() if "model" in result}
    if len(set(models.values())) > 1:
        said = ", ".join(f"{name} of {hash[:12]}" for name, hash in models.items())
        raise FormatError("results of one model", said, "measure them again with the same model")
    return found


def section_text(folder: Path, *, draft: bool = False) -> str:
    """What stands between the marks of the README. FormatError names what is missing, unless this is a draft."""
    found = results(folder)
    missing = [section for section in SECTIONS if section.file not in found]
    if missing and not draft:
        names = ", ".join(str(folder / section.file) for section in missing)
        raise FormatError("every result", f"no {names}", "; ".join(section.command for section in missing))
    return "\n".join(
        f"\n### {section.heading}\n\n`{section.command}`\n\n"
        f"{section.show(found[section.file]) if section.file in found else PLACEHOLDER}\n"
        for section in SECTIONS
    )


def main(arguments: Sequence[str]) -> int:
    """Rewrite the section in the README of the checkout."""
    here = checkout()
    if here is None or set(arguments) - {"--draft"}:
        sys.stderr.write("expected a checkout of samner and no argument but --draft\n")
        return 2
    readme = here.root / "README.md"
    try:
        text = section_text(here.root / RESULTS, draft="--draft" in arguments)
        readme.write_text(replace(readme.read_text("utf-8"), text), encoding="utf-8")
    except (SamnerError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
