"""STAGE 3 by a frozen LLM: the embedded calibrator judges first, and the LLM is asked where that is likely wrong.

Shapes: N spans of a passage, K types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.llm.asker import Asker
from samner.engines.llm.choosing import Chooser, Glossary
from samner.engines.llm.forms import Form, Mends, RepairForm, TypeForm, WeighForm
from samner.engines.llm.gate import sureness
from samner.engines.llm.glossary import Archetypes, Types
from samner.engines.llm.mixing import Sheet
from samner.engines.llm.requests import Question
from samner.options import LLMUse
from samner.ports import CompiledSchema, Judgement, Note, Reading
from samner.types import Mediated

if TYPE_CHECKING:
    from samner.ports import Floats

ROLE = "calibrator"


class LLMCalibrator:
    """Implements `samner.ports.Calibrator`. An answer is mixed into the embedded judgement with the weight
    `use.trust`; where none is valid, the embedded one stands."""

    def __init__(self, embedded: EmbeddedEngine, archetypes: Archetypes, asker: Asker, use: LLMUse) -> None:
        self._embedded, self._archetypes, self._use = embedded, archetypes, use
        form: Form = WeighForm("weigh") if asker.weighs else TypeForm("calibrate")
        if use.repair:  # boundaries cannot be weighed
            form = RepairForm(embedded.info.widest_span)
        self._chooser = Chooser(asker, ROLE, form, use.share)
        self._types: Types | None = None  # of the schema asked last

    def judge(
        self, reading: Reading, mediated: Sequence[Sequence[Mediated]], without: frozenset[str]
    ) -> list[Judgement]:
        judged = self._embedded.calibrator.judge(reading, mediated, without)
        if "calibration" in without:
            return judged
        assert reading.compiled is not None
        types = self._types_of(reading.compiled)
        rows = self._doubted(reading, mediated, judged, without)
        blind = "mediation" in without
        questions = [self._question(types, n, mediated[n][i], judged[n], i, blind) for n, i in rows]
        glossary, mends = Glossary("Types", types.lines, self._archetypes.lines), Mends()
        answers = self._chooser.choose(reading, questions, glossary, mends)
        sheets = [Sheet(m, j, self._use.trust) for m, j in zip(mediated, judged, strict=True)]
        told = [
            (n, i, question, types.row(question.options, answer))
            for (n, i), question, answer in zip(rows, questions, answers, strict=True)
            if not isinstance(answer, Exception)
        ]
        for n, i, question, said in told:
            sheets[n].answered(i, said, question in mends.moved)
        for n, _, question, said in told:  # after all answers, which stand before what others wish
            if question in mends.moved:
                sheets[n].added(mends.moved[question], said)
        for addition in mends.added:
            sheets[addition.passage].added(addition.span, types.row([addition.option], [1.0]))
        self._complete(sheets, reading, without)
        reading.notes.extend(_told(sheets, mends))
        return [sheet.judgement() for sheet in sheets]

    def _doubted(
        self,
        reading: Reading,
        mediated: Sequence[Sequence[Mediated]],
        judged: Sequence[Judgement],
        without: frozenset[str],
    ) -> list[tuple[int, int]]:
        """(passage, row) of the spans to ask about: those that their passage owns and the gate lets through."""
        owned = [
            (n, i, m.candidate.span)
            for n, of_passage in enumerate(mediated)
            for i, m in enumerate(of_passage)
            if reading.passages[n].owns(m.candidate.span)
        ]
        gate = self._use.gate
        if gate is None:
            return [(n, i) for n, i, _ in owned]
        sure = self._sure(reading, mediated, judged, without)
        for n, i, span in owned:
            if sure[n][i] >= gate:
                reading.notes.append(Note(n, ROLE, "sure", span, f"not asked: sure to {sure[n][i]:.2f}"))
        return [(n, i) for n, i, _ in owned if sure[n][i] < gate]

    def _sure(
        self,
        reading: Reading,
        mediated: Sequence[Sequence[Mediated]],
        judged: Sequence[Judgement],
        without: frozenset[str],
    ) -> list[Floats]:
        """For each passage the probability [N] that the embedded decision about each span is right."""
        mentions = self._embedded.calibrator.judge(reading, mediated, without | {"calibration"})
        threshold = self._embedded.threshold(without)
        return [
            sureness([m.candidate.span for m in of_passage], _best(judgement), _best(mention), threshold)
            for of_passage, judgement, mention in zip(mediated, judged, mentions, strict=True)
        ]

    def _question(
        self, types: Types, n: int, mediated: Mediated, judgement: Judgement, i: int, blind: bool
    ) -> Question:
        shares = np.array(mediated.archetypes, np.float32)
        options = types.candidates(shares, judgement.each[i])
        archetype = "" if blind else self._archetypes.ids[int(shares.argmax())]
        return Question(n, mediated.candidate.span, options, archetype)

    def _complete(self, sheets: Sequence[Sheet], reading: Reading, without: frozenset[str]) -> None:
        """Let the embedded engine judge the spans that are new."""
        if not any(sheet.new for sheet in sheets):
            return
        tables = self._embedded.classifier.classify(reading, [list(sheet.new) for sheet in sheets])
        mediated = [sheet.mediated_new(table) for sheet, table in zip(sheets, tables, strict=True)]
        judged = self._embedded.calibrator.judge(reading, mediated, without)
        for sheet, of_passage, judgement in zip(sheets, mediated, judged, strict=True):
            sheet.complete(of_passage, judgement)

    def _types_of(self, compiled: CompiledSchema) -> Types:
        held = self._types
        if held is None or held.compiled is not compiled:
            held = self._types = Types(compiled)
        return held


def _best(judgement: Judgement) -> Floats:
    """The score of each span's best type [N]; K is never 0."""
    best: Floats = judgement.score.max(axis=1)
    return best


def _told(sheets: Sequence[Sheet], mends: Mends) -> list[Note]:
    """Notes on what was mended, and on wishes that were refused."""
    notes = [Note(n, ROLE, "refused", span, reason) for n, span, reason in mends.refused]
    for question, span in mends.moved.items():
        detail = f"moved to {span.start}..{span.end} of its passage"
        notes.append(Note(question.passage, ROLE, "moved", question.span, detail))
    notes += [Note(a.passage, ROLE, "added", a.span, f"as {a.option}") for a in mends.added]
    return notes
