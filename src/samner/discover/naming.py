"""A name for each cluster: the term of the vocabulary that is the nearest type of most of its names.

Shapes: N names of a cluster, K terms, A archetypes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.discover.spans import Name
from samner.discover.vocabulary import Term, Vocabulary
from samner.engines.embedded.abilities import AGREEMENT_LEAST
from samner.engines.embedded.compiled import softmax

Array = NDArray[Any]
NEAR = 3  # other terms that a proposal names
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """A type: its term, the archetypes of its names, other terms that come near, the most typical names, and all."""

    term: Term
    archetypes: tuple[str, ...]
    near: tuple[str, ...]
    examples: tuple[str, ...]
    names: tuple[Name, ...]

    @property
    def mentions(self) -> int:
        return sum(name.mentions for name in self.names)


class Namer:
    """Scores terms as the calibrator scores types: the match, less the share of how eagerly a term attracts anything,
    plus the share of how well the archetypes agree."""

    def __init__(self, vocabulary: Vocabulary, prior_share: float, agreement_share: float) -> None:
        self._vocabulary = vocabulary
        self._prior_share, self._agreement_share = prior_share, agreement_share

    def propose(self, clusters: Sequence[Sequence[Name]]) -> list[Proposal]:
        """A proposal a term, those with most mentions first: clusters that get the same name are one type."""
        named: dict[int, list[Name]] = defaultdict(list)
        for names in clusters:
            named[int(self._shares(names).argmax())] += names
        proposals = [self._proposal(k, names) for k, names in named.items()]
        return sorted(proposals, key=lambda p: (-p.mentions, p.term.name))

    def _proposal(self, k: int, names: Sequence[Name]) -> Proposal:
        terms = self._vocabulary.terms
        order = np.argsort(-self._shares(names), kind="stable")
        near = [terms[int(n)].name for n in order[: NEAR + 1] if n != k][:NEAR]
        typical = np.argsort(-softmax(self.fits(names))[:, k], kind="stable")
        kinds = dict.fromkeys(name.archetype for name in names)
        examples = dict.fromkeys(names[int(n)].surface for n in typical)
        return Proposal(terms[k], tuple(kinds), tuple(near), tuple(examples)[:EXAMPLES], tuple(names))

    def _shares(self, names: Sequence[Name]) -> Array:
        """The mean over the names of a softmax over the terms: [K], summing to 1."""
        shares: Array = softmax(self.fits(names)).mean(axis=0)
        return shares

    def fits(self, names: Sequence[Name]) -> Array:
        """How well each name fits each term: log-odds [N, K]."""
        v = self._vocabulary
        counts = np.array([[name.mentions] for name in names], np.float32)
        vectors = np.stack([name.vector for name in names]) / counts
        archetypes = np.stack([name.archetypes for name in names]) / counts
        agreement = np.log(np.maximum(archetypes @ v.archetypes.T, np.exp(AGREEMENT_LEAST)))
        match = vectors @ v.match.T * v.match.shape[1] ** -0.5 + v.bias
        out: Array = match - self._prior_share * v.prior + self._agreement_share * agreement
        return out
