"""Whether the model can read a text, and that it says so when it cannot."""

from __future__ import annotations

import warnings

import pytest

from samner import SamNER, UnreadableTextWarning
from samner.readable import unknown, unreadable

RUSSIAN = "Лев Толстой родился в Ясной Поляне."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada Lovelace",
        "Zoë Müller à Łódź, Đặng Thị",
        "x = α + β, für γ > 0",
        "👩‍🔬👍🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
        "Москва",  # a name or two say nothing about a text
        "The city of Москва, as it is called there, lies on the river of the same name.",
        "1234567890 " * 9,
    ],
)
def test_readable(text: str) -> None:
    assert not unreadable(text)


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        "משה רבנו נולד במצרים",
        "孔子出生于鲁国陬邑是一位教育家",
        "กรุงเทพมหานครเป็นเมืองหลวง",
        RUSSIAN + " Tolstoy",
    ],
)
def test_unreadable(text: str) -> None:
    assert unreadable(text)


@pytest.mark.model
def test_a_text_of_another_script_raises_a_warning(ner: SamNER) -> None:
    with pytest.warns(UnreadableTextWarning, match="reads English.*Лев"):
        ner.extract(RUSSIAN, ["person"])
    with pytest.warns(UnreadableTextWarning) as caught:
        ner.extract_batch(["Ada Lovelace", RUSSIAN, "Bob", "Eve"], ["person"], batch_size=1)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ner.extract("Ada Lovelace and Москва", ["person"])


def test_mostly_unknown_words() -> None:
    known = {"the", "a"}
    assert unknown(["xx"] * 8 + ["the"] * 7, known.__contains__)
    assert not unknown(["xx"] * 7 + ["the"] * 8, known.__contains__)
    assert not unknown(["xx"] * 9, known.__contains__)  # too short to tell


@pytest.mark.model
def test_words_without_pieces_raise_a_warning(ner: SamNER) -> None:
    with pytest.warns(UnreadableTextWarning, match="few of the words"):
        ner.extract(" ".join(["x" * 120] * 12), ["person"])
