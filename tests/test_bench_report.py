"""The README's table from results of the benches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench_gazetteer import Gazetteer
from samner.bench import crossner, report
from samner.bench.datasets import GoldDocument, GoldEntity
from samner.bench.evaluate import evaluate
from samner.errors import FormatError
from test_bench_crossner import NER, data  # noqa: F401  (data is a fixture)
from test_bench_speed import RESULT

MACHINE = {"benchmark": "speed", "version": "0.1.0"}


@pytest.fixture
def results(data: Path, tmp_path: Path) -> list[Path]:  # noqa: F811
    """One file of each sort, as the commands write them."""
    ner = Gazetteer({"Bath": ("city|town", 0.9)})
    gold = [GoldDocument("Bath", (GoldEntity(0, 4, "city|town"),))]
    found: dict[str, dict[str, Any]] = {
        "crossner": crossner.run(NER, data, part="dev", ablate=["explorer"]),
        "my-gold": evaluate(ner, gold, ["city|town"]).to_dict(),
        "speed": RESULT | MACHINE,
    }
    paths = []
    for name, result in found.items():
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(result))
    return paths


def test_tables(results: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([str(p) for p in results]) == 0
    text = capsys.readouterr().out
    assert (
        "| CrossNER dev, F1 | ai | literature | music | politics | science | mean |\n| --- | ---: |" in text
    )
    assert "| strict, catch-all left out | 80.0 | 80.0 | 80.0 | 80.0 | 80.0 | **80.0** ±" in text
    assert "| strict, −explorer | 50.0 | 50.0 | 50.0 | 50.0 | 50.0 | **50.0** |" in text
    assert "| my-gold | 100.0 | 100.0 | 100.0 | 100.0 | 100.0 | 10.0 | 1 |" in text
    assert "| peak memory of that run | 310 MB |  |" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count("|") in (4, 8, 9) for line in lines)


def test_into_a_readme(results: list[Path], tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}\nOLD TABLE\n{report.END}\nafter\n")
    for _ in range(2):  # a second time changes nothing
        assert report.main(["--into", str(readme), str(results[1])]) == 0
    text = readme.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n| gold data |")
    assert text.endswith(f"|\n{report.END}\nafter\n")
    assert "OLD TABLE" not in text


@pytest.mark.parametrize(
    "text", ["", report.BEGIN, f"{report.END} {report.BEGIN}", report.BEGIN * 2 + report.END]
)
def test_missing_marks(text: str) -> None:
    with pytest.raises(FormatError, match="marks"):
        report.replace(text, "table")


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_other_files_are_refused(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    assert report.main([str(path)]) == 1
    assert "x.json" in capsys.readouterr().err


def test_a_missing_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main(["absent.json"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
