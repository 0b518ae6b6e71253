"""What a prompt tells of a schema's types and of the archetypes, and which types a span may choose among."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from samner.archetypes import Archetype
from samner.engines.llm.ids import NONE_ID, ids_of
from samner.engines.llm.quoting import line
from samner.types import Schema

if TYPE_CHECKING:
    from samner.ports import CompiledSchema, Floats

WHOLE = 40  # types up to which every span may choose among all
CANDIDATES = 24  # of a span, where the schema has more
AGREES = 0.05  # least agreement of a span's archetypes with a type's, for the type to be a candidate


class Archetypes:
    """Ids and lines of the archetypes, in the engine's order."""

    def __init__(self, archetypes: Sequence[Archetype]) -> None:
        by_name = ids_of(a.name for a in archetypes)
        self.ids = tuple(by_name[a.name] for a in archetypes)
        self.lines = {by_name[a.name]: line(id=by_name[a.name], definition=a.definition) for a in archetypes}


class Types:
    """Ids and lines of a compiled schema's types, in the schema's order."""

    def __init__(self, compiled: CompiledSchema) -> None:
        self.compiled = compiled
        by_name = ids_of(compiled.schema.names)
        self.ids = tuple(by_name[name] for name in compiled.schema.names)
        self.lines = type_lines(compiled.schema)
        self._place = {id: k for k, id in enumerate(self.ids)}
        self._all = (*sorted(self.ids), NONE_ID)

    def candidates(self, archetypes: Floats, likely: Floats) -> tuple[str, ...]:
        """The ids that may answer for one span, sorted, `none` last: all of a small schema; of a large one those
        whose archetypes agree with the span's [A], the likeliest by the embedded calibrator [K] first."""
        if len(self.ids) <= WHOLE:
            return self._all
        agrees = cast(Any, self.compiled).archetypes @ archetypes >= AGREES
        order = np.lexsort((np.array(self.ids), -likely, ~agrees))[:CANDIDATES]
        return (*sorted(self.ids[k] for k in order.tolist()), NONE_ID)

    def row(self, options: Sequence[str], shares: Floats | Sequence[float]) -> Floats:
        """Probabilities of a question's options as a row [K] over the types; what is left is that of `none`."""
        row = np.zeros(len(self.ids), np.float32)
        for option, share in zip(options, shares, strict=True):
            if option != NONE_ID:
                row[self._place[option]] = share
        return row


def type_lines(schema: Schema) -> dict[str, str]:
    """The line of each type, by id."""
    ids = ids_of(schema.names)
    return {
        ids[t.name]: line(
            id=ids[t.name],
            name=t.name if t.name != ids[t.name] else "",
            definition=t.definition,
            examples=t.examples or "",
        )
        for t in schema
    }
