"""STAGE 3 by a frozen LLM: the embedded calibrator judges first, and the LLM is asked where that is likely wrong.

Shapes: N spans of a passage, K types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.llm.asker import Asker
from samner.engines.llm.choosing import Answer, Chooser, Glossary
from samner.engines.llm.gate import sureness
from samner.engines.llm.glossary import Archetypes, Types, mix
from samner.engines.llm.requests import Question
from samner.options import LLMUse
from samner.ports import CompiledSchema, Judgement, Note, Reading
from samner.types import Mediated

ROLE = "calibrator"


class LLMCalibrator:
    """Implements `samner.ports.Calibrator`. An answer is mixed into the embedded judgement with the weight
    `use.trust`; where none is valid, the embedded one stands."""

    def __init__(self, embedded: EmbeddedEngine, archetypes: Archetypes, asker: Asker, use: LLMUse) -> None:
        self._embedded, self._archetypes, self._asker, self._use = embedded, archetypes, asker, use
        prompt = "weigh" if asker.weighs else "calibrate"
        self._chooser = Chooser(asker, ROLE, prompt, use.share)
        self._types: Types | None = None  # of the schema asked last

    def judge(
        self, reading: Reading, mediated: Sequence[Sequence[Mediated]], without: frozenset[str]
    ) -> list[Judgement]:
        judged = self._embedded.calibrator.judge(reading, mediated, without)
        if "calibration" in without:
            return judged
        assert reading.compiled is not None
        types = self._types_of(reading.compiled)
        rows = self.doubted(reading, mediated, judged, without)
        blind = "mediation" in without
        questions = [self._question(types, n, mediated[n][i], judged[n], i, blind) for n, i in rows]
        glossary = Glossary("Types", types.lines, self._archetypes.lines)
        answers = self._chooser.choose(reading, questions, glossary)
        return mixed(judged, rows, questions, answers, types, self._use.trust)

    def doubted(
        self,
        reading: Reading,
        mediated: Sequence[Sequence[Mediated]],
        judged: Sequence[Judgement],
        without: frozenset[str],
    ) -> list[tuple[int, int]]:
        """(passage, row) of the spans to ask about: those that their passage owns and the gate lets through."""
        mentions = self._embedded.calibrator.judge(reading, mediated, without | {"calibration"})
        threshold = self._embedded.threshold(without)
        rows = []
        for n, (of_passage, judgement, mention) in enumerate(zip(mediated, judged, mentions, strict=True)):
            spans = [m.candidate.span for m in of_passage]
            if not spans:
                continue
            sure = sureness(spans, judgement.score.max(axis=1), mention.score.max(axis=1), threshold)
            for i, span in enumerate(spans):
                if not reading.passages[n].owns(span):
                    continue
                if self._use.gate is None or sure[i] < self._use.gate:
                    rows.append((n, i))
                else:
                    reading.notes.append(Note(n, ROLE, "sure", span, f"not asked: sure to {sure[i]:.2f}"))
        return rows

    def _question(
        self, types: Types, n: int, mediated: Mediated, judgement: Judgement, i: int, blind: bool
    ) -> Question:
        shares = np.array(mediated.archetypes, np.float32)
        options = types.candidates(shares, judgement.each[i])
        archetype = "" if blind else self._archetypes.ids[int(shares.argmax())]
        return Question(n, mediated.candidate.span, options, archetype)

    def _types_of(self, compiled: CompiledSchema) -> Types:
        held = self._types
        if held is None or held.compiled is not compiled:
            held = self._types = Types(compiled)
        return held


def mixed(
    judged: Sequence[Judgement],
    rows: Sequence[tuple[int, int]],
    questions: Sequence[Question],
    answers: Sequence[Answer],
    types: Types,
    trust: float,
) -> list[Judgement]:
    """The judgements with the valid answers mixed in; `embedded` in the evidence is what was there before."""
    tables = [(j.score.copy(), j.each.copy()) for j in judged]
    for (n, i), question, answer in zip(rows, questions, answers, strict=True):
        if not isinstance(answer, Exception):
            said = types.row(question.options, answer)
            for table in tables[n]:
                table[i] = mix(table[i], said, trust)
    return [
        replace(j, score=score, each=each, evidence={**j.evidence, "embedded": j.score})
        for j, (score, each) in zip(judged, tables, strict=True)
    ]
