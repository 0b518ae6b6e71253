"""Learning curves, the development half of the benches, and that nothing is forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samner import SamNER
from samner.adapt.curve import Course, crossner_courses, run
from samner.adapt.curve_rows import markdown, picture
from samner.adapt.development import documents, drift_tasks, material, tasks, unlike
from samner.adapt.fill import main
from samner.bench.datasets import DOMAINS, GoldDocument, GoldEntity
from samner.errors import FormatError
from samner.types import EntityType, Schema

TYPES = """\
singer\tperson\tmusician, person\tvocalist\tA person who sings.
rapper\tperson\tsinger, person\tMC\tA person who raps.
tenor\tperson\tsinger, person\thigh male voice\tA man who sings high.
soprano\tperson\tsinger, person\thigh voice\tA woman who sings high.
album\tcreative_work\twork\trecord\tA collection of recordings.
song\tcreative_work\twork\ttrack\tA piece of music with words.
city\tlocation\tplace\ttown\tA large settlement.
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of one held-out domain (see development.tsv) and one that is not."""
    held = "[[Nina Simone|singer]] recorded [[Pastel Blues|album]] with [[Sinnerman|song]]."
    other = "[[Leith|city]] is by the sea."
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "biographies.tsv").write_text(f"discography\t{held}\ncities\t{other}\ncities\tOld {other}\n")
    (folder / "biographies.types.tsv").write_text(TYPES)
    return folder


def test_the_development_half_in_other_words(corpus: Path) -> None:
    (task,) = drift_tasks(material(corpus))
    assert (task.name, task.half) == ("biographies/discography", "development")
    assert task.schema.names == ("album", "singer", "song")
    assert task.others["singer"] == "vocalist"
    assert task.merged == ("album", "song")
    assert task.split is not None
    name, parts = task.split
    assert (name, [p.name for p in parts]) == ("singer", ["rapper", "soprano", "tenor", "other singer"])
    assert len(task.distractors) == 8


def test_schemas_with_a_learned_type_are_left_out(corpus: Path) -> None:
    (task,) = tasks(corpus)
    assert [d.entities[0] for d in documents(task)] == [GoldEntity(0, 11, "singer")]
    assert unlike([task], Schema((EntityType("singer", "Another definition."),))) == [task]
    assert unlike([task], Schema((EntityType("singer", "A person who sings."),))) == []


def ships(names: list[str]) -> list[GoldDocument]:
    start = len("The crew repainted the ")
    return [
        GoldDocument(f"The crew repainted the {n} last year.", (GoldEntity(start, start + len(n), "vessel"),))
        for n in names
    ]


@pytest.mark.model
def test_a_curve_and_its_table(corpus: Path, tmp_path: Path) -> None:
    schema = Schema((EntityType("vessel", "Anything that carries cargo."),))
    names = ["Aurora", "Bounty", "Calypso", "Halcyon", "Wanderer", "Old Grey"]
    course = Course("ships", "development", schema, ships(names[:4]), ships(names[4:]))
    result = run([course], sizes=(0, 4, 100), threads=1, corpus=corpus, log=tmp_path / "looks")
    row = result["courses"]["ships"]
    assert [p["texts"] for p in row["points"]] == [0, 4]
    assert row["points"][1]["f1"] >= row["points"][0]["f1"]
    assert (row["changed"]["texts"], row["changed"]["changed"]) == (1, 0)
    assert row["changed"]["f1_before"] == row["changed"]["f1_after"] > 0
    assert "| ships |" in markdown(result)
    assert not (tmp_path / "looks").exists()
    pytest.importorskip("matplotlib")
    picture(result, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_crossner_learns_from_its_train_part(tmp_path: Path) -> None:
    gold = {"ai": "task", "literature": "poem", "music": "song", "politics": "election", "science": "theory"}
    for domain in DOMAINS:
        for part in ("train", "dev"):
            rows = f"{part}\tB-{gold[domain]}\nhere\tO\n\nthere\tB-misc\n"
            (tmp_path / f"{domain}.{part}.txt").write_text(rows)
    courses = crossner_courses(tmp_path, "dev")
    assert [c.name for c in courses] == list(DOMAINS)
    for course in courses:
        assert sorted(d.text for d in course.learn) == ["there", "train here"]
        assert [d.text for d in course.score] == ["dev here", "there"]
        assert [len(d.entities) for d in course.score] == [1, 0]
    (tmp_path / "ai.train.txt").unlink()
    with pytest.raises(FormatError, match=r"ai\.train\.txt"):
        crossner_courses(tmp_path, "dev")


@pytest.mark.model
def test_a_look_at_the_test_part_is_logged(tmp_path: Path, ner: SamNER) -> None:
    schema = Schema((EntityType("vessel"),))
    run(
        [Course("ai", "crossner", schema, [], ships(["Aurora"]))],
        sizes=(0,),
        threads=1,
        log=tmp_path / "looks",
    )
    line = json.loads((tmp_path / "looks").read_text())
    assert line["options"] == {"bench": "adapt"}
    assert line["model"]["hash"] == ner.info.hash


def test_tables_go_between_the_marks_of_a_page(tmp_path: Path) -> None:
    result, page = tmp_path / "r.json", tmp_path / "page.md"
    course = {
        "half": "crossner",
        "points": [{"texts": 0, "f1": 0.5, "seconds": 0.0}, {"texts": 5, "f1": 0.625, "seconds": 2.2}],
        "scored": 3,
        "changed": {"texts": 7, "changed": 0, "f1_before": 0.5, "f1_after": 0.5},
    }
    found = {"benchmark": "adapt", "part": "dev", "courses": {"ai": course}, "time": "2026-01-02T03"}
    result.write_text(json.dumps(found | {"model": {"id": "m", "hash": "0123456789abcdef"}}))
    page.write_text("# Page\n\n<!-- results -->\nold\n<!-- /results -->\nend\n")
    assert main([str(result), str(page)]) == 0
    assert "| ai | 50.0 | 62.5 | 2 s | 0 of 7 | 50.0 → 50.0 |" in page.read_text()
    assert "old" not in page.read_text()
    assert page.read_text().endswith("<!-- /results -->\nend\n")
    result.write_text("{}")
    assert main([str(result), str(page)]) == 1
    assert main([]) == 2
