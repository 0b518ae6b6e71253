"""What becomes of a prompt that got no answer."""

from __future__ import annotations

from samner.errors import SamnerError
from samner.ports import Usage


class LLMError(SamnerError):
    """A prompt that got no usable answer. `usage` is what it cost all the same."""

    def __init__(
        self, expected: str, found: str, remedy: str, usage: Usage | None = None, retryable: bool = False
    ) -> None:
        super().__init__(expected, found, remedy)
        self.usage, self.retryable = usage or Usage(), retryable
        self.args = (expected, found, remedy, self.usage, retryable)

    def costing(self, usage: Usage) -> LLMError:
        """The same error, with what was spent until then."""
        return type(self)(self.expected, self.found, self.remedy, usage, self.retryable)
