"""The built-in CrossNER definitions, frozen by hash before the first look at the test part.

`python -m samner.bench.frozen` writes the hashes. It refuses once the release has looked at the test part:
wording the definitions after a look would be choosing on the test data.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from samner.bench.datasets import DOMAINS
from samner.bench.machine import checkout, release as this_release
from samner.errors import FormatError, SamnerError

FOLDER = Path(__file__).resolve().parent.parent / "schemas" / "crossner"
NAME = "FROZEN.sha256"
REFREEZE = "python -m samner.bench.frozen"


def hashes(folder: Path | None = None) -> dict[str, str]:
    """File name -> SHA-256 of its bytes, for the schema of each domain."""
    paths = [(folder or FOLDER) / f"{domain}.yaml" for domain in DOMAINS]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def check() -> dict[str, str]:
    """The hashes, when they are the frozen ones; a `FormatError` otherwise."""
    path, found = FOLDER / NAME, hashes()
    remedy = (
        f"undo the change, or freeze anew with `{REFREEZE}`, allowed only before the first look of a release"
    )
    if not path.is_file():
        raise FormatError(f"frozen CrossNER definitions ({path})", "none", remedy)
    frozen = {name: digest for digest, name in map(str.split, path.read_text("utf-8").splitlines())}
    changed = sorted(name for name in found.keys() | frozen.keys() if found.get(name) != frozen.get(name))
    if changed:
        raise FormatError(
            f"the CrossNER definitions as frozen in {path}", f"changed: {', '.join(changed)}", remedy
        )
    return found


def freeze(folder: Path | None = None, log: Path | None = None, release: str | None = None) -> Path:
    """Write the hashes; a `FormatError` when `log` has a look of this release already."""
    folder, release = folder or FOLDER, release or this_release()
    looks = (
        [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log and log.is_file() else []
    )
    taken = [look["time"] for look in looks if look["version"] == release]
    if taken:
        raise FormatError(
            f"no look at the test part by release {release} before freezing",
            f"{len(taken)} in {log}, the first at {taken[0]}",
            "raise the version first: definitions stay as they are within a release",
        )
    rows = [f"{digest}  {name}\n" for name, digest in hashes(folder).items()]
    (folder / NAME).write_text("".join(rows), encoding="utf-8")
    return folder / NAME


def main() -> int:
    here = checkout()
    try:
        path = freeze(log=here.root / "bench" / "looks.jsonl" if here else None)
    except SamnerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"frozen: {path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
