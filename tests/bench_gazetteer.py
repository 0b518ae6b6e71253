"""A recognizer for the tests of the benches: finds the names of a list, word-bounded, with the types given there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from samner.errors import InputError
from samner.schema import as_schema
from samner.types import Document, Entity, Failure, Schema, Span


@dataclass(frozen=True)
class Info:
    id: str = "gazetteer"
    hash: str = "0" * 64


@dataclass(frozen=True)
class Compiled:
    schema: Schema


@dataclass
class Gazetteer:
    """`names` maps a surface to its label and score. Without the "explorer" names of several words are not found.

    A text that contains "FAIL" fails, as a damaged document would.
    """

    names: dict[str, tuple[str, float]]
    info: Info = field(default_factory=Info)
    asked: list[int] = field(default_factory=list)  # the size of each batch that was asked for

    def compile(self, types: Any) -> Compiled:
        return types if isinstance(types, Compiled) else Compiled(as_schema(types))

    def extract_batch(
        self,
        texts: Sequence[str],
        schema: Any,
        *,
        batch_size: int = 32,
        without: frozenset[str] = frozenset(),
    ) -> list[list[Entity] | Failure]:
        labels = self.compile(schema).schema.names
        self.asked.append(len(texts))
        return [self._extract(text, labels, without) for text in texts]

    def _extract(self, text: str, labels: tuple[str, ...], without: frozenset[str]) -> list[Entity] | Failure:
        if "FAIL" in text:
            return Failure(InputError("a text", "a damaged one", "mend it"))
        return [
            Entity.of(Document(text), Span(*match.span()), label, score)
            for name, (label, score) in self.names.items()
            if label in labels and not ("explorer" in without and " " in name)
            for match in re.finditer(rf"\b{re.escape(name)}\b", text)
        ]

    def classify(self, text: str, spans: Sequence[Span], schema: Any) -> list[Entity]:
        known = {name: label for name, (label, _) in self.names.items()}
        return [Entity.of(Document(text), s, known.get(text[s.start : s.end], "none"), 0.5) for s in spans]

    def extract(self, text: str, schema: Any) -> list[Entity]:
        (result,) = self.extract_batch([text], schema)
        assert isinstance(result, list)
        return result


class StandIn(Gazetteer):
    """Built as `SamNER` is, so that child processes can be given it in its place."""

    def __init__(
        self, model: str | None = None, *, threads: int | None = None, cache_dir: Any = None
    ) -> None:
        super().__init__(
            {"Ada Lovelace": ("person", 0.9), "Yale": ("organization", 0.8), "Arosa": ("location", 0.7)}
        )
