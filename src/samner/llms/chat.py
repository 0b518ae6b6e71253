"""A prompt in a model's own chat format, for models in this process.

The template is rendered around marks, and texts are put in afterwards: the tokens that begin and end a turn come from
the template alone, and one spelt out in a text is so many letters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from samner.errors import ModelError
from samner.ports import Prompt

Messages = list[dict[str, str]]
_MARKS = ("\ue000s\ue001", "\ue000u\ue001")  # of the private use area: no template has them


class ChatFormat:
    """`render` turns messages into a prompt's text, ready for the answer; None for a model without a template."""

    def __init__(self, render: Callable[[Messages], str] | None) -> None:
        system, user = _MARKS
        if render is None:
            self._whole = f"{system}\n\n{user}\n\n"
            return
        both = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        alone = [{"role": "user", "content": f"{system}\n\n{user}"}]
        for messages in (both, alone):  # some templates know no system message
            try:
                self._whole = render(messages)
            except Exception:  # a template may raise what it likes
                continue
            if all(self._whole.count(mark) == 1 for mark in _MARKS):
                return
        found = "one that fails or drops a message"
        raise ModelError("a chat template for a system and a user message", found, "use a chat model")

    def pieces(self, prompt: Prompt) -> Iterator[tuple[str, bool]]:
        """The prompt in pieces; True for those of the template, in which special tokens count."""
        rest = self._whole
        for mark, text in zip(_MARKS, (prompt.system, prompt.user), strict=True):
            before, rest = rest.split(mark)
            yield before, True
            yield text, False
        yield rest, True


def fingerprint(files: Sequence[Path]) -> str:
    """Eight hexadecimal digits of a model: its files' names, sizes and first MiB, which differ wherever weights do."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.name} {file.stat().st_size} ".encode())
        with file.open("rb") as data:
            total.update(data.read(1 << 20))
    return total.hexdigest()[:8]
