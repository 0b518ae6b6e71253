"""From texts to proposals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from samner.archetypes import load
from samner.discover.clusters import check_library, cluster
from samner.discover.naming import Namer, Proposal
from samner.discover.spans import Spans
from samner.discover.vocabulary import Vocabulary, load_terms
from samner.engines.embedded.engine import EmbeddedEngine
from samner.errors import InputError
from samner.locate import cache_folder, model_folder, usable_cores
from samner.types import Document

MOST, LEAST = 40, 3


@dataclass(frozen=True, slots=True)
class Discovered:
    """The proposals, those with most mentions first, and how many documents and mentions there were in all."""

    proposals: list[Proposal]
    documents: int
    mentions: int


class Discoverer:
    """Proposes types for corpora. `model` is a model folder or hub id (None: the shipped one); the vocabulary is read
    once and kept in the cache folder. MissingExtraError without scipy."""

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        threads: int | None = None,
        cache_dir: str | Path | bool | None = None,
    ) -> None:
        check_library()
        threads = threads or usable_cores()
        self._engine = EmbeddedEngine(model_folder(model), load(), cache_folder(cache_dir), threads)
        self.info = self._engine.info
        self._spans = Spans(self._engine, threads)
        self._namer: Namer | None = None

    def discover(
        self, documents: Iterable[Document], most: int = MOST, least: int = LEAST, keep_places: bool = False
    ) -> Discovered:
        """At most `most` types of at least `least` mentions each. `keep_places` has each name remember where its
        mentions stand. InputError when there is no mention, or no type of so many."""
        count = 0

        def counted() -> Iterator[Document]:
            nonlocal count
            for document in documents:
                count += 1
                yield document

        names = self._spans.read(counted(), keep_places)
        if not names:
            raise InputError("texts with names in them", f"none in {count} documents", "pass more text")
        mentions = sum(name.mentions for name in names)
        clusters = cluster(names, most, least)
        if not clusters:
            found = f"{mentions} mentions and no such type in {count} documents"
            raise InputError(f"types of {least} mentions", found, "pass more text, or ask for fewer mentions")
        return Discovered(self._names().propose(clusters), count, mentions)

    def _names(self) -> Namer:
        if self._namer is None:
            numbers = self._engine.numbers(frozenset())
            vocabulary = Vocabulary.compile(self._engine, load_terms())
            self._namer = Namer(vocabulary, numbers.prior_share, numbers.agreement_share)
        return self._namer
