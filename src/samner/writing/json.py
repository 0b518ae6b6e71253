"""JSON: one array with an object a document, the same objects as JSON Lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samner.types import Document, Entity
from samner.writing.base import Sink, to_json


class JsonWriter:
    """An array, written as its items come."""

    def __init__(self, sink: Sink) -> None:
        self._out = sink.out
        self._before = "[\n"

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None:
        self._out.write(self._before + to_json(document, entities, trace))
        self._before = ",\n"

    def close(self) -> None:
        self._out.write("[]\n" if self._before == "[\n" else "\n]\n")
