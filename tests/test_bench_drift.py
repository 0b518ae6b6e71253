"""The drift bench: schemas in other words mean the same, and the figures are what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samner import SamNER
from samner.bench.datasets import DOMAINS, GoldDocument, GoldEntity
from samner.bench.drift import System, run
from samner.bench.drift_data import distractors, german, words
from samner.bench.drift_rows import markdown, picture
from samner.bench.drift_scores import Scores, compare, count, figures
from samner.bench.drift_variants import VARIANTS, DriftTask, Variant
from samner.bench.metrics import Counts
from samner.schema import load_builtin
from samner.types import Entity, EntityType, Schema, Span

TEXT = "Ada Lovelace wrote to Charles Babbage in London."
GOLD = (GoldEntity(0, 12, "writer"), GoldEntity(22, 37, "person"), GoldEntity(41, 47, "place"))
TASK = DriftTask(
    "letters",
    "crossner",
    Schema(
        (
            EntityType("writer", "One who writes."),
            EntityType("person", "A human."),
            EntityType("place", "A site."),
        )
    ),
    [GoldDocument(TEXT, GOLD)],
    [frozenset()],
    {"writer": "author", "person": "place"},
    {"writer": "Schriftsteller", "person": "Mensch", "place": "Ort"},
    [EntityType("wine", "A wine.")],
    ("writer", "person"),
    ("place", (EntityType("city", "A city."), EntityType("other place", "A place that is no city."))),
)
FOUND = [
    Entity(0, 12, "Ada Lovelace", "writer", 0.9),
    Entity(22, 37, "Charles Babbage", "writer", 0.8),
    Entity(41, 47, "London", "place", 0.9),
]


def made(name: str) -> Variant:
    variant = VARIANTS[name](TASK)
    assert variant is not None
    return variant


def test_names_change_and_definitions_stay() -> None:
    assert made("synonyms").schema.names == ("author", "person", "place")  # `place` is taken
    assert made("German names").schema.names == ("Schriftsteller", "Mensch", "Ort")
    assert [t.definition for t in made("German names").schema] == [t.definition for t in TASK.schema]
    assert made("identifiers").schema.names == ("Writer", "Person", "Place")
    assert not any(t.definition for t in made("names alone").schema)
    assert all(
        t.definition.startswith(o.definition)
        for t, o in zip(made("long definitions").schema, TASK.schema, strict=True)
    )
    assert sorted(made("permuted").schema.names) == sorted(TASK.schema.names)
    assert made("permuted").schema.names != TASK.schema.names
    assert made("distractors").schema.names == (*TASK.schema.names, "wine")


@pytest.mark.parametrize("name", VARIANTS)
def test_right_answers_are_right_in_any_words(name: str) -> None:
    """Answers with the gold's meaning, in the variant's own labels, count in full."""
    variant = made(name)
    said = {
        variant.gold.get(variant.label.get(t.name, t.name), variant.label.get(t.name, t.name)): t.name
        for t in variant.schema
    }
    found = [
        Entity(e.start, e.end, TEXT[e.start : e.end], said[variant.gold.get(e.label, e.label)], 0.9)
        for e in GOLD
    ]
    assert count(TASK, variant, [found]) == [Counts(3, 3, 3)]


def test_merged_types_count_as_one_and_doubtful_spans_not_at_all() -> None:
    assert count(TASK, made("as written"), [FOUND]) == [Counts(2, 3, 3)]
    assert count(TASK, Variant(TASK.schema, {}, made("merged").gold), [FOUND]) == [Counts(3, 3, 3)]
    doubtful = DriftTask(
        **{f: getattr(TASK, f) for f in TASK.__slots__} | {"doubtful": [frozenset({Span(22, 37)})]}
    )
    assert count(doubtful, made("as written"), [FOUND]) == [Counts(2, 2, 3)]


def scored(rows: dict[str, list[Counts]]) -> dict[str, Scores]:
    out = {}
    for name, counts in rows.items():
        out[name] = Scores()
        out[name].add("one", counts, rows["as written"])
    return out


def test_figures_by_hand() -> None:
    good = scored({"as written": [Counts(1, 1, 1)] * 4, "synonyms": [Counts(1, 1, 1), Counts(0, 1, 1)] * 2})
    row = figures(good)
    assert row["mean"] == pytest.approx(0.75)
    assert row["worst"] == {"variant": "synonyms", "f1": 0.5, "change": -0.5}
    assert row["spread"] == pytest.approx(0.25)


def test_a_difference_has_an_interval_and_a_system_none_to_itself() -> None:
    good = scored({"as written": [Counts(1, 1, 1)] * 40, "synonyms": [Counts(1, 1, 1)] * 40})
    bad = scored({"as written": [Counts(1, 1, 1), Counts(0, 1, 1)] * 20, "synonyms": [Counts(0, 1, 1)] * 40})
    found = compare(good, bad)
    assert found["mean"]["difference"] == pytest.approx(0.75)
    assert 0.6 < found["mean"]["low"] < 0.75 < found["mean"]["high"] < 0.9
    assert found["spread"]["difference"] == pytest.approx(-0.25)
    assert found["worst"]["difference"] == pytest.approx(0.5)
    assert compare(bad, bad)["mean"] == {"difference": 0.0, "low": 0.0, "high": 0.0}


def test_the_words_cover_crossner_and_name_its_types() -> None:
    for domain in DOMAINS:
        names = load_builtin(f"crossner/{domain}").names
        assert set(names) <= set(words()["synonyms"]) & set(german())
        assert set(words()["merged"][domain]) <= set(names)
        assert "organization" in names
        assert not {kind.name for kind, _ in distractors()} & set(names)
    assert len(set(german().values())) == len(german())


@pytest.mark.model
def test_a_run_with_the_real_pipeline(ner: SamNER, tmp_path: Path) -> None:
    systems = {"all": System(ner), "without": System(ner, {"without": frozenset({"mediation"})})}
    log = tmp_path / "looks.jsonl"
    result = run(systems, [TASK], part="test", log=log)
    rows = result["halves"]["crossner"]["all"]["variants"]
    assert list(rows) == list(VARIANTS)
    assert rows["permuted"]["change"] == 0.0
    assert rows["as written"]["f1"] > 0
    assert "against" in result["halves"]["crossner"]["without"]
    assert json.loads(log.read_text())["options"] == {"bench": "drift"}
    run(systems, [TASK], part="dev", log=log)
    assert len(log.read_text().splitlines()) == 1
    assert "| all |" in markdown(result)
    pytest.importorskip("matplotlib")
    for name in ("one.png", "two.png"):
        picture(result, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
