"""Which spans are worth a question: those whose embedded decision is likely to be wrong.

Shapes: N spans of a passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samner.types import Span

if TYPE_CHECKING:
    from samner.ports import Floats


def sureness(spans: Sequence[Span], best: Floats, mention: Floats, threshold: float) -> Floats:
    """The probability [N] that the embedded decision about each span is right.

    `best` [N] is the probability of each span's best type, `mention` [N] that of its being a mention of some type. A
    span that would come out (its best type reaches the threshold, and no better span overlaps it) is decided rightly
    if that type is right; any other one, if it is no mention, or if a span that overlaps it is the mention instead.
    """
    out = _comes_out(spans, best, threshold)
    rival = np.zeros(len(spans), np.float32)
    for n, span in enumerate(spans):
        rivals = [mention[m] for m, other in enumerate(spans) if m != n and span.overlaps(other)]
        rival[n] = max(rivals, default=0.0)
    return np.where(out, best, 1 - mention * (1 - rival)).astype(np.float32)


def _comes_out(spans: Sequence[Span], best: Floats, threshold: float) -> Floats:
    """Spans that reach the threshold and overlap no better one [N]."""
    out = np.zeros(len(spans), bool)
    for n in np.argsort(-best, kind="stable").tolist():
        free = not any(out[m] and spans[n].overlaps(spans[m]) for m in range(len(spans)))
        out[n] = best[n] >= threshold and free
    return out
