"""A cap on requests or tokens: what counts as spent, and that trying again counts too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from faults import fault_proxy
from llm_rules import Rules
from samner.engines.llm.asker import Asker, BudgetSpent
from samner.llms import LLMSettings, make_llm
from samner.llms.allowance import may_send
from samner.llms.cached import cached
from samner.llms.errors import LLMError
from samner.llms.store import Store
from samner.ports import Prompt, Reply, Usage, Weighed

FORM = {"type": "object", "properties": {"s1": {"enum": ["city"]}}, "required": ["s1"]}


def prompts(count: int, text: str = "text") -> list[Prompt]:
    return [Prompt("", f"{text} {n}", FORM, "calibrate/1") for n in range(count)]


def asked(replies: Sequence[object]) -> list[bool]:
    return [isinstance(reply, Reply) for reply in replies]


def test_what_is_left_over_is_counted_as_not_asked() -> None:
    asker = Asker(Rules(lambda prompt: "{}"), requests=3)
    assert asked(asker.ask(prompts(5))) == [True] * 3 + [False] * 2
    assert isinstance(asker.ask(prompts(1))[0], BudgetSpent)
    assert asker.failures == (0, 3, "", 3)


def test_a_text_of_a_dense_script_is_reckoned_with_more_tokens() -> None:
    latin, chinese = (Asker(Rules(lambda prompt: ""), tokens=100) for _ in range(2))
    assert sum(asked(latin.ask(prompts(1, "x" * 200)))) == 1
    assert (
        sum(asked(chinese.ask(prompts(1, "\u6771" * 200)))) == 0
    )  # 200 characters that are 200 tokens or so


class Tries:
    """An LLM that needs so many requests for an answer, and asks before each whether it may."""

    id = "tries"
    error: BaseException

    def __init__(self, needed: int, asks: bool = True) -> None:
        self.needed, self.asks = needed, asks

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        return [self._one() for _ in prompts]

    def _one(self) -> Reply | Exception:
        for made in range(1, self.needed):
            if self.asks and not may_send():
                return LLMError("an answer", "none", "", Usage(requests=made))
        return Reply("{}", Usage(requests=self.needed))


def test_tries_again_are_within_the_budget() -> None:
    asker = Asker(Tries(3), requests=10)
    replies = asker.ask(prompts(4))  # 4 requests are theirs, and 6 are left for trying again
    assert asked(replies) == [True, True, True, False]
    assert asker.usage.requests == 10
    assert may_send()  # outside, nobody counts


def test_a_backend_that_does_not_ask_makes_the_budget_smaller_for_the_next_and_no_larger() -> None:
    asker = Asker(Tries(3, asks=False), requests=10)
    assert [sum(asked(asker.ask(prompts(2)))) for _ in range(3)] == [2, 2, 0]
    assert asker.usage.requests == 12


def test_an_interrupt_gives_back_what_was_reserved() -> None:
    class Interrupted(Tries):
        def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
            if may_send() and self.needed:
                self.needed = 0
                raise KeyboardInterrupt
            return [Reply("{}", Usage(requests=1)) for _ in prompts]

    asker = Asker(Interrupted(1), requests=5)
    with pytest.raises(KeyboardInterrupt):
        asker.ask(prompts(4))
    assert asked(asker.ask(prompts(5))) == [True] * 5


def test_what_came_before_an_interrupt_or_a_fault_is_paid_for() -> None:
    """The usage is true in the midst of a run, too; an answer that fails later loses none that came."""

    class Breaks(Tries):
        def replies(self, prompts: Sequence[Prompt]) -> Iterator[tuple[int, Reply]]:
            for n, _ in enumerate(prompts):
                if n == 2:
                    seen.append((asker.usage.requests, asker.waiting))
                    raise self.error
                yield n, Reply("{}", Usage(requests=1, tokens_in=7))

    for error in (KeyboardInterrupt(), OSError("gone")):
        seen: list[tuple[int, int]] = []
        llm = Breaks(1)
        llm.error = error
        asker = Asker(llm)
        if isinstance(error, OSError):
            assert asked(asker.ask(prompts(4))) == [True, True, False, False]
        else:
            with pytest.raises(KeyboardInterrupt):
                asker.ask(prompts(4))
        assert seen == [(2, 2)]
        assert asker.usage.tokens_in == 14
        assert asker.waiting == 0


class Scorer:
    """Finds the first choice the likelier one, at the price of ten tokens."""

    id = "scorer"

    def weigh(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[Weighed | Exception]:
        return [Weighed(np.array([3.0, 1.0], np.float32), Usage(requests=1, tokens_in=10)) for _ in prompts]

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        raise AssertionError("never asked")


def test_what_is_weighed_is_paid_for_once(tmp_path: Path) -> None:
    two = [["a", "b"]] * 6
    first, again = (Asker(cached(Scorer(), Store(tmp_path)), requests=cap) for cap in (6, 1))
    for asker in (first, again):
        found = asker.weigh(prompts(6), two)
        assert [row.shares.tolist() for row in found if isinstance(row, Weighed)] == [[0.75, 0.25]] * 6
    assert first.usage == Usage(requests=6, tokens_in=60)
    assert again.usage == Usage(from_cache=6)
    short = Asker(Scorer(), tokens=25)
    kinds = [type(short.weigh([prompt], two[:1])[0]) for prompt in prompts(5)]
    assert kinds == [Weighed] * 3 + [BudgetSpent] * 2  # ten tokens each


@pytest.mark.extra
@pytest.mark.parametrize("first", ["503", "not json", "reset", None])
@pytest.mark.parametrize("cap", [1, 2, 7, 12, 60])
def test_no_more_requests_are_sent_than_the_cap(first: str | None, cap: int) -> None:
    """Each text meets a fault at first: its answer needs two requests."""
    pytest.importorskip("openai", reason="needs the extra openai")
    from samner.bench.instant import instant_server

    def plan(text: str, seen: int) -> str | None:
        return first if "text " in text and not seen else None

    with instant_server() as url, fault_proxy(url, plan) as proxy:
        llm = make_llm(LLMSettings(model="m", base_url=proxy.url, cache_dir=False))
        asker = Asker(llm, requests=cap)
        replies = asker.ask(prompts(20))
        sent = len(proxy.done)
    assert asker.usage.requests == sent <= cap
    needed = 21 if first is None else 41  # one finds out what the server supports
    answered = sum(asked(replies))
    assert sent == cap or answered == 20
    assert answered == 20 if cap >= needed else answered < 20
    assert answered >= (min(cap - 1, 20) if first is None else 0)
