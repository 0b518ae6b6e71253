"""What backends share whose model runs in this process: one prompt at a time, its error in its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from samner.errors import SamnerError, in_one_line
from samner.llms.cached import Answers, collect
from samner.llms.chat import ChatFormat
from samner.llms.errors import LLMError
from samner.llms.settings import LLMSettings
from samner.llms.weighing import Weigher
from samner.llms.writing import write
from samner.ports import Prompt, Reply, Usage, Weighed
from samner.workers import check_stopped

if TYPE_CHECKING:
    from samner.llms.writing import Step

R = TypeVar("R")
NEUTRAL = "N/A"  # the user's part of a prompt without content


class InProcessLLM:
    """A model that answers one prompt after the other, whichever thread asks; a pickle loads it anew.

    A subclass sets `id`, `_format`, `_pieces` (the tokenizer for llguidance), `_end` (the token that ends an answer),
    and gives `_encode`, `_begin` and `_log_likelihoods`.
    """

    id: str
    _format: ChatFormat
    _pieces: Any
    _end: int

    def __init__(self, settings: LLMSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._weigher = Weigher(self._log_likelihoods)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.settings,)

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        """As `ports.LLM.ask`. Replies obey their prompt's schema; errors are LLMError."""
        return collect(self.replies(prompts), len(prompts))

    def replies(self, prompts: Sequence[Prompt]) -> Answers:
        """Position and answer of each prompt, in order, each when it is ready."""
        for n, prompt in enumerate(prompts):
            yield n, self._guarded(partial(self._reply, prompt))

    def weigh(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[Weighed | Exception]:
        """As `ports.ScoringLLM.weigh`: how likely the whole answer to a prompt is each of its choices, bare."""
        return [self._guarded(partial(self._weighed, p, c)) for p, c in zip(prompts, choices, strict=True)]

    def _reply(self, prompt: Prompt) -> Reply:
        begun = time.monotonic()
        self._turn_to(prompt)
        tokens = self._fitting(prompt, self.settings.max_tokens)
        text, count, cut = write(self._begin(), self._pieces, tokens, prompt.answer, self.settings)
        spent = Usage(1, len(tokens), count, 0, time.monotonic() - begun)
        if cut:
            found = f"one cut off at {self.settings.max_tokens} tokens"
            raise LLMError("a whole answer", found, "raise --llm-set max_tokens", spent)
        return Reply(text, spent)

    def _weighed(self, prompt: Prompt, choices: Sequence[str]) -> Weighed:
        begun = time.monotonic()
        self._turn_to(prompt)
        answers = [[*self._encode(choice, False), self._end] for choice in choices]
        tokens = self._fitting(prompt, max(map(len, answers)))
        neutral = self._tokens(Prompt(prompt.system, NEUTRAL, prompt.answer, prompt.version))
        shares = self._weigher.weigh(tokens, neutral, answers)
        read = len(tokens) + sum(map(len, answers))  # none is written
        return Weighed(shares, Usage(requests=1, tokens_in=read, seconds=time.monotonic() - begun))

    def _fitting(self, prompt: Prompt, answer: int) -> list[int]:
        """The prompt's tokens. LLMError if they leave no room for an answer of so many."""
        tokens = self._tokens(prompt)
        if len(tokens) + answer > self.settings.context:
            found = f"{len(tokens)} and {answer} for the answer"
            expected = f"a prompt within {self.settings.context} tokens"
            raise LLMError(expected, found, "raise --llm-set context, if the model can take more")
        return tokens

    def _tokens(self, prompt: Prompt) -> list[int]:
        """The prompt in the model's chat format."""
        return [t for text, special in self._format.pieces(prompt) for t in self._encode(text, special)]

    def _guarded(self, work: Callable[[], R]) -> R | Exception:
        with self._lock:
            check_stopped()
            try:
                return work()
            except SamnerError as error:
                return error
            except Exception as error:  # the library's own: no memory, a schema that it cannot take ...
                found = in_one_line(error, 300)
                return LLMError("an answer from the model", found, "try a shorter prompt or another model")

    def _turn_to(self, prompt: Prompt) -> None:
        """Before a prompt is answered: have what is to answer it in force."""

    def _encode(self, text: str, special: bool) -> list[int]:
        """Tokens of a text; one that spells a special token means it only if `special`."""
        raise NotImplementedError

    def _begin(self) -> Step:
        """A function that reads more tokens of a new text and gives the logits [V] after them."""
        raise NotImplementedError

    def _log_likelihoods(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[float]:
        """The log-probability of each answer after the prompt."""
        raise NotImplementedError
