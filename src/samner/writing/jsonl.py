"""JSON Lines: `{"id", "text", "entities": [...]}`, one document a line, written as it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samner.types import Document, Entity
from samner.writing.base import Sink, to_json


class JsonlWriter:
    """One document a line."""

    def __init__(self, sink: Sink) -> None:
        self._out = sink.out

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None:
        self._out.write(to_json(document, entities, trace) + "\n")
        self._out.flush()  # a reader down the pipe sees each document at once

    def close(self) -> None:
        """Nothing ends JSON Lines."""
