"""A transformers model as a function of tokens."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samner.llms.writing import Step
    from samner.ports import Floats

ROWS = 16  # answers in one pass: bounds the memory of the prompt's copies


def stepper(model: Any) -> Step:
    """A function that reads more tokens of one text and gives the logits [V] after them."""
    past: Any = None

    def step(tokens: Sequence[int]) -> Floats:
        nonlocal past
        logits, past = _forward(model, [tokens], past, last=True)
        after: Floats = logits[0, -1].cpu().numpy()
        return after

    return step


def log_likelihoods(model: Any, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[float]:
    """The log-probability of each answer after the prompt, which is read once."""
    logits, past = _forward(model, [prompt], None, last=True)
    first = logits[0, -1].log_softmax(-1)  # [V]
    rest = [
        total for at in range(0, len(answers), ROWS) for total in _rest(model, past, answers[at : at + ROWS])
    ]
    return [first[answer[0]].item() + total for answer, total in zip(answers, rest, strict=True)]


def _rest(model: Any, past: Any, answers: Sequence[Sequence[int]]) -> list[float]:
    """The log-probability of each answer's tokens from the second on, all answers in one pass."""
    import torch

    longest = max(map(len, answers)) - 1
    if not longest:
        return [0.0] * len(answers)
    rows = [
        [*a[:-1], *[a[-1]] * (longest + 1 - len(a))] for a in answers
    ]  # what fills a row up is behind its answer
    copies = copy.deepcopy(past)
    copies.batch_repeat_interleave(len(rows))
    logits, _ = _forward(model, rows, copies, last=False)
    sums = []
    for row, answer in zip(logits.log_softmax(-1), answers, strict=True):  # row [L, V]
        tokens = torch.tensor(answer[1:], device=row.device, dtype=torch.long)
        sums.append(row[: len(tokens)].gather(1, tokens[:, None]).sum().item())
    return sums


def _forward(model: Any, rows: Sequence[Sequence[int]], past: Any, last: bool) -> tuple[Any, Any]:
    """Logits [R, L, V] (of the last token alone if `last`: [R, 1, V]) of R rows of L tokens each, and the cache after
    them. `past` is the cache before them, which is changed, or None."""
    import torch

    known = inspect.signature(model.forward).parameters
    name = "cache" if "cache" in known else "past_key_values"  # in older releases
    more = {"logits_to_keep": 1} if last and "logits_to_keep" in known else {}
    with torch.inference_mode():
        ids = torch.tensor(rows, device=model.device)
        out = model(input_ids=ids, use_cache=True, **{name: past}, **more)
    return out.logits.float(), getattr(out, name)
