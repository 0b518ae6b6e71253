"""STAGE 2, Abstract Mediation: each candidate to a distribution over a few universal archetypes.

The archetypes stand between a mention and the user's types; they are chosen with no sight of the schema, so that a
new or odd label cannot bend them.
"""

from __future__ import annotations

from collections.abc import Sequence

from samner.ports import ArchetypeClassifier, Reading
from samner.types import Candidate, Mediated


class Mediation:
    """Asks a classifier for the archetypes of each candidate."""

    def __init__(self, classifier: ArchetypeClassifier) -> None:
        self.classifier = classifier

    @property
    def archetypes(self) -> tuple[str, ...]:
        return self.classifier.archetypes

    def run(self, reading: Reading, candidates: Sequence[Sequence[Candidate]]) -> list[list[Mediated]]:
        """The candidates of each passage with their archetypes, in the same order."""
        rows = self.classifier.classify(reading, [[c.span for c in of_passage] for of_passage in candidates])
        return [
            [
                Mediated(candidate, tuple(row))
                for candidate, row in zip(of_passage, table.tolist(), strict=True)
            ]
            for of_passage, table in zip(candidates, rows, strict=True)
        ]

    def best(self, mediated: Mediated) -> str:
        """The likeliest archetype of a candidate."""
        return self.archetypes[max(range(len(mediated.archetypes)), key=mediated.archetypes.__getitem__)]
