"""Prompts as versioned files: `prompts/NAME-REVISION.txt` holds the instructions, which no text can change.

A file that was ever released stays as it is, so that results stay reproducible: a better wording is a new revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from samner.ports import Prompt

REVISIONS = {"anchor": 1, "explorer": 1, "archetype": 1, "calibrate": 1, "weigh": 1, "repair": 1}
STAGES = {"anchor": 1, "explorer": 1, "archetype": 2, "calibrate": 3, "weigh": 3, "repair": 3}


@dataclass(frozen=True, slots=True)
class Instructions:
    """A prompt's fixed part. `version` is what results carry, such as "calibrate/1"."""

    version: str
    text: str

    def asking(self, sections: Mapping[str, list[str]], answer: Mapping[str, Any]) -> Prompt:
        """The whole prompt: the sections' lines, each quoted already (see `quoting`), under their titles."""
        blocks = [f"## {title}\n" + "\n".join(lines) for title, lines in sections.items() if lines]
        return Prompt(self.text, "\n\n".join(blocks), answer, self.version)


@cache
def instructions(name: str) -> Instructions:
    """The current revision of a prompt."""
    revision = REVISIONS[name]
    file = files("samner.engines.llm") / "prompts" / f"{name}-{revision}.txt"
    return Instructions(f"{name}/{revision}", file.read_text("utf-8").strip())


def stage_of(version: str) -> int:
    """The stage, 1 to 3, that a prompt of this version belongs to."""
    return STAGES[version.partition("/")[0]]
