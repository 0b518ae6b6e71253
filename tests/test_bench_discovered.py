"""When a type counts as found, named, and both: worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from samner.bench.datasets import GoldDocument, GoldEntity
from samner.bench.discovered import judge, same_name
from samner.discover.naming import Proposal
from samner.discover.spans import Name
from samner.discover.vocabulary import Term

NOTHING = np.zeros(1, np.float32)


def proposal(name: str, *places: tuple[int, int, int]) -> Proposal:
    names = tuple(Name(f"n{n}", "misc", NOTHING, NOTHING, places=[place]) for n, place in enumerate(places))
    return Proposal(Term(name, "", (), "corpus", ""), ("misc",), (), (), names)


def test_the_criterion() -> None:
    gold = [
        GoldDocument("x" * 99, tuple(GoldEntity(n, n + 1, "politician") for n in range(4))),
        GoldDocument("x" * 99, tuple(GoldEntity(n, n + 1, "band") for n in range(4))),
        GoldDocument(
            "x" * 99, (GoldEntity(0, 1, "misc"), GoldEntity(1, 2, "song"), GoldEntity(2, 3, "song"))
        ),
    ]
    proposals = [
        proposal(
            "ruler", (0, 0, 1), (0, 1, 2), (0, 50, 60)
        ),  # stands for politician, half of them, no wrong one
        proposal("rock band", (1, 0, 1), (2, 1, 2), (2, 2, 3)),  # stands for song, a band among them
        proposal("band", (1, 1, 2), (2, 0, 1)),  # a tie: the first in the alphabet, a quarter of its mentions
        proposal("company", (0, 70, 71)),  # beside all gold: stands for nothing
    ]
    found = judge(proposals, gold, ["politician", "band", "song", "opera"])
    assert {k: found[k] for k in ("types", "proposals", "found", "named", "found_and_named")} == {
        "types": 4,
        "proposals": 4,
        "found": 2,
        "named": 1,
        "found_and_named": 0,
    }
    rows = found["by_type"]
    assert (rows["politician"]["recall"], rows["politician"]["precision"]) == (0.5, 1.0)
    assert (rows["song"]["recall"], rows["song"]["precision"], rows["song"]["found"]) == (1.0, 2 / 3, True)
    assert (rows["band"]["recall"], rows["band"]["found"], rows["band"]["stood_for_by_name"]) == (
        0.25,
        False,
        True,
    )
    assert rows["opera"]["proposals"] == []


def test_names_and_other_names() -> None:
    assert same_name("Politician", "politician")
    assert same_name("film", "movie") == same_name("movie", "film")
    assert not same_name("politician", "film")


def test_the_page_shows_the_result() -> None:
    root = Path(__file__).parent.parent
    result = json.loads((root / "bench/results/discover.json").read_text("utf-8"))
    page = (root / "docs/discover.md").read_text("utf-8")
    for name, row in (*result["domains"].items(), ("all", result["total"])):
        figures = [str(row[key]) for key in ("types", "found", "named", "found_and_named", "proposals")]
        assert f"| {name} | {' | '.join(figures)} |" in page
    assert result["model"]["hash"][:12] in page
