"""A recipe is read with care: what is wrong in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from samner.errors import FormatError
from samner.train.material import LABELS
from samner.train.recipe import BatchConfig, Recipe, data_folder, load_recipe

RECIPES = sorted(f for f in (Path(__file__).parents[1] / "recipes").glob("*.yaml") if f.stem[:4] != "llm-")


def recipe(folder: Path, text: str) -> Recipe:
    file = folder / "mine.yaml"
    file.write_text(text, "utf-8")
    return load_recipe(file)


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_the_committed_recipes_load(file: Path) -> None:
    made = load_recipe(file)
    assert made.steps > 0
    assert len(made.base_sha256) == 64 or "/" in made.base  # of the hub, which we cannot reach to pin it
    shares = made.corpus_share + made.schemas_share + sum(row.share for row in made.public.values())
    assert shares == pytest.approx(1.0)
    for name, row in made.public.items():
        assert (LABELS / f"{row.labels or name}.tsv").is_file()


def test_the_shipped_recipe_is_there() -> None:
    assert "embedded" in [file.stem for file in RECIPES]


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    made = recipe(tmp_path, "steps: 10\nbatch: {asked: 5}\npublic:\n  mine: {share: 0.5, labels: other}\n")
    assert made.batch == BatchConfig(asked=5)
    assert made.loss == Recipe(steps=1).loss
    assert (made.public["mine"].labels, made.public["mine"].exhaustive) == ("other", False)
    assert recipe(tmp_path, "steps: 3\nwithout_types: [song]\n").without_types == ("song",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("steps: 1\nstep: 2\n", r"found 'step' in .*mine.yaml"),
        ("steps: 1\nloss: {chioce: 2}\n", r"found 'chioce' in .*mine.yaml: loss"),
        ("steps: 1\npublic: {snips: {weight: 1}}\n", r"found 'weight' in .*public/snips"),
        ("steps: 1\nrates: {text: 1, tpyes: 2}\n", r"one of average, clip, .*'tpyes'"),
    ],
)
def test_an_unknown_key_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(FormatError, match=named):
        recipe(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("seed: 1\n", "a recipe with `steps`, found none in .*mine.yaml"),
        ("", "found a NoneType"),
        ("- steps\n", "found a list"),
        ("steps: [\n", "a recipe in YAML"),
    ],
)
def test_what_is_no_recipe_is_an_error(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(FormatError, match=named):
        recipe(tmp_path, text)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"nowhere\.yaml"):
        load_recipe(tmp_path / "nowhere.yaml")


def test_the_data_folder_must_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, "", str(tmp_path / "nowhere")):
        if value is None:
            monkeypatch.delenv("SAMNER_DATA", raising=False)
        else:
            monkeypatch.setenv("SAMNER_DATA", value)
        with pytest.raises(FormatError, match=r"SAMNER_DATA.*docs/training.md"):
            data_folder()
    monkeypatch.setenv("SAMNER_DATA", str(tmp_path))
    assert data_folder() == tmp_path
