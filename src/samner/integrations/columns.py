"""Entities as columns: the work that `datasets.map`, Ray Data and Spark share, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from samner.corpora.shards import entity_type
from samner.options import Options
from samner.schema import SchemaLike
from samner.types import Failure

if TYPE_CHECKING:
    from samner.pipeline import SamNER

ENTITIES, ERROR = "entities", "error"


class Extractor:
    """Adds the columns `entities` (a list of entities in their JSON form) and `error` (what is wrong with the text,
    or None) to a batch. Made once a process: the model is loaded when it is first used.

        dataset.map(Extractor(["person", "city"]), batched=True)    # Hugging Face datasets
    """

    def __init__(
        self,
        schema: SchemaLike | None,
        *,
        text: str = "text",
        ner: SamNER | None = None,
        options: Options | None = None,
    ) -> None:
        self._schema, self._text, self._ner, self._options = schema, text, ner, options
        self._types: Any = None

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The new columns of a batch given as a mapping of columns."""
        entities, errors = self.extract(batch[self._text])
        return {ENTITIES: entities, ERROR: errors}

    def extract(self, texts: Iterable[Any]) -> tuple[list[list[dict[str, Any]]], list[str | None]]:
        """Entities and errors of texts, in order."""
        ner = self._loaded()
        results = ner.extract_batch(list(texts), self._types, batch_size=4, options=self._options)
        errors = [str(r.error) if isinstance(r, Failure) else None for r in results]
        return [[e.to_dict() for e in ([] if isinstance(r, Failure) else r)] for r in results], errors

    def table(self, table: Any) -> Any:
        """A pyarrow table with the new columns at its end."""
        import pyarrow as pa

        entities, errors = self.extract(table.column(self._text).to_pylist())
        table = table.append_column(ENTITIES, pa.array(entities, pa.list_(entity_type(pa))))
        return table.append_column(ERROR, pa.array(errors, pa.string()))

    def _loaded(self) -> SamNER:
        if self._ner is None:
            from samner.pipeline import SamNER

            self._ner = SamNER()
        if self._types is None and self._schema is not None:
            self._types = self._ner.compile(self._schema)
        return self._ner

    def __getstate__(self) -> dict[str, Any]:
        """Travels without what is compiled: that is worked out where it arrives."""
        return self.__dict__ | {"_types": None}
