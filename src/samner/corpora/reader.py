"""From a document of the stream to a row of the output, or to the row that says why there is none."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from samner.corpora.job import Job, mark
from samner.corpora.journal import Journal
from samner.corpora.stream import Item, Position
from samner.errors import InputError, SamnerError, UnreadableTextWarning
from samner.given import Result
from samner.types import Document, Entity, Failure
from samner.workers import in_order
from samner.writing.base import dumps, to_rows

if TYPE_CHECKING:
    from samner.pipeline import SamNER

BATCH = 4  # documents handed to a thread at once


class Answer(NamedTuple):
    """What became of an item: `letter` and `line` as the journal has them, and what there is to count;
    `events` tells how a language model fared with it."""

    item: Item
    letter: str
    line: str
    entities: list[dict[str, Any]]
    events: Mapping[str, int]
    seconds: float
    characters: int
    tokens: int
    unreadable: bool


class Reader:
    """A recognizer set to one job. It may be shared between threads."""

    def __init__(self, ner: SamNER, job: Job) -> None:
        self._ner, self._options = ner, job.options
        self._types = None if job.schema is None else ner.compile(job.schema)
        self._marks = {"model": mark(job.model), "schema": mark(job.schema_mark)}
        self._noticed = threading.local()
        self._seen = 0

    def answers(self, windows: Iterable[list[Item]]) -> Iterator[list[Answer]]:
        """The answers of each window, in order. A window is read longest text first, so that no thread is left with
        the longest one at the end, and engines that pad have texts of like length together."""
        if self._ner.asks is not None:
            yield from map(self._together, windows)
            return
        held: list[list[Item]] = []

        def held_back() -> Iterator[Item]:
            for window in windows:
                held.append(window)
                yield from by_length(window)

        done = in_order(
            lambda some: [self._answer(item, self._extract) for item in some],
            held_back(),
            BATCH,
            self._ner.threads,
        )
        window: list[Answer] = []
        for answer in done:
            window.append(answer)
            if len(window) == len(held[0]):
                held.pop(0)
                yield sorted(window, key=lambda answer: answer.item.before)
                window = []

    def _together(self, window: list[Item]) -> list[Answer]:
        """A window's answers where an LLM is asked: its requests are on the way at once, and its batches depend on
        nothing but the window, since documents may share a request."""
        begun, seen = time.perf_counter(), self._seen
        documents: dict[Position, Document] = {}
        for item in by_length(window):
            with suppress(Exception):  # it is told when the answer is made
                if item.known is None:
                    documents[item.before] = item.load()
        found = self._ner.extract_batch(
            list(documents.values()), self._types, batch_size=BATCH, options=self._options.extraction
        )
        results = dict(zip(documents, found, strict=True))
        each = (time.perf_counter() - begun) / len(window)
        answers = [self._answer(item, partial(_given, results.get(item.before))) for item in window]
        unreadable = self._seen - seen
        return [answer._replace(seconds=each, unreadable=n < unreadable) for n, answer in enumerate(answers)]

    def long(self, item: Item, journal: Journal) -> Answer:
        """The answer of a long document: its stretches go to the journal, and those that it holds are not read."""

        def extract(document: Document) -> list[Entity]:
            options, done = self._options.extraction, journal.progress.parts
            for part in self._ner.parts(document, self._types, skip=len(done), options=options):
                journal.append_part([list(asdict(entity).values()) for entity in part])
            entities = (_entity(row) for part in journal.progress.parts for row in part)
            return self._ner.settled(entities, self._types, options=options)

        return self._answer(item, extract)

    def _extract(self, document: Document) -> list[Entity]:
        return self._ner.extract(document, self._types, options=self._options.extraction)

    def _answer(self, item: Item, extract: Callable[[Document], list[Entity]]) -> Answer:
        if item.known is not None:
            return Answer(item, "R", item.known, [], {}, 0, 0, 0, False)
        begun = time.perf_counter()
        self._noticed.seen = False
        try:
            document = item.load()
            entities = extract(document)
        except Exception as error:  # one bad document must not lose the others
            seconds = time.perf_counter() - begun
            return Answer(item, "E", dumps(_failure(item, error)), [], {}, seconds, 0, 0, False)
        rows = to_rows(document, entities)
        line = dumps(self._row(item, document, rows))
        seconds, tokens = time.perf_counter() - begun, len(document.words or document.text.split())
        events = getattr(entities, "metadata", {}).get("events", {})
        return Answer(item, "R", line, rows, events, seconds, len(document.text), tokens, self._noticed.seen)

    def _row(self, item: Item, document: Document, entities: list[dict[str, Any]]) -> dict[str, Any]:
        row: dict[str, Any] = {"id": document.id or item.name, "source": item.name}
        if self._options.text:
            row["text"] = document.text
        return row | {"entities": entities} | self._marks

    @contextmanager
    def warnings_taken(self) -> Iterator[None]:
        """Texts that the model cannot read are counted. Python would print a line for each, and remember it."""
        with warnings.catch_warnings():
            warnings.simplefilter("always", UnreadableTextWarning)
            show = warnings.showwarning

            def take(message: Warning | str, category: type[Warning], *more: Any, **named: Any) -> None:
                if issubclass(category, UnreadableTextWarning):
                    self._noticed.seen = True
                    self._seen += 1
                else:
                    show(message, category, *more, **named)

            warnings.showwarning = take
            yield


def by_length(window: list[Item]) -> list[Item]:
    """The longest first; of equals, the first."""
    return sorted(window, key=lambda item: (-item.size, item.before))


def _given(result: Result | None, _: Document) -> list[Entity]:
    """A batch's result for a document, raised where it is a failure."""
    if result is None:
        raise InputError("a result", "none", "read the document again with --retry-errors")
    if isinstance(result, Failure):
        raise result.error
    return result


def _entity(row: list[Any]) -> Entity:
    """An entity out of the journal's JSON, to the last bit."""
    start, end, text, label, score, archetype, sources, alternatives = row
    others = tuple((name, chance) for name, chance in alternatives)
    return Entity(start, end, text, label, score, archetype, tuple(sources), others)


def _failure(item: Item, error: Exception) -> dict[str, Any]:
    """The row of `errors.jsonl`; `before` and `after` are the stretch of the input that it stands for."""
    return {
        "source": item.name,
        "error": type(error).__name__,
        "message": str(error)
        if isinstance(error, (SamnerError, OSError))
        else f"{type(error).__name__}: {error}",
        "retryable": getattr(error, "retryable", False),
        "before": item.before,
        "after": item.after,
    }
