"""`samner eval` on a gazetteer whose errors are known."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench_gazetteer import Gazetteer
from samner.bench.datasets import GoldDocument, GoldEntity
from samner.bench.evaluate import evaluate
from samner.bench.metrics import NONE
from samner.bench.mistakes import CONTEXT, missed, wrong
from samner.bench.subject import forced
from samner.bench.tables import print_report
from samner.errors import FormatError, InputError
from samner.types import Entity, Span

TYPES = ["person", "band", "city"]
NER = Gazetteer(
    {
        "Ada Lovelace": ("person", 0.9),
        "Queen": ("person", 0.8),
        "York": ("city", 0.7),
        "Bath": ("city", 0.6),
    }
)
TEXTS = [
    ("Ada Lovelace saw Queen in New York.", [(0, 12, "person"), (17, 22, "band"), (26, 34, "city")]),
    ("A Bath for Abba.", [(11, 15, "band")]),
    ("Nothing here.", []),
]
GOLD = [GoldDocument(text, tuple(GoldEntity(*e) for e in entities)) for text, entities in TEXTS]


def test_figures_by_hand() -> None:
    report = evaluate(NER, GOLD, TYPES).to_dict()
    # right: Ada Lovelace. Said: Ada Lovelace, Queen, York, Bath. Gold: four.
    assert report["precision"] == report["recall"] == report["f1"] == 1 / 4
    assert report["span_f1"] == 2 / 4  # Queen's span is right too
    assert report["typing_accuracy"] == 1 / 4  # classify knows Ada Lovelace and a wrong type for Queen
    assert report["types"]["person"] == {
        "precision": 1 / 2, "recall": 1.0, "f1": 2 / 3, "right": 1, "predicted": 2, "gold": 1
    }  # fmt: skip
    assert report["confusion"]["band"] == {"person": 1, NONE: 1}
    assert report["confusion"][NONE] == {"city": 2}
    assert report["calibration"]["ece"] == pytest.approx((0.1 + 0.8 + 0.7 + 0.6) / 4)
    assert report["counts"] == {
        "documents": 3,
        "gold": 4,
        "predicted": 4,
        "right": 1,
        "wrong": 3,
        "missed": 1,
    }
    assert report["model"] == {"id": "gazetteer", "hash": "0" * 64}
    json.dumps(report)


def test_errors_are_named_with_context_and_the_most_confident_first() -> None:
    report = evaluate(NER, GOLD, TYPES)
    assert [(m.kind, m.text, m.predicted, m.gold) for m in report.wrong] == [
        ("type", "Queen", "person", "band"),
        ("boundary", "York", "city", "city"),
        ("spurious", "Bath", "city", None),
    ]
    assert report.wrong[1].gold_text == "New York"
    assert report.wrong[1].context == "Ada Lovelace saw Queen in New [[York]]."
    assert [(m.kind, m.text, m.predicted, m.gold, m.score) for m in report.missed] == [
        ("missed", "Abba", None, "band", None)
    ]


def test_boundary_and_type() -> None:
    gold = [GoldDocument("New York Dolls", (GoldEntity(0, 14, "band"),))]
    said = [[Entity(4, 8, "York", "city", 0.5)]]
    assert [m.kind for m in wrong(gold, said)] == ["boundary and type"]
    assert missed(gold, said) == []


def test_context_is_one_line_and_cut() -> None:
    text = "x" * 100 + "\n\n Bath\t" + "y" * 100
    (mistake,) = wrong([GoldDocument(text, ())], [[Entity(103, 107, "Bath", "city", 0.5)]])
    assert mistake.context == "..." + "x" * (CONTEXT - 3) + " [[Bath]] " + "y" * (CONTEXT - 1) + "..."


def test_worst_limits_the_lists_only() -> None:
    report = evaluate(NER, GOLD, TYPES)
    assert len(report.to_dict(worst=1)["errors"]["wrong"]) == 1
    assert report.to_dict(worst=1)["counts"]["wrong"] == 3


def test_forced_typing_takes_the_best_type_where_none_was_answered() -> None:
    none = Entity(0, 4, "Bath", NONE, 0.7, alternatives=(("city", 0.3), ("band", 0.1)))
    sure = Entity(5, 9, "York", "city", 0.9, alternatives=(("band", 0.1),))
    bare = Entity(10, 14, "Cork", NONE, 0.9)
    ((first, second, third),) = forced([[none, sure, bare]])
    assert (first.label, first.score, first.start) == ("city", 0.3, 0)
    assert second == sure
    assert third == bare


def test_a_span_that_the_system_refuses_leaves_the_others_their_answers() -> None:
    class Choosy(Gazetteer):
        def classify(self, text: str, spans: Sequence[Span], schema: Any) -> list[Entity]:
            if Span(5, 9) in spans:
                raise InputError("spans that fit", "one that does not", "shorten it")
            return super().classify(text, spans, schema)

    gold = [GoldDocument("Bath York", (GoldEntity(0, 4, "city"), GoldEntity(5, 9, "city")))]
    assert evaluate(Choosy(NER.names), gold, TYPES).typing_accuracy == 1 / 2


def test_options_reach_the_system() -> None:
    assert evaluate(NER, GOLD, TYPES, without=frozenset({"explorer"})).types["person"].right == 0


def test_a_failed_document_counts_as_empty_and_is_reported() -> None:
    gold = [*GOLD, GoldDocument("FAIL Bath", (GoldEntity(5, 9, "city"),))]
    report = evaluate(NER, gold, TYPES)
    assert report.strict.gold == 5
    assert report.strict.predicted == 4
    assert list(report.failures) == [3]
    assert "damaged" in report.failures[3]


def test_a_perfect_system() -> None:
    gold = [GoldDocument("Bath", (GoldEntity(0, 4, "city"),))]
    report = evaluate(NER, gold, TYPES)
    assert report.strict.f1 == report.spans.f1 == report.typing_accuracy == 1.0
    assert report.wrong == report.missed == []


def test_nothing_to_find_and_nothing_said() -> None:
    report = evaluate(NER, [GoldDocument("", ())], TYPES).to_dict()
    assert report["f1"] == report["typing_accuracy"] == 1.0
    assert report["calibration"] is None
    assert report["types"] == {}


def test_gold_file_is_checked_against_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"text": "Bath", "entities": [{"start": 0, "end": 4, "label": "town"}]}\n')
    with pytest.raises(FormatError, match=r"gold\.jsonl:1: the label 'town'"):
        evaluate(NER, path, TYPES)
    path.write_text('{"text": "Bath", "entities": [{"start": 0, "end": 4, "label": "city"}]}\n')
    assert evaluate(NER, path, TYPES).strict.f1 == 1.0


def printed(gold: list[GoldDocument]) -> str:
    out = io.StringIO()
    print_report(evaluate(NER, gold, TYPES), Console(file=out, width=140))
    return out.getvalue()


def test_text_shows_figures_and_errors() -> None:
    text = printed(GOLD)
    assert "25.0" in text
    assert "person for band" in text
    assert "New [[York]]." in text  # markup in texts is shown as it is
    assert "most confident errors (3 of 3)" in text
    assert "missed (1 of 1)" in text


def test_text_of_a_perfect_report_shows_no_errors() -> None:
    text = printed([GoldDocument("Bath", (GoldEntity(0, 4, "city"),))])
    assert "100.0" in text
    assert "errors" not in text
