"""Where a model comes from, and what is said when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from samner.errors import MissingExtraError, ModelError
from samner.locate import SHIPPED, model_folder


def test_the_shipped_one_a_folder_and_what_is_neither(tmp_path: Path) -> None:
    assert model_folder(None) == SHIPPED
    assert model_folder(tmp_path) == tmp_path
    for name in ("nosuch", "./no/such", "a/b/c", "~/x"):
        with pytest.raises(ModelError, match="a model folder or a hub id"):
            model_folder(name)


def test_a_hub_id_without_the_hub_or_its_package_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises((ModelError, MissingExtraError)) as caught:
        model_folder("someone/no-such-model")
    message = str(caught.value)
    assert "samner[hub]" in message or "no copy here" in message
    assert "\n" not in message
    assert len(message) < 250


def test_a_name_that_the_hub_cannot_have() -> None:
    pytest.importorskip("huggingface_hub")
    with pytest.raises(ModelError, match="a name that the hub cannot have"):
        model_folder("no such/mo del")
