"""No passage of the benchmark gets into training."""

from __future__ import annotations

from pathlib import Path

import pytest

from samner.errors import FormatError
from samner.train.examples import make_example
from samner.train.overlap import benchmark_grams, grams, without_overlap

HELD = "The small brown fox jumped over two lazy dogs today."
SHORT = "Dogs bark at night"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sentences = (HELD, SHORT)
    rows = ("\n".join(f"{token}\tO" for token in text.split()) for text in sentences)
    (tmp_path / "animals.test.txt").write_text("\n\n".join(rows) + "\n", "utf-8")
    return tmp_path


def dropped(folder: Path, text: str) -> bool:
    example = make_example(text, [], "news", "fox", None, True)
    return not without_overlap([example], benchmark_grams(folder))


def test_eight_words_in_a_row_are_too_many(folder: Path) -> None:
    assert dropped(folder, HELD)
    assert dropped(folder, "They say small brown fox jumped over two lazy dogs, or so.")
    assert not dropped(folder, "They say small brown fox jumped over two lazy cats, or so.")
    assert not dropped(folder, "small brown fox jumped over two dogs lazy today")


def test_case_and_punctuation_make_no_difference(folder: Path) -> None:
    assert dropped(folder, 'THE "small"... brown-fox (jumped) over: two, LAZY_dogs')


def test_short_sentences_are_compared_whole(folder: Path) -> None:
    assert dropped(folder, "dogs bark, at night!")
    assert not dropped(folder, "Dogs bark at night, says the man")
    assert not dropped(folder, "Dogs bark at day")
    assert list(grams("three words only")) == []


def test_runs_do_not_cross_sentences(folder: Path) -> None:
    assert not dropped(folder, "over two lazy dogs today dogs bark at night")


def test_every_part_counts(folder: Path) -> None:
    (folder / "animals.dev.txt").write_text("\n".join(f"{n}\tO" for n in "abcdefgh"), "utf-8")
    assert dropped(folder, "x a b c d e f g h y")


def test_a_folder_without_the_benchmark_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"CrossNER.*docs/training.md"):
        benchmark_grams(tmp_path)
