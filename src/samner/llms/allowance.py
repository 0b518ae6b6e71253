"""Requests beyond the one that each prompt has: tries again, answers to mend, finding out what a server supports.

Who asks within a budget says by `allowing` which of them may be sent; a backend asks `may_send` before each. It holds
for what is started from the thread that asks, on an event loop too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from samner.llms.errors import LLMError

_spare: ContextVar[Callable[[], bool]] = ContextVar("spare", default=lambda: True)


@contextmanager
def allowing(spare: Callable[[], bool]) -> Iterator[None]:
    """Within it, `spare` is asked for each further request; it counts those that it allows."""
    before = _spare.set(spare)
    try:
        yield
    finally:
        _spare.reset(before)


def may_send() -> bool:
    """May one more request be sent? To be asked once for each."""
    return _spare.get()()


def budget_spent(what: str) -> LLMError:
    """That the budget has no request left for something."""
    return LLMError(f"budget left {what}", "none", "raise --llm-budget")
