"""Pairwise figures worked out by hand, and the gold's own: the page shows what the results say, and they still hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samner.bench.clustering import read_gold, run, scores
from samner.errors import FormatError

ROOT = Path(__file__).parent.parent


def test_pairs_by_hand() -> None:
    gold = {("a", 0, 1): "x", ("a", 2, 3): "x", ("b", 0, 1): "x", ("b", 2, 3): "y"}
    found = {("a", 0, 1): 1, ("a", 2, 3): 1, ("b", 0, 1): 2, ("b", 2, 3): 2}
    figures = scores(found, gold)
    assert figures["all"] == {"pairs": 3, "precision": 1 / 2, "recall": 1 / 3, "f1": pytest.approx(0.4)}
    assert figures["within"] == {"pairs": 1, "precision": 1 / 2, "recall": 1.0, "f1": pytest.approx(2 / 3)}
    assert scores(gold, gold)["all"]["f1"] == 1.0
    apart = dict(zip(gold, range(4), strict=True))
    assert scores(apart, gold)["all"] == {"pairs": 3, "precision": 1.0, "recall": 0.0, "f1": 0.0}


def test_the_published_figures_hold() -> None:
    published = json.loads((ROOT / "bench/results/clustering.json").read_text("utf-8"))
    found = run(ROOT / "bench/mentions/second.jsonl")
    assert {key: published[key] for key in found} == found
    page = (ROOT / "docs/graph.md").read_text("utf-8")
    for key in ("gold_types", "by_model", "same_surface"):
        figures = [f"{100 * published[key]['all'][f]:.1f}" for f in ("precision", "recall", "f1")]
        assert f"| {' | '.join(figures)} |" in page
    assert found["gold_types"]["all"]["precision"] > 0.95  # conservative by default


@pytest.mark.parametrize("name", ["first", "second"])
def test_the_gold_is_whole(name: str) -> None:
    extractions, gold = read_gold(ROOT / f"bench/mentions/{name}.jsonl")
    assert sum(len(e.mentions) for e in extractions) == len(gold)
    assert all(e.text is not None for e in extractions)


def test_a_mention_without_its_entity(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"text": "Ada", "entities": [{"start": 0, "end": 3, "text": "Ada", "label": "x"}]}\n')
    with pytest.raises(FormatError, match=r"found none for 'Ada' at .*gold.jsonl:1"):
        read_gold(file)
