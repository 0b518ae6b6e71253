"""Precision, recall and F1 under the protocols of the package docstring, as pure functions on data.

A *document* here is a sequence of items with `start`, `end` and `label`, gold or predicted. Gold and
predicted documents are given in the same order, one to one: nothing is joined by text, so equal sentences
never collide.

Empty cases, the same everywhere: where nothing is to be found and nothing is said, precision, recall and F1
are 1 (the answer is perfect); where something is to be found and nothing is said, or the other way round,
whatever would divide by zero is 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence, Set
from typing import NamedTuple, Protocol

NONE = "none"


class Mention(Protocol):
    """Anything with a place and a label: `GoldEntity`, `samner.types.Entity`."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def label(self) -> str: ...


Document = Sequence[Mention]


class Counts(NamedTuple):
    """How many items were right, predicted, and in the gold."""

    right: int
    predicted: int
    gold: int

    def plus(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else float(not self.gold)

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else float(not self.predicted)

    @property
    def f1(self) -> float:
        both = self.predicted + self.gold
        return 2 * self.right / both if both else 1.0

    def to_dict(self) -> dict[str, float]:
        """The three figures in 0 to 1 and the three counts."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return figures | {"right": self.right, "predicted": self.predicted, "gold": self.gold}


def total(counts: Iterable[Counts]) -> Counts:
    """The sum, whose F1 is the micro-average."""
    out = Counts(0, 0, 0)
    for one in counts:
        out = out.plus(one)
    return out


def mean(values: Collection[float]) -> float:
    """The plain mean of at least one figure: the macro-average over domains."""
    return sum(values) / len(values)


def strict(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Counts]:
    """Per document: right when start, end and label all match. An item counts once, however often said."""
    return _compare(gold, predicted, lambda m: (m.start, m.end, m.label))


def spans(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Counts]:
    """Per document: labels ignored, a span is right when start and end match."""
    return _compare(gold, predicted, lambda m: (m.start, m.end))


def paper(texts: Sequence[str], gold: Sequence[Document], predicted: Sequence[Document]) -> list[Counts]:
    """Per document: the set of (surface, label) pairs, case-sensitive, offsets forgotten."""
    return [
        _count({(t[m.start : m.end], m.label) for m in g}, {(t[m.start : m.end], m.label) for m in p})
        for t, g, p in zip(texts, gold, predicted, strict=True)
    ]


def per_type(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, Counts]:
    """Strict counts for each label that occurs in either side, sorted by label."""
    labels = {m.label for side in (gold, predicted) for document in side for m in document}
    return {label: total(strict(_only(gold, label), _only(predicted, label))) for label in sorted(labels)}


def typing_accuracy(gold: Sequence[Document], answers: Sequence[Document]) -> float:
    """Share of the gold spans whose answer (one for each, as `classify` gives) is one of the span's labels.

    1 where no span is to be typed. A span with several gold labels counts once; one without answer is wrong.
    """
    right = count = 0
    for wanted, given in zip(gold, answers, strict=True):
        label_of = {(m.start, m.end): m.label for m in given}
        for span, labels in _by_span(wanted).items():
            count += 1
            right += label_of.get(span) in labels
    return right / count if count else 1.0


def confusion(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, dict[str, int]]:
    """Gold label -> predicted label of the same span -> how often.

    "none" as column: the span was not predicted; as row: the predicted span is not in the gold. On a span
    with several labels, equal ones pair first and the rest in sorted order, so that each row sums to the gold
    count of its label and each column to its predicted count.
    """
    table: Counter[tuple[str, str]] = Counter()
    for wanted, said in zip(gold, predicted, strict=True):
        left, right = _by_span(wanted), _by_span(said)
        for span in left.keys() | right.keys():
            table.update(_pairs(left.get(span, set()), right.get(span, set())))
    rows: dict[str, dict[str, int]] = {}
    for (row, column), count in sorted(table.items()):
        rows.setdefault(row, {})[column] = count
    return rows


def _pairs(gold: set[str], predicted: set[str]) -> list[tuple[str, str]]:
    same = [(label, label) for label in gold & predicted]
    wanted, said = sorted(gold - predicted), sorted(predicted - gold)
    size = max(len(wanted), len(said))
    wanted += [NONE] * (size - len(wanted))
    said += [NONE] * (size - len(said))
    return same + list(zip(wanted, said, strict=True))


def _compare(
    gold: Sequence[Document], predicted: Sequence[Document], key: Callable[[Mention], Hashable]
) -> list[Counts]:
    return [_count({key(m) for m in g}, {key(m) for m in p}) for g, p in zip(gold, predicted, strict=True)]


def _count(gold: Set[Hashable], predicted: Set[Hashable]) -> Counts:
    return Counts(len(gold & predicted), len(predicted), len(gold))


def _only(documents: Sequence[Document], label: str) -> list[Document]:
    return [[m for m in document if m.label == label] for document in documents]


def _by_span(document: Document) -> Mapping[tuple[int, int], set[str]]:
    out: dict[tuple[int, int], set[str]] = {}
    for mention in document:
        out.setdefault((mention.start, mention.end), set()).add(mention.label)
    return out
