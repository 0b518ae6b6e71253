"""An LLM's answers mixed into the embedded judgement of a passage.

Shapes: N spans of the passage, K types, A archetypes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samner.ports import Judgement
from samner.types import Candidate, Mediated, Span

if TYPE_CHECKING:
    from samner.ports import Floats

SOURCE = "llm"  # of a span that the LLM found


def mix(before: Floats, said: Floats, trust: float) -> Floats:
    """With probability `trust` the LLM is right, else what stood there before."""
    return trust * said + (1 - trust) * before


class Sheet:
    """One passage's spans with the embedded judgement, to be written over. `new` maps spans that no candidate was to
    what the LLM said of them [K]."""

    def __init__(self, mediated: Sequence[Mediated], judged: Judgement, trust: float) -> None:
        self._mediated, self._judged, self._trust = list(mediated), judged, trust
        self._score, self._each = judged.score.copy(), judged.each.copy()
        self._evidence = {**judged.evidence, "embedded": judged.score}
        self._row = {m.candidate.span: i for i, m in enumerate(mediated)}
        self._answered: set[int] = set()
        self.new: dict[Span, Floats] = {}

    def answered(self, i: int, said: Floats, moved: bool) -> None:
        """The LLM's answer [K] about row `i`; where it moved the span, the old boundaries are those of no mention."""
        self._answered.add(i)
        self._write(i, np.zeros_like(said) if moved else said)

    def added(self, span: Span, said: Floats) -> None:
        """A span that the LLM would have (told after all answers: what it answered about the same span stands)."""
        i = self._row.get(span)
        if i is None:
            self.new.setdefault(span, said)
        elif i not in self._answered:
            self._answered.add(i)
            self._write(i, said)

    def mediated_new(self, archetypes: Floats) -> list[Mediated]:
        """The new spans with their archetypes [new, A]."""
        rows = zip(self.new, archetypes.tolist(), strict=True)
        return [Mediated(Candidate(span, {SOURCE: 1.0}), tuple(shares)) for span, shares in rows]

    def complete(self, mediated: Sequence[Mediated], judged: Judgement) -> None:
        """Append the new spans with their embedded judgement, the LLM's answer mixed in."""
        if not mediated:
            return
        said = np.stack(list(self.new.values()))
        self._mediated += mediated
        self._score = np.concatenate([self._score, mix(judged.score, said, self._trust)])
        self._each = np.concatenate([self._each, mix(judged.each, said, self._trust)])
        evidence = {**judged.evidence, "embedded": judged.score}
        self._evidence = {
            name: np.concatenate([table, evidence[name]]) for name, table in self._evidence.items()
        }

    def judgement(self) -> Judgement:
        return Judgement(self._score, self._each, self._evidence, self._mediated)

    def _write(self, i: int, said: Floats) -> None:
        for table in (self._score, self._each):
            table[i] = mix(table[i], said, self._trust)
