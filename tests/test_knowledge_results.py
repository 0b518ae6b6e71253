"""Reading extractions back: what was written comes in, faults are told and lose nothing else."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from extractions import LETTERS
from samner.errors import FormatError
from samner.knowledge.results import Extraction, extraction, read_results
from samner.types import Document, Entity, Failure
from samner.writing.base import to_json

ROW = {
    "id": "a",
    "text": "Ada!",
    "entities": [{"start": 0, "end": 3, "text": "Ada", "label": "person", "score": 1}],
}


def test_what_extract_writes_is_read(tmp_path: Path) -> None:
    document = Document("😀 Ada", "n1")
    line = to_json(document, [Entity(2, 5, "Ada", "person", 0.75, "person")], None)
    (tmp_path / "out.jsonl").write_text(line + "\n", encoding="utf-8")
    (read,) = read_results([tmp_path / "out.jsonl"])
    assert isinstance(read, Extraction)
    assert (read.id, read.source, read.text) == ("n1", "n1", "😀 Ada")
    ((start, end, text, label, score, archetype),) = (
        (m.start, m.end, m.text, m.label, m.score, m.archetype) for m in read.mentions
    )
    assert (start, end, text, label, score, archetype) == (2, 5, "Ada", "person", 0.75, "person")


def test_a_folder_is_its_shards_without_what_failed(tmp_path: Path) -> None:
    (tmp_path / "shard-00001.jsonl").write_text(json.dumps(ROW | {"id": "second"}) + "\n")
    with gzip.open(tmp_path / "shard-00000.jsonl.gz", "wt") as file:
        file.write(json.dumps(ROW | {"id": "first", "source": "a.txt"}) + "\n")
    (tmp_path / "errors.jsonl").write_text('{"id": "x", "error": "unreadable"}\n')
    (tmp_path / ".state").mkdir()
    (tmp_path / ".state" / "old.jsonl").write_text("{}\n")
    (tmp_path / "report.html").write_text("")
    reads = list(read_results([tmp_path]))
    assert [(r.id, r.source) for r in reads if isinstance(r, Extraction)] == [
        ("first", "a.txt"),
        ("second", "second"),
    ]
    assert len(reads) == 2


def test_faults_stand_in_their_place_and_the_rest_comes_through(tmp_path: Path) -> None:
    lines = [
        json.dumps(ROW),
        "{",
        json.dumps(ROW),
        json.dumps({"text": "no entities"}),
        json.dumps(ROW | {"id": 7}),
    ]
    file = tmp_path / "out.jsonl"
    file.write_text("\n".join(lines))
    reads = list(read_results([file, tmp_path / "none.jsonl"]))
    assert [r.id for r in reads if isinstance(r, Extraction)] == ["a", "7"]
    failures = [str(r.error) for r in reads if isinstance(r, Failure)]
    assert f"at {file}:2" in failures[0]
    assert failures[1].startswith("expected every document once, found 'a' again")
    assert f"at {file}:4" in failures[2]
    assert "none.jsonl: No such file or directory" in failures[3]


@pytest.mark.parametrize(
    "entity",
    [
        {"start": 3, "end": 3, "label": "x"},
        {"start": -1, "end": 3, "label": "x"},
        {"start": 0, "end": 9, "label": "x"},
        {"start": 0, "end": 3, "text": "Eve", "label": "x"},
        {"start": 0, "end": 3, "label": None},
        {"start": 0, "end": 3, "label": "x", "score": 2},
        {"start": 0.0, "end": 3, "label": "x"},
        "Ada",
    ],
)
def test_an_entity_that_cannot_be(entity: object) -> None:
    with pytest.raises(FormatError, match="at here; pass what"):
        extraction({"text": "Ada!", "entities": [entity]}, "here")


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (read,) = read_results([tmp_path])
    assert isinstance(read, Failure)
    assert "name the folder that samner run wrote" in str(read.error)


@pytest.mark.extra
def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [
        {
            "id": LETTERS.id,
            "source": LETTERS.source,
            "entities": [
                {f: getattr(m, f) for f in ("start", "end", "text", "label", "score", "archetype")}
                for m in LETTERS.mentions
            ],
        }
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "shard.parquet")
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "shard.parquet").read_bytes()[:-9])
    read, torn = read_results([tmp_path])
    assert read == Extraction(LETTERS.id, LETTERS.source, None, LETTERS.mentions)
    assert isinstance(torn, Failure)
    assert "expected a Parquet file" in str(torn.error)
