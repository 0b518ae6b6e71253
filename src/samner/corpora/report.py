"""The final report: what a run counted, as JSON, as text, and as a page with plots."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple

from samner.corpora.folder import ERRORS, REPORT, Folder
from samner.corpora.job import Job
from samner.corpora.tally import BINS, Tally

_SHOWN = 20  # of a long list of types in the text


class Session(NamedTuple):
    """The last of perhaps many runs into a folder: what was done when it began, how long it took, and the language
    model's prices."""

    before: Tally
    seconds: float
    prices: tuple[float | None, float | None] = (None, None)


def write_report(job: Job, folder: Folder, total: Tally, session: Session) -> str:
    """`report.json`, `report.txt` and `report.html` in the folder; the text is returned too."""
    from samner.corpora.page import page

    data = facts(job, total, session)
    text = as_text(data)
    folder.write(f"{REPORT}.json", json.dumps(data, indent=1) + "\n")
    folder.write(f"{REPORT}.txt", text)
    folder.write(f"{REPORT}.html", page(data))
    return text


def facts(job: Job, total: Tally, session: Session) -> dict[str, Any]:
    """All that the report says. `last_run` has what the last run did, and its rates a second of the clock."""
    done = {
        name: getattr(total, name) - getattr(session.before, name)
        for name in ("documents", "tokens", "entities")
    }
    return {
        "model": job.model,
        "schema": job.schema_mark,
        "files": len(job.sources),
        **{name: getattr(total, name) for name in ("documents", "failed", "unreadable")},
        **{name: getattr(total, name) for name in ("characters", "tokens", "entities")},
        "types": _ranked(total.types, [] if job.schema is None else job.schema.names),
        "archetypes": _ranked(total.archetypes, []),
        "scores": total.scores,
        "slowest": total.slowest,
        "usage": _costs(total, session),
        "events": dict(sorted(total.events.items())),
        "last_run": {
            "seconds": round(session.seconds, 2),
            **done,
            "rates": {name: round(count / max(session.seconds, 1e-9), 1) for name, count in done.items()},
        },
    }


def as_text(data: dict[str, Any]) -> str:
    """The report for a terminal."""
    run = data["last_run"]
    lines = [
        f"{data['documents']:,} documents, {data['tokens']:,} tokens, {data['entities']:,} entities; "
        f"input files: {data['files']:,}"
    ]
    if data["failed"]:
        lines.append(f"{data['failed']:,} documents failed: see {ERRORS}; --retry-errors reads them again")
    if data["unreadable"]:
        lines.append(f"{data['unreadable']:,} documents in a language or script that the model cannot read")
    rates = ", ".join(f"{rate:,.0f} {name}" for name, rate in run["rates"].items())
    lines.append(
        f"this run: {run['documents']:,} documents in {_duration(run['seconds'])}; a second: {rates}"
    )
    lines += _counts("types", data["types"]) + _counts("archetypes", data["archetypes"])
    lines += _histogram(data["scores"])
    if data["slowest"]:
        lines += ["", "slowest documents (seconds, code points)"]
        lines += [f"  {seconds:8.2f} {size:>10,}  {name}" for seconds, name, size in data["slowest"]]
    if data["usage"]:
        lines += ["", "language model"]
        lines += [f"  {name.replace('_', ' '):<32} {value:>10,.6g}" for name, value in data["usage"].items()]
        lines += [f"  {name:<32} {count:>10,}" for name, count in data["events"].items()]
    return "\n".join(lines) + "\n"


def _costs(total: Tally, session: Session) -> dict[str, Any]:
    """What a language model was asked and cost, over all runs into the folder; empty where none took part."""
    if not any(total.usage.values()):
        return {}
    from samner.llms.costs import Costs
    from samner.ports import Usage

    return Costs(Usage(**total.usage), *session.prices).to_dict()


def _ranked(counts: Counter[str], names: Any) -> list[list[Any]]:
    """[name, count] from the most frequent down, types of the schema that never occurred among them."""
    every = dict.fromkeys(names, 0) | dict(counts)
    return [list(row) for row in sorted(every.items(), key=lambda row: (-row[1], row[0]))]


def _counts(title: str, rows: list[list[Any]]) -> list[str]:
    if not rows:
        return []
    lines = ["", title] + [f"  {count:>10,}  {name}" for name, count in rows[:_SHOWN]]
    rest = rows[_SHOWN:]
    return [*lines, f"  {sum(row[1] for row in rest):>10,}  in {len(rest)} more"] if rest else lines


def _histogram(scores: list[int]) -> list[str]:
    most = max(scores)
    if not most:
        return []
    used = [n for n, count in enumerate(scores) if count]
    rows = range(used[0], BINS)
    bars = [(n / BINS, scores[n], "▇" * round(scores[n] / most * 40)) for n in rows]
    return ["", "scores"] + [f"  {at:.2f} {count:>10,}  {bar}".rstrip() for at, count, bar in bars]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
