"""STAGE 2 by an LLM: one archetype for each span, blind to the schema. Shapes: N spans of a passage, A archetypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samner.engines.llm.asker import Asker
from samner.engines.llm.choosing import Chooser, Glossary
from samner.engines.llm.forms import TypeForm
from samner.engines.llm.glossary import Archetypes
from samner.engines.llm.mixing import mix
from samner.engines.llm.requests import Question
from samner.options import LLMUse
from samner.ports import ArchetypeClassifier, Reading
from samner.types import Span

if TYPE_CHECKING:
    from samner.ports import Floats


class LLMClassifier:
    """Implements `samner.ports.ArchetypeClassifier`: the answer is mixed into the embedded distribution with the weight
    `use.trust`, and where none is valid that one stands. Spans that another passage owns are not asked about."""

    def __init__(
        self, embedded: ArchetypeClassifier, archetypes: Archetypes, asker: Asker, use: LLMUse
    ) -> None:
        self._embedded, self._known, self._use = embedded, archetypes, use
        self._chooser = Chooser(asker, "archetypes", TypeForm("archetype"), use.share)

    @property
    def archetypes(self) -> tuple[str, ...]:
        return self._embedded.archetypes

    def classify(self, reading: Reading, spans: Sequence[Sequence[Span]]) -> list[Floats]:
        tables = [np.array(table) for table in self._embedded.classify(reading, spans)]
        options = tuple(sorted(self._known.ids))
        rows = [
            (n, i, span)
            for n, of_passage in enumerate(spans)
            for i, span in enumerate(of_passage)
            if reading.passages[n].owns(span)
        ]
        questions = [Question(n, span, options) for n, _, span in rows]
        answers = self._chooser.choose(reading, questions, Glossary("Archetypes", self._known.lines, {}))
        places = [options.index(id) for id in self._known.ids]
        for (n, i, _), answer in zip(rows, answers, strict=True):
            if not isinstance(answer, Exception):
                tables[n][i] = mix(tables[n][i], answer[places], self._use.trust)
        return tables
