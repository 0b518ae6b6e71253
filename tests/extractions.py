"""Extractions for the tests of what is made of them, from texts with marks: `[Ada Lovelace|mathematician|person]`."""

from __future__ import annotations

import re

from samner.knowledge.results import Extraction, Mention

MARK = re.compile(r"\[([^|\]]+)\|([^|\]]+)(?:\|([^\]]+))?\]")


def marked(id: str, text: str) -> Extraction:
    """A mark is surface, type and archetype, the last left out where it is the type; its score is 0.9."""
    plain, mentions, at = "", [], 0
    for mark in MARK.finditer(text):
        plain += text[at : mark.start()]
        surface, label, archetype = mark.groups()
        mentions.append(
            Mention(len(plain), len(plain) + len(surface), surface, label, 0.9, archetype or label)
        )
        plain += surface
        at = mark.end()
    return Extraction(id, f"{id}.txt", plain + text[at:], tuple(mentions))


LETTERS = marked(
    "letters",
    "[Ada Lovelace|person] wrote to [Charles Babbage|person] from [London|city|location].\n\n"
    "[Babbage|person] showed [Lovelace|person] the engine at the [Royal Astronomical Society|organization]"
    " ([RAS|organization]).",
)
ENGINES = marked(
    "engines",
    "The [RAS|organization] gave [Charles Babbage|person] a medal; [Lovelace|person] was in [LONDON|city|location].",
)
