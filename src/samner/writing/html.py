"""HTML: one page that needs nothing else. Texts and labels are untrusted and always escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from samner.offsets import clean
from samner.types import Document, Entity
from samner.writing.base import Sink

_NEUTRAL = "#D5D5D5"
_COLOURS = Path(__file__).with_name("colours.css")
# No script, no request: even a fault in the escaping could load nothing.
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Entities found by samner</title>
<style>
%s
body { display: flex; flex-direction: column; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
  font: .875rem/1.45 var(--ui); color: var(--ink); background: var(--ground) }
.legend { order: -1; display: flex; flex-wrap: wrap; gap: .35rem; margin-bottom: 1rem }
.legend span { padding: .15rem .7rem; border-radius: 1rem; background: var(--fill);
  box-shadow: inset 0 0 0 1px var(--edge) }
article { margin-bottom: 1rem; padding: 1.25rem clamp(1rem, 4vw, 2.5rem) 1.75rem; border: 1px solid var(--line);
  border-radius: .75rem; background: var(--paper) }
h2 { margin: 0 0 .5rem; font: inherit; color: var(--soft); overflow-wrap: anywhere }
p { margin: 0; font: 1.0625rem/1.85 var(--prose); white-space: pre-wrap; overflow-wrap: anywhere }
</style>
</head>
<body>
"""


class HtmlWriter:
    """A page with an article a document, and a legend of the archetypes that occur."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._seen: dict[str, None] = {}
        self._sink.out.write(_HEAD % _COLOURS.read_text(encoding="utf-8").strip())

    def write(
        self, document: Document, entities: Sequence[Entity], trace: Mapping[str, Any] | None = None
    ) -> None:
        self._seen |= dict.fromkeys(sorted({entity.archetype for entity in entities}))
        title = f"<h2>{_safe(document.id)}</h2>\n" if document.id else ""
        body = "".join(_pieces(document.text, entities, self._sink.colours))
        self._sink.out.write(f'<article>\n{title}<p dir="auto">{body}</p>\n</article>\n')

    def close(self) -> None:
        spans = [
            f"<span {_kind(name, self._sink.colours)}>{_safe(name.replace('_', ' '))}</span>\n"
            for name in sorted(self._seen)
        ]
        self._sink.out.write(f'<div class="legend">\n{"".join(spans)}</div>\n</body>\n</html>\n')


def _pieces(text: str, entities: Sequence[Entity], colours: Mapping[str, str]) -> Iterator[str]:
    """Text and marks in order. Marks are opened longest first; where two cross, the inner is closed and opened
    again, so that tags always nest. The label stands where the entity ends."""
    waiting = sorted(entities, key=lambda e: (-e.start, e.end, e.score))
    cuts = sorted({at for entity in entities for at in (entity.start, entity.end)})
    opened: list[Entity] = []
    last = 0
    for at in cuts:
        yield _safe(text[last:at])
        last = at
        again: list[Entity] = []
        while any(entity.end == at for entity in opened):
            entity = opened.pop()
            if entity.end == at:
                yield f'<small class="tag">{_safe(entity.label)}</small></mark>'
            else:
                yield "</mark>"
                again.append(entity)
        while waiting and waiting[-1].start == at:
            again.append(waiting.pop())
        for entity in sorted(again, key=lambda e: -e.end):
            yield _open(entity, colours)
            opened.append(entity)
    yield _safe(text[last:])


def _open(entity: Entity, colours: Mapping[str, str]) -> str:
    facts = [entity.label, entity.archetype, f"{entity.score:.0%}", " + ".join(entity.sources)]
    title = _safe(" · ".join(fact for fact in facts if fact))
    return f'<mark class="mark" {_kind(entity.archetype, colours)} title="{title}">'


def _kind(archetype: str, colours: Mapping[str, str]) -> str:
    """The attributes by which colours.css paints an archetype."""
    return f'data-kind="{_safe(archetype)}" style="--kind:{colours.get(archetype, _NEUTRAL)}"'


def _safe(text: str) -> str:
    return escape(clean(text))
