#!/usr/bin/env python3
"""Fill the folder that SAMNER_DATA names with the public sets that `samner train` reads.

    python scripts/fetch_data.py DEST --from DIR    # copy from a folder laid out the same, each file checked by SHA-256
    python scripts/fetch_data.py DEST               # CrossNER from its repository; for the rest, where to get it
    python scripts/fetch_data.py DEST --set wnut17  # only this set; may be repeated

Layout: DEST/train/NAME.jsonl.gz, a unit a line, {"tokens": [...], "spans": [[first, last_inclusive, label], ...]} with
the set's own label strings, and optionally "dom", a sub-domain; DEST/crossner/DOMAIN.PART.txt, token TAB tag, a blank
line between sentences. scripts/data.sha256 holds the sums of the files that the shipped weights were trained on.
Exit code 0 when every file asked for is there, else 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sums import read_sums, sha256

HERE = Path(__file__).resolve().parent
SUMS = HERE / "data.sha256"
SETS = HERE.parent / "src/samner/train/licences.yaml"
# CrossNER is the one set whose public files are what we read, byte for byte: a download is checked by its sum.
CROSSNER = "https://raw.githubusercontent.com/zliucr/CrossNER/HEAD/ner_data/{domain}/{part}.txt"
LAYOUT = 'as {"tokens": [...], "spans": [[first, last_inclusive, label], ...]} lines'


def known_sets() -> dict[str, dict[str, Any]]:
    """Name -> what licences.yaml says of the set."""
    rows = yaml.safe_load(SETS.read_text("utf-8"))
    return {name: row for row in (*rows["sets"], rows["evaluation"]) for name in row["names"]}


def files_of(name: str, sums: Mapping[str, str]) -> list[str]:
    """The paths of a set's files below the data folder."""
    return [p for p in sums if p.startswith("crossner/" if name == "crossner" else f"train/{name}.")]


def copy(source: Path, dest: Path, paths: list[str], sums: Mapping[str, str]) -> list[str]:
    """Copy files whose sums are right; returns a line for each that could not be had."""
    faults = []
    for path in paths:
        if not (source / path).is_file():
            faults.append(f"{path}: not in {source}")
        elif sha256(source / path) != sums[path]:
            faults.append(f"{path}: other content in {source}; not copied")
        else:
            (dest / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, dest / path)
    return faults


def download(dest: Path, paths: list[str], sums: Mapping[str, str]) -> list[str]:
    """CrossNER's files from its repository, kept only where the sum is right."""
    faults: list[str] = []
    for path in paths:
        if (dest / path).is_file() or not path.endswith(".txt"):
            continue
        domain, part, _ = Path(path).name.split(".")
        url = CROSSNER.format(domain=domain, part=part)
        beside = dest / f"{path}.part"
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            with urllib.request.urlopen(url, timeout=30) as answer:
                beside.write_bytes(answer.read())
        except OSError as error:
            return [*faults, f"{path}: {url}: {error}"]  # no network: the others would fail as slowly
        if sha256(beside) == sums[path]:
            beside.replace(dest / path)
        else:
            beside.unlink()
            faults.append(f"{path}: {url} has other content by now; not kept")
    return faults


def state(dest: Path, name: str, row: Mapping[str, Any], sums: Mapping[str, str]) -> tuple[bool, str]:
    """Whether a set is there, and a line or two on it."""
    paths = [p for p in files_of(name, sums) if not p.endswith("LICENSE")]
    missing = [p for p in paths if not (dest / p).is_file()]
    head = f"{name}: {row['title']}, {row['licence']}"
    if missing:
        how = "token TAB tag lines" if name == "crossner" else LAYOUT
        lines = [f"{head}: MISSING", f"  from {row['source']} ({row['authors']})"]
        return False, "\n".join([*lines, *(f"  put it at {dest / p}, {how}" for p in missing)])
    own = [p for p in paths if sha256(dest / p) != sums[p]]
    return True, head + (
        ": there, but not the file that the shipped weights were trained on" if own else ": there"
    )


def main() -> int:
    sets, sums = known_sets(), read_sums(SUMS)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dest", type=Path, nargs="?", default=os.environ.get("SAMNER_DATA"))
    parser.add_argument("--from", type=Path, dest="source", metavar="DIR", help="a folder laid out the same")
    parser.add_argument(
        "--set", action="append", choices=sorted(sets), metavar="NAME", help=", ".join(sorted(sets))
    )
    asked = parser.parse_args()
    if asked.dest is None:
        parser.error("expected the folder to fill, found none; pass DEST or set SAMNER_DATA")
    dest, names, faults = Path(asked.dest), asked.set or list(sets), list[str]()
    for name in names:
        if asked.source is not None:
            faults += copy(asked.source, dest, files_of(name, sums), sums)
        elif name == "crossner":
            faults += download(dest, files_of(name, sums), sums)
    states = [state(dest, name, sets[name], sums) for name in names]
    print(*(line for _, line in states), sep="\n")
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
    return 0 if all(there for there, _ in states) and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
