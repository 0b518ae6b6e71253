"""The examples of pages in docs/ run and show what they say, by the rules of test_readme.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from test_readme import ROOT, run_examples

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("page", "least", "needs"),
    [
        ("formats.md", 4, None),
        ("tags.md", 4, None),
        pytest.param("graph.md", 5, "rdflib", marks=pytest.mark.extra),
        ("corpora.md", 6, None),
        pytest.param("discover.md", 1, "scipy", marks=pytest.mark.extra),
        pytest.param("service.md", 6, "fastapi", marks=pytest.mark.extra),
        pytest.param("page.md", 1, "fastapi", marks=pytest.mark.extra),
        ("llm.md", 3, None),
        pytest.param("spacy.md", 6, "spacy", marks=pytest.mark.extra),
        pytest.param("presidio.md", 2, "presidio_analyzer", marks=pytest.mark.extra),
    ],
)
def test_every_example_runs_and_shows_what_it_says(
    page: str, least: int, needs: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if needs is not None:
        pytest.importorskip(needs)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert run_examples(ROOT / "docs" / page, tmp_path) >= least
