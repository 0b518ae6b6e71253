"""`python -m samner.adapt.fill RESULT.json PAGE.md`: tables of `bench drift` or `bench adapt` into a page, between its
marks. No figure is copied by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from samner.adapt import curve_rows
from samner.bench import drift_rows
from samner.bench.report import replace
from samner.errors import FormatError, SamnerError

TABLES = {"drift": drift_rows.markdown, "adapt": curve_rows.markdown}


def fill(result: Path, page: Path) -> None:
    """Put the tables of a result in place. FormatError for another JSON or a page without marks."""
    found = json.loads(result.read_text("utf-8"))
    name = found.get("benchmark") if isinstance(found, dict) else None
    if name not in TABLES:
        raise FormatError(
            f"a result of bench {' or '.join(TABLES)}", f"another in {result}", "write it with --json"
        )
    model = f"Model `{found['model']['id']}` (SHA-256 `{found['model']['hash'][:12]}`), {found['time'][:10]}."
    text = replace(page.read_text("utf-8"), f"\n{TABLES[name](found)}\n{model}\n")
    page.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """The two paths; 0 when the page is written."""
    if len(arguments) != 2:
        sys.stderr.write("expected RESULT.json PAGE.md\n")
        return 2
    try:
        fill(Path(arguments[0]), Path(arguments[1]))
    except (SamnerError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
