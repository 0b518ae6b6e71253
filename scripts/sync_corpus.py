#!/usr/bin/env python3
"""Bring the master corpus into corpus/, checked: `make corpus CORPUS=DIR`, or without DIR only check what is there.

Nothing is copied unless every file of the master has the sum that corpus/SHA256SUMS states and all of it is valid.
After a deliberate change of the master, --update accepts it: files are copied or removed and the sums written anew.
corpus/LICENSE is ours and stays.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from sums import read_sums, sha256, write_sums

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
SUMS = "SHA256SUMS"
MARK = re.compile(r"\[\[([^\[\]|]+)\|([^\[\]|]+)\]\]")
ARCHETYPES = {
    *(
        "person",
        "organization",
        "location",
        "biology",
        "medicine",
        "food",
        "vehicle",
        "creative_work",
        "event",
    ),
    *("artifact", "computer_science", "political", "science", "time", "misc"),
}


def contents(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of each file that belongs to the corpus."""
    names = [*folder.glob("*.tsv"), *(folder / n for n in ("README.md", "check.py") if (folder / n).exists())]
    return {file.name: sha256(file) for file in names}


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """One line for each file that is not as wanted."""
    lines = [f"{name}: missing" for name in sorted(wanted.keys() - found.keys())]
    lines += [f"{name}: not listed" for name in sorted(found.keys() - wanted.keys())]
    shared = sorted(wanted.keys() & found.keys())
    return lines + [f"{name}: other content" for name in shared if wanted[name] != found[name]]


def problems(folder: Path) -> list[str]:
    """What is wrong with the corpus in a folder, one line each; the rules of its check.py."""
    stems = {f.name.removesuffix(".tsv") for f in folder.glob("*.tsv")}
    passages = sorted(s for s in stems if not s.endswith(".types"))
    found = [
        f"{s}.tsv: missing" for s in sorted(stems - set(passages)) if s.removesuffix(".types") not in stems
    ]
    for name in passages:
        if f"{name}.types" in stems:
            found += _of_one(folder, name)
        else:
            found.append(f"{name}.types.tsv: missing")
    return found or ([] if passages else ["no corpus file NAME.tsv"])


def _of_one(folder: Path, name: str) -> list[str]:
    found, types, seen = [], set(), set()
    for n, line in enumerate((folder / f"{name}.types.tsv").read_text("utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != 5 or cells[1] not in ARCHETYPES:
            found.append(f"{name}.types.tsv:{n}: want type, archetype, broader, other names, definition")
        types.add(cells[0])
    for n, line in enumerate((folder / f"{name}.tsv").read_text("utf-8").splitlines(), 1):
        where = f"{name}.tsv:{n}"
        if line.count("\t") != 1:
            found.append(f"{where}: want DOMAIN<TAB>TEXT")
            continue
        text = line.split("\t")[1]
        plain = MARK.sub(r"\1", text)
        if "[[" in plain or "]]" in plain or plain in seen:
            found.append(f"{where}: broken mark or repeated passage")
        seen.add(plain)
        found += [f"{where}: type {t!r} is not defined" for _, t in MARK.findall(text) if t not in types]
    return found


def sync(master: Path, corpus: Path, update: bool) -> list[str]:
    """Make `corpus` the same as `master` and say what changed. ValueError, one fault a line, where it must not be."""
    there = contents(master)
    faults = problems(master)
    if not update:
        faults += differences(read_sums(corpus / SUMS), there)
    if faults:
        raise ValueError("\n".join(faults))
    here = contents(corpus)
    changed = []
    for name in sorted(there):
        if here.get(name) != there[name]:
            shutil.copyfile(master / name, corpus / name)
            changed.append(f"{'changed' if name in here else 'added'}: {name}")
    for name in sorted(here.keys() - there.keys()):
        (corpus / name).unlink()
        changed.append(f"removed: {name}")
    if update:
        write_sums(corpus / SUMS, there)
    return changed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "master", type=Path, nargs="?", help="folder of the master corpus; left out: check only"
    )
    parser.add_argument("--into", type=Path, default=CORPUS, help="the corpus folder of the checkout")
    parser.add_argument(
        "--update", action="store_true", help="accept the master as it is and write the sums anew"
    )
    asked = parser.parse_args()
    if asked.master is None and asked.update:
        parser.error("--update needs the folder of the master")
    try:
        if asked.master is None:
            faults = differences(read_sums(asked.into / SUMS), contents(asked.into)) + problems(asked.into)
            if faults:
                raise ValueError("\n".join(faults))
            changed = []
        else:
            changed = sync(asked.master, asked.into, asked.update)
    except (OSError, ValueError) as error:
        print(
            f"{error}\nthe corpus is not as {SUMS} says; after a deliberate change pass --update",
            file=sys.stderr,
        )
        return 1
    print(*changed, f"{len(contents(asked.into))} files, as {asked.into / SUMS} says", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
