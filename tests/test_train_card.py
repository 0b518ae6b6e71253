"""The model card: it says what the run says, of the sets that the run used, and of no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samner.errors import FormatError
from samner.train.card import (
    LICENCES,
    Facts,
    crossner_names,
    licences,
    render,
    trained_names,
    weights_licence,
)
from samner.train.ontology import TypeBook


def row(f1: float) -> dict[str, object]:
    return {"f1": f1, "groups": {"domains": {"f1": f1, "span_f1": 0.75}, "slots": {"f1": 0.25}}}


REPORT = {
    "": row(0.5),
    "explorer": row(0.4321),
    "every": {"span_f1": 0.89, "threshold": 0.2},
    "calibration_error": {"ece": 0.0256, "spans": 6402},
    "model": {"id": "small", "hash": "ab" * 32},
}
FACTS = Facts(
    name="small",
    base="some-encoder",
    base_sha256="53aa",
    steps=6000,
    widest=12,
    sets=[("wnut17", 0.25, 5690), ("corpus", 0.75, 5407)],
    held_out=856,
    left_out=(),
    seen=("person", "song"),
    unseen=("enzyme",),
    report=REPORT,
)


def test_it_says_what_the_run_says() -> None:
    card = render(FACTS)
    assert card.startswith("# small\n")
    assert "Weights' licence: Apache-2.0\n" in card
    assert "weights' SHA-256 `53aa`" in card
    assert "recipe of 6,000 steps" in card
    assert (
        "| samner corpus: corpus | passages marked for open types, exhaustively | 75.0% | 5,407 | CC0-1.0 |"
        in card
    )
    assert "| 25.0% | 5,690 | CC-BY-4.0 |" in card
    assert "2 of CrossNER's 3 type names" in card
    assert "Not seen: enzyme." in card
    assert "856 passages" in card
    assert "at most 12 words" in card


def test_the_greatest_share_stands_first() -> None:
    card = render(FACTS)
    assert card.index("samner corpus: corpus") < card.index("WNUT-17")


def test_only_the_sets_of_the_recipe_are_listed() -> None:
    card = render(FACTS)
    for name, licence in licences().items():
        assert (licence.title in card) == (name == "wnut17")


def test_the_dictionary_is_named_where_its_definitions_were_read() -> None:
    line = "[Open English WordNet](https://github.com/globalwordnet/english-wordnet)"
    assert line not in render(FACTS)
    assert line in render(replace(FACTS, glosses=True))


def test_development_figures_in_hundredths() -> None:
    card = render(FACTS)
    assert "| pipeline | F1 | F1, domains | F1, slots | span F1, domains | span F1, slots |" in card
    assert "| all stages | 50.0 | 50.0 | 25.0 | 75.0 |  |" in card
    assert "| −explorer | 43.2 | 43.2 | 25.0 | 75.0 |  |" in card
    assert "−anchor" not in card  # not in the report, so not in the card
    assert "2.6 over 6,402 spans" in card


def test_a_share_alike_set_makes_the_weights_share_alike() -> None:
    card = render(replace(FACTS, sets=[("sgd", 0.5, 10), ("corpus", 0.5, 10)]))
    assert "Weights' licence: CC-BY-SA-4.0 (a share-alike set was trained on)" in card
    assert weights_licence(["corpus", "schemas", "snips"]) == "Apache-2.0"
    assert weights_licence(["fewnerd_inter_dev"]) == "CC-BY-SA-4.0"


def test_types_left_out_are_named() -> None:
    assert "left out on purpose: album, song." in render(replace(FACTS, left_out=("song", "album")))


def test_a_set_without_a_licence_is_refused() -> None:
    with pytest.raises(FormatError, match=r"'wikineural'.*licences.yaml"):
        render(replace(FACTS, sets=[("wikineural", 1.0, 10)]))


def test_every_set_of_the_shipped_recipe_has_a_licence() -> None:
    import yaml

    recipe = yaml.safe_load((LICENCES.parents[3] / "recipes/embedded.yaml").read_text("utf-8"))
    assert recipe["public"].keys() <= licences().keys()


def test_names_seen_in_training() -> None:
    book = TypeBook()
    book.add("", "vocalist", "person", "", "musical artist, singer", "One who sings.")
    book.add("", "literarygenre", "misc", "", "", "A kind of book.")
    book.add("", "enzyme", "science", "", "", "A protein that helps reactions along.")
    book.freeze()
    trained = [n for n, entry in enumerate(book.list) if entry.name != "enzyme"]
    seen, unseen = crossner_names(trained_names(book, trained))
    assert seen == ["literary genre", "musical artist"]  # by another name, and by the benchmark's own tag
    assert "enzyme" in unseen
    assert len(seen) + len(unseen) == 38  # 39 with the catch-all
    assert "miscellaneous" not in unseen
