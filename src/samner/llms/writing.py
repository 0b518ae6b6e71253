"""Writing an answer token by token, held to a JSON Schema by llguidance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from samner.llms.settings import LLMSettings
from samner.workers import check_stopped

if TYPE_CHECKING:
    import numpy as np

    from samner.ports import Floats

    Step = Callable[[Sequence[int]], Floats]


def write(
    step: Step, pieces: Any, prompt: Sequence[int], schema: Mapping[str, Any], settings: LLMSettings
) -> tuple[str, int, bool]:
    """The answer, its tokens, and whether `max_tokens` cut it short.

    `step` reads more tokens and gives the logits [V] of the next; `pieces` is the tokenizer as llguidance knows it.
    What the schema leaves no choice about is not asked of the model. ValueError for a schema that is not understood.
    """
    import numpy as np
    from llguidance import LLMatcher

    grammar = LLMatcher.grammar_from_json_schema(dict(schema), overrides={"whitespace_flexible": False})
    matcher = LLMatcher(pieces, grammar, log_level=0)
    chance = np.random.default_rng(settings.seed)
    written: list[int] = []
    fresh = list(prompt)
    while not matcher.is_stopped() and len(written) < settings.max_tokens:
        tokens = matcher.compute_ff_tokens()[: settings.max_tokens - len(written)]
        if not tokens:
            check_stopped()
            allowed = np.frombuffer(matcher.compute_logit_bias(), np.uint8) > 0
            tokens = [_pick(step(fresh), allowed, settings.temperature, chance)]
            fresh = []
        matcher.consume_tokens(tokens)
        written += tokens
        fresh += tokens
    if matcher.is_error():
        raise ValueError(matcher.get_error())
    return pieces.decode_str(written), len(written), not matcher.is_stopped()


def _pick(logits: Floats, allowed: Any, temperature: float, chance: np.random.Generator) -> int:
    """The likeliest token that the grammar allows, or at a temperature one of these by chance."""
    import numpy as np

    some = np.flatnonzero(allowed[: len(logits)])
    held = logits[some].astype(np.float64)
    if temperature == 0:
        return int(some[held.argmax()])
    likely = np.exp((held - held.max()) / temperature)
    return int(chance.choice(some, p=likely / likely.sum()))
