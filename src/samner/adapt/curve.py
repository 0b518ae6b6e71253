"""`samner bench adapt`: how much a few annotated texts help, and that nothing else changes.

Apart from the zero-shot results: here types are learned from each set's own texts.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from samner.adapt.curve_rows import TUNED
from samner.adapt.development import documents, tasks, unlike
from samner.adapt.run import adapt
from samner.bench import crossner_data, machine, metrics
from samner.bench.datasets import DOMAINS, GoldDocument, GoldEntity
from samner.bench.looks import LOOKS, log_look, place
from samner.bench.subject import answers
from samner.pipeline import SamNER
from samner.train.examples import read_public
from samner.train.material import LABELS
from samner.train.ontology import TypeBook
from samner.types import EntityType, Schema

SIZES = (0, 5, 20, 100, 500)
TUNED_SIZES = (20, 100)  # with low-rank updates of the encoder, which take minutes
SCORED = 1000  # texts of a set outside CrossNER that are scored
UNSEEN = {
    "fewnerd_inter_dev": "fewnerd",
    "fewnerd_inter_test": "fewnerd",
}  # sets that no shipped weights have seen
PROTOCOL = {
    "f1": "strict micro-F1 of the set's scored part; types are learned from n texts of its own: no zero-shot figure",
    "crossner": "n sentences of the train part to learn from (in an order by chance, seed 1), the scored part is named "
    "by `part`; the catch-all left out of both",
    "development": "Few-NERD INTER dev and test, which no shipped weights were trained on: n sentences to learn from, "
    f"{SCORED} others scored",
    "changed": "texts of the zero-shot development set with another answer than before, schemas with a learned type as "
    "written left out; and their strict micro-F1 before and after",
    "encoder": "with low-rank updates of the text encoder tried as well (`samner adapt --encoder-rank`)",
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Course:
    """A set to learn from and to score on."""

    name: str
    half: str
    schema: Schema
    learn: Sequence[GoldDocument]
    score: Sequence[GoldDocument]


def crossner_courses(data: Path, part: str) -> list[Course]:
    """The five domains, learning from their train part."""
    train, scored = (crossner_data.tasks(data, which) for which in ("train", part))
    return [
        Course(one.domain, "crossner", one.schema, _shuffled(one.specific), other.specific)
        for one, other in zip(train, scored, strict=True)
    ]


def unseen_courses(data: Path) -> list[Course]:
    """Sets with types that training never asked for; `data` holds `train/NAME.jsonl.gz`."""
    made = []
    for name, labels in UNSEEN.items():
        book = TypeBook()
        examples = list(read_public(data, name, LABELS / f"{labels}.tsv", book, exhaustive=False))
        keys = sorted({key for e in examples for _, _, key in e.mentions if key})
        entries = [book.entries[key] for key in keys]
        schema = Schema(tuple(EntityType(e.name, e.definitions[0]) for e in entries))
        gold = [
            GoldDocument(
                e.text,
                tuple(
                    GoldEntity(e.words[first].start, e.words[end - 1].end, book.entries[key].name)
                    for first, end, key in e.mentions
                    if key
                ),
            )
            for e in examples
        ]
        gold = _shuffled(gold)
        made.append(Course(name, "development", schema, gold[SCORED:], gold[:SCORED]))
    return made


def _shuffled(rows: Sequence[GoldDocument]) -> list[GoldDocument]:
    mixed = list(rows)
    random.Random(1).shuffle(mixed)
    return mixed


def run(
    courses: Sequence[Course],
    *,
    model: str | None = None,
    threads: int | None = None,
    sizes: Sequence[int] = SIZES,
    rank: int = 0,
    corpus: Path | None = None,
    part: str = "test",
    log: Path = LOOKS,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """The learning curve of each course; the JSON of `samner bench adapt --json`. With a `rank`, a second one with the
    encoder tuned; with `corpus`, also whether answers for other types change. CrossNER's test part is logged as a
    look."""
    looked = part == "test" and any(c.half == "crossner" for c in courses)
    book = place(log) if looked else None
    plain = SamNER(model, threads=threads)
    rows = {}
    for course in courses:
        rows[course.name] = _course(course, plain, model, threads, sizes, 0, corpus, say)
        if rank:
            name, few = f"{course.name}{TUNED}", [n for n in sizes if n in TUNED_SIZES]
            rows[name] = _course(course, plain, model, threads, few, rank, corpus, say)
    result = {
        "benchmark": "adapt",
        "part": part,
        "courses": rows,
        "model": {"id": plain.info.id, "hash": plain.info.hash},
        "protocol": PROTOCOL,
        "machine": machine.describe(),
        "version": machine.release(),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    if book is not None:
        log_look(_look(result), book)
    return result


def _course(
    course: Course,
    plain: SamNER,
    model: str | None,
    threads: int | None,
    sizes: Sequence[int],
    rank: int,
    corpus: Path | None,
    say: Say,
) -> dict[str, Any]:
    points: list[dict[str, Any]] = []
    changed = None
    with TemporaryDirectory() as folder:
        for n in sorted({min(size, len(course.learn)) for size in sizes}):
            say(f"{course.name}: {n} texts{f', rank {rank}' if rank else ''}")
            start, ner, out = time.perf_counter(), plain, Path(folder) / str(n)
            if n:
                adapt(course.learn[:n], course.schema, out, rank=rank, model=model, threads=threads)
                ner = SamNER(out, threads=threads)
            seconds = time.perf_counter() - start if n else 0.0
            points.append({"texts": n, "f1": f1(ner, course), "seconds": seconds})
        if corpus is not None:
            changed = forgotten(plain, ner, course.schema, corpus)
    return {"half": course.half, "points": points, "scored": len(course.score), "changed": changed}


def f1(ner: SamNER, course: Course) -> float:
    """Strict micro-F1 on the scored part."""
    found = answers(ner, [d.text for d in course.score], ner.compile(course.schema)).entities
    return metrics.total(metrics.strict([d.entities for d in course.score], found)).f1


def forgotten(before: SamNER, after: SamNER, schema: Schema, corpus: Path) -> dict[str, float]:
    """On how many texts of the development set the answers differ, among schemas without a learned type; and F1 on
    these texts, before and after."""
    texts = differing = 0
    counts = [metrics.Counts(0, 0, 0)] * 2
    for task in unlike(tasks(corpus), schema):
        gold = documents(task)
        given = [d.text for d in gold]
        found = [answers(ner, given, ner.compile(task.schema)).entities for ner in (before, after)]
        texts += len(given)
        differing += sum(a != b for a, b in zip(*found, strict=True))
        each = [metrics.total(metrics.strict([d.entities for d in gold], rows)) for rows in found]
        counts = [c.plus(more) for c, more in zip(counts, each, strict=True)]
    old, new = (c.f1 for c in counts)
    return {"texts": texts, "changed": differing, "f1_before": old, "f1_after": new}


def _look(result: dict[str, Any]) -> dict[str, Any]:
    last = [row["points"][-1]["f1"] for name, row in result["courses"].items() if name in DOMAINS]
    return {
        "model": result["model"],
        "options": {"bench": "adapt"},
        "strict": {"mean": metrics.mean(last)},
        "paper": {"mean": None},
        "ablations": {},
    }
