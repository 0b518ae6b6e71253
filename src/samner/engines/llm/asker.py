"""Asks the LLM within a budget, counts what it costs, and lets no error out: a prompt without reply is an error in its
place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np

from samner.errors import SamnerError
from samner.llms.allowance import allowing
from samner.llms.cached import as_they_come
from samner.llms.errors import LLMError
from samner.ports import LLM, Failures, Prompt, Reply, ScoringLLM, Usage, Weighed

Send: TypeAlias = Callable[[slice], Iterator[tuple[int, Any]]]
BYTES = 3  # of a prompt for a token, when a budget is reckoned beforehand: few, so that it is not overdrawn


class BudgetSpent(SamnerError):
    """The user's cap on requests or tokens is reached."""


class Asker:
    """Safe to share between threads. `requests` and `tokens` are caps on the whole life of it, None for none.

    Answers from a cache cost nothing and are not counted. What is on the way counts as spent by its reckoned size, so
    that many threads together do not overdraw; a try again, too, is only made if a request is left for it. Tokens of
    answers are known when they are there: those on the way may overdraw."""

    def __init__(
        self,
        llm: LLM,
        requests: int | None = None,
        tokens: int | None = None,
        prices: tuple[float | None, float | None] = (None, None),
    ) -> None:
        self.prices = prices
        self._llm, self._lock, self._prompts = llm, threading.Lock(), set[str]()
        self._requests, self._tokens = requests, tokens
        self._spent, self._underway = Usage(), Usage()
        self._failures = Failures(0, 0, "")

    @property
    def weighs(self) -> bool:
        """Can the LLM weigh a closed list of answers?"""
        return callable(getattr(self._llm, "weigh", None))

    @property
    def usage(self) -> Usage:
        return self._spent

    @property
    def waiting(self) -> int:
        """Requests that have no answer yet."""
        return self._underway.requests

    @property
    def failures(self) -> Failures:
        return self._failures

    @property
    def about(self) -> Mapping[str, Any]:
        """Which LLM, and by which prompts (those that the roles which share it said they use)."""
        return {"llm": self._llm.id, "prompts": sorted(self._prompts)}

    def will_ask_by(self, version: str) -> None:
        """Told by each role once, so that every result can name the prompts of its pipeline."""
        self._prompts.add(version)

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        """The replies in order, an error in the place of each that did not come."""

        def send(at: slice) -> Iterator[tuple[int, Any]]:
            for n, reply in as_they_come(self._llm, prompts[at]):
                yield n, reply if isinstance(reply, Reply) else _error(reply)

        return self._within_budget(prompts, send, lambda reply: reply.usage)

    def weigh(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[Weighed | Exception]:
        """For each prompt the probabilities of its choices, an error in the place of each that did not come."""
        llm = cast(ScoringLLM, self._llm)

        def send(at: slice) -> Iterator[tuple[int, Any]]:
            rows = zip(llm.weigh(prompts[at], choices[at]), choices[at], strict=True)
            yield from enumerate(_shares(row, len(of)) for row, of in rows)

        return self._within_budget(prompts, send, lambda weighed: weighed.usage)

    def _within_budget(
        self, prompts: Sequence[Prompt], send: Send, cost: Callable[[Any], Usage]
    ) -> list[Any]:
        """All prompts that the budget allows, as many at once as it does: what a cache answers makes room for more."""
        got: list[Any] = []
        while len(got) < len(prompts):
            booked = self._book(prompts[len(got) :])
            if not booked:
                remedy = "raise --llm-budget; the embedded answers stand"
                error = BudgetSpent("budget left for a request", "none", remedy)
                rest = len(prompts) - len(got)
                with self._lock:
                    self._failures = self._failures._replace(unasked=self._failures.unasked + rest)
                return got + [error] * rest
            got += self._send(slice(len(got), len(got) + len(booked)), booked, send, cost)
        return got

    def _book(self, prompts: Sequence[Prompt]) -> list[int]:
        """Reserve what the first of the prompts will cost: the reckoned tokens of each that still fits."""
        booked: list[int] = []
        with self._lock:
            requests = self._spent.requests + self._underway.requests
            tokens = self._spent.tokens_in + self._spent.tokens_out + self._underway.tokens_in
            for prompt in prompts:
                size = len(f"{prompt.system}{prompt.user}".encode("utf-8", "surrogatepass")) // BYTES
                over = self._requests is not None and requests + len(booked) >= self._requests
                if over or (self._tokens is not None and tokens + sum(booked) + size > self._tokens):
                    break
                booked.append(size)
            self._underway += Usage(requests=len(booked), tokens_in=sum(booked))
        return booked

    def _send(self, at: slice, booked: Sequence[int], send: Send, cost: Callable[[Any], Usage]) -> list[Any]:
        """Each answer is paid for when it comes, so that the usage is true in the midst of a run, and after one that
        was interrupted."""
        got: dict[int, Any] = {}
        further: list[None] = []  # requests beyond one a prompt
        try:
            with allowing(lambda: self._spare(further)):
                for n, answer in send(at):
                    if n in got:
                        raise ValueError(f"two replies to prompt {n}")
                    self._pay(
                        cost_of(answer) if isinstance(answer, Exception) else cost(answer), booked[n], further
                    )
                    got[n] = answer
            if len(got) != len(booked):
                raise ValueError(f"{len(got)} replies to {len(booked)} prompts")
        except Exception as error:  # whatever a backend of somebody else raises
            for n in [n for n in range(len(booked)) if n not in got]:
                self._pay(cost_of(error), booked[n], further)
                got[n] = error
        finally:  # an interrupt, too, gives back what it reserved
            left = [size for n, size in enumerate(booked) if n not in got]
            with self._lock:
                self._underway += Usage(requests=-len(left) - len(further), tokens_in=-sum(left))
        answers = [got[n] for n in range(len(booked))]
        self._count(answers)
        return answers

    def _pay(self, cost: Usage, booked: int, further: list[None]) -> None:
        """An answer is there: what it cost counts as spent, what was reserved for it no longer."""
        with self._lock:
            again = min(max(cost.requests - 1, 0), len(further))
            del further[:again]
            self._underway += Usage(requests=-1 - again, tokens_in=-booked)
            self._spent += cost

    def _spare(self, further: list[None]) -> bool:
        """Reserve one more request, if one is left; noted in `further`."""
        with self._lock:
            held = self._spent.requests + self._underway.requests
            if self._requests is not None and held >= self._requests:
                return False
            self._underway += Usage(requests=1)
            further.append(None)
            return True

    def _count(self, got: Sequence[Any]) -> None:
        errors = [reply for reply in got if isinstance(reply, Exception)]
        with self._lock:
            lost, asked, last, unasked = self._failures
            last = str(errors[-1]) or type(errors[-1]).__name__ if errors else last
            self._failures = Failures(lost + len(errors), asked + len(got), last, unasked)


def cost_of(reply: object) -> Usage:
    """What a reply, or an error in its place, has cost as far as is known."""
    if isinstance(reply, (Reply, Weighed, LLMError)):
        return reply.usage
    return Usage(requests=0 if isinstance(reply, BudgetSpent) else 1)


def _error(reply: Any) -> Exception:
    return reply if isinstance(reply, Exception) else TypeError(f"{type(reply).__name__} for a reply")


def _shares(row: Any, count: int) -> Weighed | Exception:
    """Probabilities as they should be, or the error that they are not."""
    if not isinstance(row, Weighed):
        return _error(row)
    table = np.asarray(row.shares, np.float32)
    if table.shape != (count,) or not np.isfinite(table).all() or (table < 0).any() or not table.any():
        return ValueError(f"no probabilities for {count} choices")
    return Weighed(table / table.sum(), row.usage)
