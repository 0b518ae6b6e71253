"""Settings that all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

import samner

settings.register_profile("fixed", derandomize=True, deadline=None)  # the same examples on every run
settings.register_profile(
    "search", max_examples=2000, deadline=None
)  # HYPOTHESIS_PROFILE=search: new ones, many
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

MODEL_IS_SHIPPED = os.path.isdir(os.path.join(os.path.dirname(samner.__file__), "model"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `model` wait for the shipped model."""
    if not MODEL_IS_SHIPPED:
        for item in items:
            if item.get_closest_marker("model"):
                item.add_marker(pytest.mark.skip(reason="no model in this checkout"))
