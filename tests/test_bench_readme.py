"""The README's results: from the files alone, of one model, and never half."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from conftest import MODEL
from samner.bench import crossner, readme, report
from samner.errors import FormatError
from test_bench_crossner import NER, data  # noqa: F401  (data is a fixture)
from test_bench_report import MACHINE
from test_bench_speed import RESULT
from test_train_card import REPORT

ROOT = Path(__file__).parent.parent
SEEN = {"crossner_names": {"seen": ["song", "person"], "unseen": ["enzyme"]}}


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:  # noqa: F811
    """The three results, as the commands write them, of one model."""
    model = {"model": {"id": "small", "hash": "ab" * 32}}
    made: dict[str, dict[str, Any]] = {
        "crossner.json": crossner.run(NER, data, part="dev", ablate=["explorer"]) | model,
        "development.json": REPORT | SEEN | model,
        "speed.json": RESULT | MACHINE | model,
    }
    for name, result in made.items():
        (tmp_path / name).write_text(json.dumps(result), encoding="utf-8")
    return tmp_path


def test_each_table_stands_under_its_command(folder: Path) -> None:
    text = readme.section_text(folder)
    for section in readme.SECTIONS:
        heading, command = text.index(f"### {section.heading}\n"), text.index(f"`{section.command}`\n\n| ")
        assert heading < command
    assert "| strict, −explorer | 50.0 |" in text
    assert "| −explorer | 43.2 | 43.2 | 25.0 | 75.0 |  |" in text
    assert "| peak memory of that run | 310 MB |" in text
    assert "Of CrossNER's 3 type names (the catch-all left out) training has seen 2" in text
    assert readme.PLACEHOLDER not in text


@pytest.mark.parametrize("name", [section.file for section in readme.SECTIONS])
def test_a_missing_result_fails_unless_it_is_a_draft(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FormatError, match=name):
        readme.section_text(folder)
    text = readme.section_text(folder, draft=True)
    assert text.count(readme.PLACEHOLDER) == 1
    assert text.count("\n| ---") == 2


def test_without_any_result_a_draft_holds_no_figure(tmp_path: Path) -> None:
    text = readme.section_text(tmp_path, draft=True)
    assert text.count(readme.PLACEHOLDER) == 3
    assert "|" not in text


def test_results_of_two_models_are_refused(folder: Path) -> None:
    file = folder / "speed.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"model": {"id": "other", "hash": "cd" * 32}}))
    for draft in (False, True):
        with pytest.raises(FormatError, match=r"speed.json of cdcdcd"):
            readme.section_text(folder, draft=draft)


def test_a_damaged_result_is_named(folder: Path) -> None:
    (folder / "crossner.json").write_text("{")
    with pytest.raises(FormatError, match=r"crossner.json"):
        readme.section_text(folder)


def test_the_readme_and_the_results_agree() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    draft = "0.1.0 - unreleased" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert report.replace(text, readme.section_text(ROOT / readme.RESULTS, draft=draft)) == text


def test_the_results_are_of_the_shipped_model() -> None:
    shipped = sha256((MODEL / "model.json").read_bytes()).hexdigest()
    for name, result in readme.results(ROOT / readme.RESULTS).items():
        assert result.get("model", {}).get("hash", shipped) == shipped, f"measure {name} again"
