"""Options by name, and what is said of names that there are not."""

from __future__ import annotations

import pytest

from samner import InputError, Options, SamNER
from samner.options import settings


def test_single_fields_replace_those_of_options() -> None:
    assert settings(Options(threshold=0.4, nested=True), {"threshold": 0.7}) == Options(
        threshold=0.7, nested=True
    )
    assert settings(None, {}) == Options()


def test_an_unknown_option_is_named_with_the_one_meant() -> None:
    with pytest.raises(InputError, match="write threshold"):
        settings(None, {"thresold": 0.3})


@pytest.mark.parametrize("threshold", [True, False, "0.5", -0.1, 1.1, float("nan")])
def test_what_is_no_threshold(threshold: object) -> None:
    with pytest.raises(InputError, match="a threshold from 0 to 1"):
        Options(threshold=threshold)  # type: ignore[arg-type]


@pytest.mark.model
@pytest.mark.parametrize("span", ["x", 3, (1,), (0, "b"), None])
def test_what_is_no_span_is_an_input_error(ner: SamNER, span: object) -> None:
    with pytest.raises(InputError, match="pairs of numbers"):
        ner.classify("Berlin", [span], ["city"])  # type: ignore[list-item]


@pytest.mark.model
def test_texts_that_are_none(ner: SamNER) -> None:
    with pytest.raises(InputError, match="several texts"):
        ner.extract_batch(None, ["city"])  # type: ignore[arg-type]
