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


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMUse:
    """How the engines `hybrid` and `llm` use their LLM.

    `gate`: the LLM is asked about a span where the embedded decision is right with a probability below this; None
    asks about every span. `repair` lets it mend boundaries and add mentions that were missed. `requests` and `tokens`
    cap what is sent; then the embedded answers stand. `share` is the number of documents that may share a request: 1
    keeps each answer a matter of its own document, more is cheaper for short texts. `trust` is the weight of an LLM's
    answer against the embedded judgement.
    """

    gate: float | None = 0.8
    repair: bool = False
    requests: int | None = None
    tokens: int | None = None
    share: int = 1
    trust: float = 0.9

    def __post_init__(self) -> None:
        for name in ("gate", "trust"):
            value = getattr(self, name)
            if not (_is_share(value) or (name == "gate" and value is None)):
                raise InputError(f"a {name} from 0 to 1", repr(value), f"pass for instance {name}=0.8")
        for name, least in (("requests", 0), ("tokens", 0), ("share", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"{name} of at least {least}", repr(value), f"raise {name}")


def _is_share(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= 1


def settings(options: Options | None, overrides: Mapping[str, Any]) -> Options:
    """`options`, or the defaults, with single fields replaced. InputError for a field that there is not."""
    known = [f.name for f in fields(Options)]
    for name in overrides:
        if name not in known:
            near = get_close_matches(name, known, 1)
            remedy = f"write {near[0]}" if near else "see samner.Options"
            raise InputError(f"options out of {', '.join(known)}", repr(name), remedy)
    return replace(options or Options(), **overrides)
