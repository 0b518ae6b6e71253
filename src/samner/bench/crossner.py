"""`samner bench crossner`: the five domains under both protocols, with ablations, logged as a look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from samner.bench import crossner_scores, frozen, machine, metrics
from samner.bench.crossner_data import Task, tasks
from samner.bench.crossner_scores import Scores, figures, score
from samner.bench.looks import LOOKS, log_look, place
from samner.bench.reliability import paired_bootstrap
from samner.bench.subject import Recognizer, answers, asked, forced, typed
from samner.errors import InputError
from samner.types import Span

ABLATIONS = ("explorer", "anchor", "consensus", "mediation", "calibration")
BATCH_SIZE = 32
PROTOCOL = {
    "strict": "start, end and type match; micro-F1 in a domain; the catch-all type neither offered nor counted",
    "paper": "per sentence the set of (surface, type) pairs, case-sensitive, no offsets; micro-F1 in a domain",
    "with_catch_all": "the same with the catch-all type offered in the schema and counted in the gold",
    "span": "the spans of the strict run, types ignored; catch-all mentions removed from the gold",
    "typing_accuracy": "share of the gold spans (no catch-all) given their type by stages 2 and 3; 'none' is wrong",
    "typing_accuracy_forced": "the same with the best type in the place of 'none'",
    "mean": "plain mean over the five domains",
    "interval": "95%, bootstrap over sentences within each domain",
    "seconds": "extraction without the catch-all, all labels of the domain, one process, schema compiled, "
    "after one warm-up batch",
    "text": "the tokens joined by one space, as one string; the model sees no token bounds",
}
Say = Callable[[str], None]


def run(
    ner: Recognizer,
    data_dir: Path,
    *,
    part: str = "test",
    ablate: Iterable[str] = (),
    catch_all: bool = True,
    sentences: int | None = None,
    log: Path = LOOKS,
    batch_size: int = BATCH_SIZE,
    say: Say | None = None,
) -> dict[str, Any]:
    """Measure `ner` on CrossNER; the JSON of `samner bench crossner --json`, figures in 0 to 1.

    `data_dir` holds `DOMAIN.PART.txt`; `ablate` names stages to switch off, one row each (`all` for every one);
    `catch_all=False` skips the runs in which the catch-all is offered; `sentences` takes only so many of each domain;
    `say` hears of the progress. On the test part the definitions must be the frozen ones, and one line goes to `log`
    (see `looks.place`).
    """
    rows, load = ablations(ablate), machine.load()
    schemas = frozen.check() if part == "test" else frozen.hashes()
    book = place(log) if part == "test" else None  # an unwritable log is found before the run, not after
    say = say or (lambda _: None)
    domains = tasks(data_dir, part, sentences)
    main = [_measure(ner, task, batch_size, say) for task in domains]
    offered = [_measure(ner, task, batch_size, say, offered=True) for task in domains] if catch_all else []
    typing = {task.domain: _typing(ner, task) for task in domains}
    result = crossner_scores.result(main, offered, typing) | {
        "ablations": {f"-{row}": _ablation(ner, row, domains, main, batch_size, say) for row in rows},
        "benchmark": "crossner",
        "load_before": load,
        "part": part,
        "options": {
            "batch_size": batch_size,
            "ablate": list(rows),
            "catch_all": catch_all,
            "sentences": sentences,
        },
        "model": {"id": ner.info.id, "hash": ner.info.hash} | asked(ner),
        "thresholds": dict(getattr(ner.info, "thresholds", {})),
        "schemas": schemas,
        "data": {task.domain: task.data_sha256 for task in domains},
        "protocol": PROTOCOL,
    }
    return result | _where() | {"look": _logged(result, part, book)}


def ask(
    ner: Recognizer,
    data_dir: Path,
    *,
    part: str = "test",
    catch_all: bool = True,
    sentences: int | None = None,
    batch_size: int = BATCH_SIZE,
    say: Say | None = None,
) -> None:
    """Ask all that a `run` without ablations would, and score nothing: no look."""
    say = say or (lambda _: None)
    for task in tasks(data_dir, part, sentences):
        for offered in (False, True) if catch_all else (False,):
            _measure(ner, task, batch_size, say, offered=offered)
        _typing(ner, task)


def ablations(names: Iterable[str]) -> tuple[str, ...]:
    """The checked names in the order of the table, each once; a leading minus sign is allowed, `all` is all."""
    asked = [name.strip().removeprefix("-").removeprefix("\N{MINUS SIGN}") for name in names]
    asked = list(ABLATIONS) if asked == ["all"] else asked
    for name in asked:
        if name not in ABLATIONS:
            raise InputError(
                f"ablations out of {', '.join(ABLATIONS)}", repr(name), "write --ablate all for every one"
            )
    return tuple(name for name in ABLATIONS if name in asked)


def _measure(
    ner: Recognizer, task: Task, batch_size: int, say: Say, *, offered: bool = False, **options: Any
) -> Scores:
    say(f"{task.domain}{' with the catch-all' if offered else ''}{_shown(options)}")
    schema = ner.compile(task.full_schema if offered else task.schema)
    gold = task.documents if offered else task.specific
    if not asked(ner):  # a warm-up would be paid for
        ner.extract_batch(task.texts[:batch_size], schema, batch_size=batch_size, **options)
    return score(task.domain, gold, answers(ner, task.texts, schema, batch_size=batch_size, **options))


def _typing(ner: Recognizer, task: Task) -> tuple[float, float]:
    """Typing accuracy with "none" as an answer, and with the best type in its place."""
    spans = [[Span(e.start, e.end) for e in d.entities] for d in task.specific]
    given = typed(ner, task.texts, spans, ner.compile(task.schema))
    gold = [d.entities for d in task.specific]
    return metrics.typing_accuracy(gold, given), metrics.typing_accuracy(gold, forced(given))


def _ablation(
    ner: Recognizer, row: str, domains: list[Task], main: list[Scores], batch_size: int, say: Say
) -> dict[str, Any]:
    """One row: the stage off, its own threshold (the model folder's), and how sure the difference is."""
    scores = [_measure(ner, task, batch_size, say, without=frozenset({row})) for task in domains]
    compared = paired_bootstrap([s.strict for s in scores], [s.strict for s in main])
    return {name: figures(scores, name) for name in ("strict", "paper", "span")} | {
        "difference": compared.to_dict()
    }


def _logged(result: dict[str, Any], part: str, book: Path | None) -> str:
    if part != "test":
        return "not logged: not the test part"
    if book is None:
        return "not logged: samner does not run from its checkout; give a log file to keep a record"
    log_look(result, book)
    return f"logged in {book}"


def _where() -> dict[str, Any]:
    here = machine.checkout()
    return {
        "machine": machine.describe(),
        "version": machine.release(),
        "commit": here.commit if here else None,
        "dirty": here.dirty if here else None,
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _shown(options: dict[str, Any]) -> str:
    return "".join(f", without {', '.join(sorted(value))}" for value in options.values())
