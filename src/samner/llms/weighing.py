"""How likely a model finds each of a closed list of answers.

The score of an answer is the mean log-probability of its tokens after the prompt, less the same after a content-free
prompt: the first makes long answers comparable to short ones, the second takes out what the model likes to say anyway
(Zhao et al. 2021, Holtzman et al. 2021). A softmax over the scores gives the probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from samner.ports import Floats

Tokens: TypeAlias = Sequence[int]
Sums: TypeAlias = Callable[[Tokens, Sequence[Tokens]], Sequence[float]]
KEPT = 1024  # priors that are kept


class Weigher:
    """Weighs answers by `sums`, which gives for a prompt and several answers the log-probability of each answer after
    the prompt. The priors of answers asked for before are kept."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums
        self._priors: dict[tuple[Any, ...], NDArray[np.float64]] = {}

    def weigh(self, prompt: Tokens, neutral: Tokens, answers: Sequence[Tokens]) -> Floats:
        """Probabilities [K] of K answers (one token at least each), summing to 1."""
        import numpy as np

        key = (tuple(neutral), tuple(map(tuple, answers)))
        if key not in self._priors:
            if len(self._priors) >= KEPT:
                self._priors.clear()
            self._priors[key] = self._means(neutral, answers)
        scores = self._means(prompt, answers) - self._priors[key]
        likely = np.exp(scores - scores.max())
        shares: Floats = (likely / likely.sum()).astype(np.float32)
        return shares

    def _means(self, prompt: Tokens, answers: Sequence[Tokens]) -> NDArray[np.float64]:
        import numpy as np

        return np.array(
            [total / len(a) for total, a in zip(self._sums(prompt, answers), answers, strict=True)]
        )
