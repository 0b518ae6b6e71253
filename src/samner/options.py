"""How one extraction is to behave; the defaults are what most people want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from numbers import Real
from typing import Any

from samner.errors import InputError

STAGES = ("explorer", "anchor", "consensus", "mediation", "calibration")
OVERLAPS = ("score", "longest-first")


@dataclass(frozen=True, slots=True)
class Options:
    """`threshold`: lowest score in 0..1 that comes out; the model's own when None. A type's own threshold replaces
    the model's, and an explicit one is a floor under both.

    `nested` keeps entities inside others; `multi_label` gives a span every label whose score suffices; `overlap` says
    who wins where entities overlap: the better score, or, as in the paper, the leftmost and longest. `without` names
    parts of the pipeline to switch off (see STAGES).
    """

    threshold: float | None = None
    nested: bool = False
    multi_label: bool = False
    overlap: str = "score"
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.threshold is not None and not _is_share(self.threshold):
            raise InputError(
                "a threshold from 0 to 1", repr(self.threshold), "pass for instance threshold=0.5"
            )
        if self.overlap not in OVERLAPS:
            raise InputError(
                f"overlap out of {', '.join(OVERLAPS)}", repr(self.overlap), "pass overlap='score'"
            )
        given = [self.without] if isinstance(self.without, str) else self.without
        object.__setattr__(self, "without", frozenset(given))
        for stage in sorted(self.without):
            if stage not in STAGES:
                raise InputError(f"parts out of {', '.join(STAGES)}", repr(stage), "mend `without`")
        if {"explorer", "anchor"} <= self.without:
            raise InputError("one extractor at least", "both switched off", "leave anchor or explorer on")


def _is_share(value: object) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= 1


def settings(options: Options | None, overrides: Mapping[str, Any]) -> Options:
    """`options`, or the defaults, with single fields replaced. InputError for a field that there is not."""
    known = [f.name for f in fields(Options)]
    for name in overrides:
        if name not in known:
            near = get_close_matches(name, known, 1)
            remedy = f"write {near[0]}" if near else "see samner.Options"
            raise InputError(f"options out of {', '.join(known)}", repr(name), remedy)
    return replace(options or Options(), **overrides)
