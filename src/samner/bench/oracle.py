"""An LLM that knows the gold: the upper bound of what a calibrator can do with given spans. Never a result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from samner.engines.llm.ids import NONE_ID, ids_of
from samner.offsets import clean
from samner.ports import Prompt, Reply, Usage
from samner.types import Schema, Span

_ROW = re.compile(r'^\{"id": "p\d+", "text": ("(?:[^"\\]|\\.)*")', re.MULTILINE)
_MARK = re.compile(r"<(/?)(s\d+)>")


class Oracle:
    """Answers calibration prompts as the gold would. `learn` the passages of a schema before they are asked about; one
    that it does not know gets no mention."""

    id = "oracle (knows the gold)"

    def __init__(self) -> None:
        self._gold: dict[str, Mapping[Span, str]] = {}

    def learn(self, text: str, gold: Mapping[Span, str], schema: Schema) -> None:
        """The mentions of a passage, in its own offsets, and their labels."""
        ids = ids_of(schema.names)
        self._gold[clean(text)] = {span: ids[label] for span, label in gold.items()}

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        return [Reply(json.dumps(self._answers(prompt)), Usage(requests=1)) for prompt in prompts]

    def _answers(self, prompt: Prompt) -> dict[str, str]:
        answers: dict[str, str] = {}
        for quoted in _ROW.findall(prompt.user):
            text, spans = unmarked(quoted)
            known = self._gold.get(text, {})
            answers |= {id: known.get(span, NONE_ID) for id, span in spans.items()}
        return answers


def unmarked(quoted: str) -> tuple[str, dict[str, Span]]:
    """A quoted passage with marks (`quoting.marked`) as its text and the span of each id."""
    first, *rest = _MARK.split(quoted[1:-1])
    text, starts, spans = _plain(first), dict[str, int](), dict[str, Span]()
    for slash, id, following in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if slash:
            spans[id] = Span(starts[id], len(text))
        else:
            starts[id] = len(text)
        text += _plain(following)
    return text, spans


def _plain(inner: str) -> str:
    text: str = json.loads(f'"{inner}"')
    return text
