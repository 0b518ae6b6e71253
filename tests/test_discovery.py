"""The consensus rule, on extractors that say what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from samner.discovery import Discovery, kept
from samner.errors import InputError
from samner.passages import passages
from samner.ports import ConsensusRule, Found, Reading
from samner.types import Document, Schema, Span

TEXT = "Ada Lovelace met Bob in London"
ADA, LOVELACE, BOB, LONDON = Span(0, 3), Span(0, 12), Span(17, 20), Span(24, 30)
RULE = ConsensusRule(anchor=0.5, explorer=0.4, confirm=0.1)


@dataclass
class Told:
    name: str
    role: str
    says: dict[Span, float] = field(default_factory=dict)

    def extract(self, reading: Reading) -> list[list[Found]]:
        return [[Found(span, score) for span, score in self.says.items()] for _ in reading.passages]


class Compiled:
    schema = Schema(())


def run(
    *extractors: Told, without: Sequence[str] = (), every: bool = False
) -> dict[Span, tuple[bool, dict[str, float]]]:
    held = list(passages(Document(TEXT), len, 100, 10))
    reading = Reading(held, None if every else Compiled(), [None])
    (verdicts,) = Discovery(extractors).run(reading, RULE, frozenset(without))
    assert [v.candidate for v in verdicts if v.kept] == kept(verdicts)
    assert all(v.why for v in verdicts)
    assert [v.candidate.span for v in verdicts] == sorted(v.candidate.span for v in verdicts)
    return {v.candidate.span: (v.kept, dict(v.candidate.sources)) for v in verdicts}


def spans(decided: dict[Span, Any]) -> set[Span]:
    return {span for span, (kept, _) in decided.items() if kept}


def test_an_anchors_span_stays_and_an_explorers_word_needs_it() -> None:
    anchor = Told("anchor", "anchor", {ADA: 0.6, BOB: 0.2, LONDON: 0.05})
    explorer = Told("explorer", "explorer", {LOVELACE: 0.9, BOB: 0.9, LONDON: 0.9})
    decided = run(anchor, explorer)
    assert spans(decided) == {ADA, LOVELACE, BOB}
    assert decided[BOB][1] == {"anchor": 0.2, "explorer": 0.9}


def test_nobody_sure_enough() -> None:
    decided = run(Told("anchor", "anchor", {ADA: 0.4}), Told("explorer", "explorer", {LOVELACE: 0.3}))
    assert spans(decided) == set()
    assert set(decided) == {ADA, LOVELACE}


def test_any_number_of_extractors() -> None:
    told = [Told("anchor", "anchor"), Told("explorer", "explorer", {BOB: 0.9})]
    more = [Told("list", "anchor", {LONDON: 1.0, BOB: 0.2}), Told("other", "explorer", {LOVELACE: 0.5})]
    decided = run(*told, *more)
    assert spans(decided) == {BOB, LONDON, LOVELACE}
    assert decided[LONDON][1] == {"list": 1.0}


def test_without_consensus_the_plain_union() -> None:
    told = [Told("anchor", "anchor", {ADA: 0.01}), Told("explorer", "explorer", {BOB: 0.01})]
    assert spans(run(*told, without=["consensus"])) == {ADA, BOB}
    assert spans(run(*told, every=True)) == {ADA, BOB}


def test_an_extractor_left_out_says_nothing() -> None:
    told = [Told("anchor", "anchor", {ADA: 0.6}), Told("explorer", "explorer", {LOVELACE: 0.9, BOB: 0.9})]
    assert set(run(*told, without=["anchor"])) == {LOVELACE, BOB}
    assert set(run(*told, without=["explorer"])) == {ADA}


def test_two_extractors_of_one_name_are_an_error() -> None:
    with pytest.raises(InputError, match="'list'"):
        Discovery([Told("list", "anchor"), Told("list", "explorer")])
    with pytest.raises(InputError, match="'oracle'"):
        Discovery([Told("list", "oracle")])
