"""`samner eval`: how well a model does on gold data that the user brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samner.bench import metrics
from samner.bench.datasets import GoldDocument, read_gold
from samner.bench.metrics import Counts
from samner.bench.mistakes import Mistake, missed, wrong
from samner.bench.reliability import expected_calibration_error, reliability_table
from samner.bench.subject import Answers, Recognizer, answers, asked, forced, typed
from samner.types import Entity, Span


@dataclass(frozen=True, slots=True)
class Report:
    """What `samner eval` found. `to_dict` is its JSON, `samner.bench.tables.print_report` its text."""

    strict: Counts
    spans: Counts
    typing_accuracy: float
    typing_accuracy_forced: float
    types: dict[str, Counts]
    confusion: dict[str, dict[str, int]]
    calibration: dict[str, Any] | None
    wrong: list[Mistake]
    missed: list[Mistake]
    documents: int
    failures: dict[int, str]
    model: dict[str, Any]
    seconds: float

    def to_dict(self, worst: int = 20) -> dict[str, Any]:
        """The JSON form; figures in 0 to 1; at most `worst` errors of each sort.

        `types` has the labels that occur in the gold or in the predictions.
        """
        return {
            "f1": self.strict.f1,
            "precision": self.strict.precision,
            "recall": self.strict.recall,
            "span_f1": self.spans.f1,
            "typing_accuracy": self.typing_accuracy,
            "typing_accuracy_forced": self.typing_accuracy_forced,
            "types": {label: counts.to_dict() for label, counts in self.types.items()},
            "confusion": self.confusion,
            "calibration": self.calibration,
            "errors": {
                "wrong": [m.to_dict() for m in self.wrong[:worst]],
                "missed": [m.to_dict() for m in self.missed[:worst]],
            },
            "counts": {
                "documents": self.documents,
                "gold": self.strict.gold,
                "predicted": self.strict.predicted,
                "right": self.strict.right,
                "wrong": len(self.wrong),
                "missed": len(self.missed),
            },
            "failures": {str(n): reason for n, reason in self.failures.items()},
            "model": self.model,
            "seconds": self.seconds,
        }


def evaluate(ner: Recognizer, gold: Path | Sequence[GoldDocument], schema: Any, **options: Any) -> Report:
    """Extract from the gold texts with `schema` and score what comes.

    `gold` is a file for `read_gold` or documents whose labels are the schema's; `options` (threshold, nested,
    without, batch_size ...) go to `extract_batch`. Typing accuracy asks `classify` about the gold spans:
    "none" is wrong there; in the `forced` figure the best type takes its place.
    """
    compiled = ner.compile(schema)
    if isinstance(gold, Path):
        gold = read_gold(gold, set(compiled.schema.names))
    texts = [d.text for d in gold]
    said = answers(ner, texts, compiled, **options)
    given = typed(ner, texts, [[Span(e.start, e.end) for e in d.entities] for d in gold], compiled)
    return report(ner, gold, said, given)


def report(
    ner: Recognizer, gold: Sequence[GoldDocument], said: Answers, given: Sequence[Sequence[Entity]]
) -> Report:
    """Score answers that are already there; `given` are the answers for the gold spans."""
    marked, found = [d.entities for d in gold], said.entities
    return Report(
        strict=metrics.total(metrics.strict(marked, found)),
        spans=metrics.total(metrics.spans(marked, found)),
        typing_accuracy=metrics.typing_accuracy(marked, given),
        typing_accuracy_forced=metrics.typing_accuracy(marked, forced(given)),
        types=metrics.per_type(marked, found),
        confusion=metrics.confusion(marked, found),
        calibration=_calibration(gold, found),
        wrong=wrong(gold, found),
        missed=missed(gold, found),
        documents=len(gold),
        failures=said.failures,
        model={"id": ner.info.id, "hash": ner.info.hash} | asked(ner),
        seconds=said.seconds,
    )


def _calibration(gold: Sequence[GoldDocument], found: Sequence[Sequence[Entity]]) -> dict[str, Any] | None:
    """Do scores say how often a reported entity is right? None where nothing was reported."""
    pairs = [
        (e.score, (e.start, e.end, e.label) in document.entities)
        for document, entities in zip(gold, found, strict=True)
        for e in entities
    ]
    if not pairs:
        return None
    scores, right = [s for s, _ in pairs], [r for _, r in pairs]
    table = [asdict(b) for b in reliability_table(scores, right)]
    return {"ece": expected_calibration_error(scores, right), "bins": table}
