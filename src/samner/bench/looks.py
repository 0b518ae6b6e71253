"""The log of looks: every run on CrossNER's test part leaves one line, so that nobody can choose on it unseen."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from samner.bench.machine import checkout, release
from samner.errors import FormatError

LOOKS = Path("bench/looks.jsonl")


def place(log: Path = LOOKS) -> Path | None:
    """The file to append to, proven writable; None where there is none.

    The default is the checkout's, whatever the working folder is; outside a checkout a path must be given.
    """
    if log == LOOKS:
        here = checkout()
        if here is None:
            return None
        log = here.root / LOOKS
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.open("a").close()
    except OSError as error:
        raise FormatError(
            f"a log of looks that can be written ({log})",
            f"{error.strerror or error}",
            "give another with log=",
        ) from None
    return log


def log_look(result: dict[str, Any], log: Path) -> None:
    """Append one line for the finished run `result`."""
    here = checkout()
    line = {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "version": release(),
        "commit": here.commit if here else None,
        "dirty": here.dirty if here else None,
        "model": result["model"],
        "options": result["options"],
        "strict": result["strict"]["mean"],
        "paper": result["paper"]["mean"],
        "ablations": {name: row["strict"]["mean"] for name, row in result["ablations"].items()},
    }
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
