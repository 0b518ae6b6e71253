"""STAGE 1, Entity Discovery: text to candidate spans, by extractors that cooperate and a consensus that denoises.

The rule is the paper's: every span of an anchor is kept; an explorer's span of two or more words is kept; an
explorer's single word is kept only when an anchor found it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samner.errors import InputError
from samner.passages import Passage
from samner.ports import ConsensusRule, Extractor, Reading
from samner.types import Candidate, Span

ROLES = ("anchor", "explorer")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A proposed span, who proposed it, whether it goes on, and why."""

    candidate: Candidate
    kept: bool
    why: str


class Discovery:
    """Runs the extractors on a reading and lets the consensus decide. Raises InputError when two have one name, which
    would make one of them out of two sources, or one has a role that the rule does not know."""

    def __init__(self, extractors: Sequence[Extractor]) -> None:
        self.extractors = tuple(extractors)
        names = [e.name for e in self.extractors]
        for extractor in self.extractors:
            if names.count(extractor.name) > 1:
                raise InputError(
                    "every extractor once", f"two called {extractor.name!r}", "name one otherwise"
                )
            if extractor.role not in ROLES:
                found = f"{extractor.role!r} at {extractor.name!r}"
                raise InputError(f"a role out of {', '.join(ROLES)}", found, "give it one of them")

    def run(self, reading: Reading, rule: ConsensusRule, without: frozenset[str]) -> list[list[Verdict]]:
        """The verdicts on each passage, in order of position."""
        active = [e for e in self.extractors if e.name not in without]
        proposals = [(extractor, extractor.extract(reading)) for extractor in active]
        anchored = reading.compiled is not None and any(e.role == "anchor" for e in active)
        denoise = anchored and "consensus" not in without
        verdicts = []
        for n, passage in enumerate(reading.passages):
            found: dict[Span, dict[str, float]] = {}
            for extractor, spans in proposals:
                for span, score in spans[n]:
                    found.setdefault(span, {})[extractor.name] = score
            verdicts.append(
                [self._decide(passage, span, found[span], rule, denoise) for span in sorted(found)]
            )
        return verdicts

    def _decide(
        self, passage: Passage, span: Span, sources: dict[str, float], rule: ConsensusRule, denoise: bool
    ) -> Verdict:
        candidate = Candidate(span, sources)
        if not denoise:  # plain union
            return Verdict(candidate, True, "found")
        roles = {e.name: e.role for e in self.extractors}
        anchor = max((s for name, s in sources.items() if roles[name] == "anchor"), default=0.0)
        explorer = max((s for name, s in sources.items() if roles[name] == "explorer"), default=0.0)
        if anchor >= rule.anchor:
            return Verdict(candidate, True, "an anchor found it")
        if explorer < rule.explorer:
            return Verdict(candidate, False, "no extractor is sure enough")
        first, last = passage.word_range(span)
        if last > first:
            return Verdict(candidate, True, "an explorer's span of several words")
        if anchor >= rule.confirm:
            return Verdict(candidate, True, "an explorer's word, confirmed by an anchor")
        return Verdict(candidate, False, "an explorer's word that no anchor confirms")


def kept(verdicts: Sequence[Verdict]) -> list[Candidate]:
    """The candidates that go on to mediation."""
    return [v.candidate for v in verdicts if v.kept]
