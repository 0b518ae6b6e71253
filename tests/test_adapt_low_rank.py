"""Low-rank updates of the encoder: they help on texts not seen, change nothing but the text encoder, and move along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("peft")

import torch

from samner import SamNER
from samner.adapt.low_rank import network_of, tuned
from samner.adapt.run import adapt
from samner.cli.main import run
from samner.engines.embedded.store import FILES
from samner.locate import SHIPPED
from test_adapt import SEEN, SHIP, UNSEEN, right

pytestmark = [pytest.mark.model, pytest.mark.train, pytest.mark.slow]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tuned") / "model"
    tuned(SHIPPED, SEEN, SHIP, 4, out)
    return out


def test_it_helps_on_names_that_were_not_seen(ner: SamNER, model: Path) -> None:
    assert right(SamNER(model, threads=1), UNSEEN) > right(ner, UNSEEN)


def test_only_the_text_encoder_changes(model: Path) -> None:
    changed = [name for name in FILES if (model / name).read_bytes() != (SHIPPED / name).read_bytes()]
    assert changed == ["text.onnx"]
    before, after = (network_of(folder)[0].state_dict() for folder in (SHIPPED, model))
    moved = {name for name, value in before.items() if not torch.equal(value, after[name])}
    layers = {f"text.layers.{n}.{part}.weight" for n in range(6) for part in PARTS}
    assert moved == layers
    manifests = [json.loads((folder / "model.json").read_text("utf-8")) for folder in (SHIPPED, model)]
    assert manifests[0]["fitted"] == manifests[1]["fitted"]
    assert manifests[0]["id"] != manifests[1]["id"]


PARTS = ("query_key_value", "output", "up", "down")


def test_an_update_is_of_low_rank(model: Path) -> None:
    """Rank 4 but for the rounding to eight bits, which spreads thinly over all the others."""
    before, after = (network_of(folder)[0].state_dict() for folder in (SHIPPED, model))
    name = "text.layers.3.up.weight"
    sizes = torch.linalg.svdvals(after[name] - before[name])
    assert sizes[:4].square().sum() > 4 * sizes[4:].square().max()


def test_the_adapter_holds_the_tuned_model_and_can_be_moved(tmp_path: Path, model: Path) -> None:
    out = tmp_path / "ships"
    report = adapt(SEEN[::2], SHIP, out, rank=4, threads=1)
    assert report["rank"] == 4
    assert report["strength"] is None
    moved = out.rename(tmp_path / "elsewhere")
    assert SamNER(moved, threads=1).extract(UNSEEN[0].text, SHIP)
    assert SamNER(moved, threads=1).info.id == "ships"


def test_a_rank_out_of_bounds_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["adapt", "--data", "x.jsonl", "--labels", "vessel", "--out", str(tmp_path)]
    assert run([*command, "--encoder-rank", "-1"]) == 2
    assert "--encoder-rank" in capsys.readouterr().err
