"""An LLM behind the cache: what was answered before costs nothing, and equal prompts are asked once."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from samner.errors import FormatError
from samner.llms.errors import LLMError
from samner.llms.store import Held, Store, key_of
from samner.ports import LLM, Prompt, Reply, ScoringLLM, Usage, Weighed

Answer: TypeAlias = "Reply | Exception"
Answers: TypeAlias = "Iterator[tuple[int, Reply | Exception]]"


def cached(llm: LLM, store: Store) -> LLM:
    """The LLM behind the cache; one that can weigh still can."""
    return CachedScoring(llm, store) if hasattr(llm, "weigh") else Cached(llm, store)


def collect(answers: Answers, count: int) -> list[Answer]:
    """Answers that come in any order, in that of their prompts."""
    held = dict(answers)
    return [held[n] for n in range(count)]


class Cached:
    """Answers of `llm` are kept as they come, so that a run that breaks off goes on from there; errors are not kept.
    A cache that fails (a full disk, a damaged file) is warned of, and the run goes on without it."""

    def __init__(self, llm: LLM, store: Store) -> None:
        self.llm, self.store, self.id = llm, store, llm.id

    def ask(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """As `ports.LLM.ask`; what the cache gave is marked in its usage."""
        return collect(self.replies(prompts), len(prompts))

    def replies(self, prompts: Sequence[Prompt]) -> Answers:
        """Position and answer of each prompt, as they come."""
        places: dict[bytes, list[int]] = {}
        for n, prompt in enumerate(prompts):
            places.setdefault(key_of(self.id, prompt), []).append(n)
        missing = []
        for key, where in places.items():
            if (held := self._get(key)) is None:
                missing.append(key)
            else:
                yield from ((n, _free(held.answer)) for n in where)
        for n, answer in as_they_come(self.llm, [prompts[places[key][0]] for key in missing]):
            first, *others = places[missing[n]]
            if isinstance(answer, Reply):
                cost = answer.usage
                self._put(missing[n], Held(answer.text, cost.tokens_in, cost.tokens_out, cost.seconds))
            yield first, answer
            yield from ((n, _again(answer)) for n in others)

    def _get(self, key: bytes) -> Held | None:
        try:
            return self.store.get(key)
        except FormatError as error:
            warnings.warn(f"no cache: {error}", stacklevel=2)
            return None

    def _put(self, key: bytes, held: Held) -> None:
        try:
            self.store.put(key, self.id, held)
        except FormatError as error:
            warnings.warn(f"not cached: {error}", stacklevel=2)


class CachedScoring(Cached):
    """The same, for an LLM that can weigh."""

    llm: ScoringLLM

    def weigh(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[Weighed | Exception]:
        """As `ports.ScoringLLM.weigh`; what the cache gave is marked in its usage."""
        import numpy as np

        keys = [key_of(self.id, p, list(c)) for p, c in zip(prompts, choices, strict=True)]
        rows: dict[bytes, Weighed | Exception] = {}
        missing: dict[bytes, int] = {}
        for n, key in enumerate(keys):
            if key in rows or key in missing:
                continue
            if (held := self._get(key)) is None:
                missing[key] = n
            else:
                rows[key] = Weighed(np.array(json.loads(held.answer), np.float32), Usage(from_cache=1))
        asked = list(missing.values())
        fresh = self.llm.weigh([prompts[n] for n in asked], [choices[n] for n in asked])
        for key, row in zip(missing, fresh, strict=True):
            rows[key] = row
            if isinstance(row, Weighed):
                cost, text = row.usage, json.dumps(row.shares.tolist())
                self._put(key, Held(text, cost.tokens_in, cost.tokens_out, cost.seconds))
        first = {key: n for n, key in reversed(list(enumerate(keys)))}
        return [rows[key] if n == first[key] else _paid(rows[key]) for n, key in enumerate(keys)]


def as_they_come(llm: LLM, prompts: Sequence[Prompt]) -> Answers:
    """Position and answer of each prompt: each when it is there, if the LLM has `replies`, else all at the end."""
    stream: Callable[[Sequence[Prompt]], Answers] | None = getattr(llm, "replies", None)
    return iter(enumerate(llm.ask(prompts))) if stream is None else stream(prompts)


def _again(answer: Answer) -> Answer:
    """The answer for a prompt that equals one just asked: paid for once."""
    if isinstance(answer, Reply):
        return _free(answer.text)
    return answer.costing(Usage()) if isinstance(answer, LLMError) else answer


def _paid(row: Weighed | Exception) -> Weighed | Exception:
    """A row that stands in a list again: paid for once."""
    if isinstance(row, Weighed):
        return Weighed(row.shares, Usage(from_cache=1))
    return row.costing(Usage()) if isinstance(row, LLMError) else row


def _free(text: str) -> Reply:
    return Reply(text, Usage(from_cache=1))
