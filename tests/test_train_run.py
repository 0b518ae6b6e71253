"""A whole run on made-up data: it learns, it survives a kill, and what comes out of it extracts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import tiny_run
from samner import SamNER
from samner.cli.main import run as cli
from samner.errors import ModelError
from samner.train import checkpoint
from samner.train.export import export, write_graphs
from samner.train.material import gather
from samner.train.recipe import Rates, data_folder, load_recipe
from samner.train.run import rate_share, train

pytestmark = [pytest.mark.train, pytest.mark.slow]
STEPS = 300  # of the run that learns
SHORT, DIES = 24, 14  # of the run that is killed; it saves every eighth step

KILLED = f"""
import os, signal, sys
from pathlib import Path
import torch
from samner.train import run
torch.set_num_threads(1)
update = run._Loop._update
def dying(self, batch):
    if self.step == {DIES}:
        os.kill(os.getpid(), signal.SIGKILL)
    return update(self, batch)
run._Loop._update = dying
run.train(Path(sys.argv[1]), run_dir=Path(sys.argv[2]), corpus=Path(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with all that a run reads; one thread, so that sums have one order."""
    folder = tmp_path_factory.mktemp("run")
    tiny_run.write_corpus(folder / "corpus")
    tiny_run.write_data(folder / "data")
    tiny_run.write_base(folder / "base")
    tiny_run.write_recipe(folder / "long.yaml", folder / "base", STEPS)
    tiny_run.write_recipe(folder / "short.yaml", folder / "base", SHORT)
    threads, given = torch.get_num_threads(), os.environ.get("SAMNER_DATA")
    torch.set_num_threads(1)
    os.environ["SAMNER_DATA"] = str(folder / "data")
    yield folder
    torch.set_num_threads(threads)
    if given is None:
        del os.environ["SAMNER_DATA"]
    else:
        os.environ["SAMNER_DATA"] = given


@pytest.fixture(scope="module")
def trained(place: Path) -> Path:
    return train(place / "long.yaml", run_dir=place / "long", corpus=place / "corpus")


@pytest.fixture(scope="module")
def exported(place: Path, trained: Path) -> Path:
    return export(trained, place / "model", corpus=place / "corpus", name="tiny")


def log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]


def test_what_it_trains_on(place: Path) -> None:
    material = gather(load_recipe(place / "long.yaml"), place / "corpus", data_folder())
    texts = {" ".join(p.words) for source, _ in material.sources for p in source.passages}
    held = {e.text for e in material.split.development}
    assert {name: n for name, n in material.counts.items() if n} == {
        "corpus": len(tiny_run.passages())
        - 10,  # without the one that the benchmark has, and the held-out ones
        "schemas": 5,
        "wnut17": 10,
    }
    assert not any(tiny_run.OVERLAP in text for text in texts)
    assert {e.domain for e in material.split.development} == {*tiny_run.DOMAINS, tiny_run.SCHEMA}
    assert len(held) == 15
    assert [share for _, share in material.sources] == [0.7, 0.15, 0.15]


def test_types_that_the_recipe_leaves_out_are_never_asked_for(place: Path) -> None:
    file = place / "without.yaml"
    file.write_text((place / "long.yaml").read_text("utf-8") + "without_types: [business]\n", "utf-8")
    material = gather(load_recipe(file), place / "corpus", data_folder())
    whole = gather(load_recipe(place / "long.yaml"), place / "corpus", data_folder())
    assert {material.book.entries[key].name for key in material.hidden} == {
        "company",
        "corporation",
    }  # other names
    marked = [t for source, _ in material.sources for p in source.passages for _, _, t in p.mentions]
    before = [t for source, _ in whole.sources for p in source.passages for _, _, t in p.mentions]
    assert len(marked) == len(before)  # its mentions stay, of a type nobody knows
    names = {material.book.list[t].name for t in set(before) - set(marked) if t >= 0}
    assert names == {"company"}
    assert -1 in marked


def test_the_loss_falls(trained: Path) -> None:
    first, *_, last = (row for row in log(trained) if "choice" in row)
    for part in ("explorer", "anchor", "choice", "binary", "archetype"):
        assert last[part] < 0.8 * first[part], part
    assert last["step"] == STEPS


def test_it_is_judged_on_the_held_out_texts(trained: Path) -> None:
    (row,) = (row["development"] for row in log(trained) if "development" in row)
    assert set(row) == {"domains", "schemas"}
    assert row["domains"]["f1"] > 50
    assert row["domains"]["span_f1"] >= row["domains"]["f1"]


def equal(one: Path, other: Path) -> None:
    a, b = load_file(one), load_file(other)
    assert a.keys() == b.keys()
    different = [name for name in a if not torch.equal(a[name], b[name])]
    assert different == []


def test_a_killed_run_goes_on_to_the_same_bits(place: Path) -> None:
    corpus, recipe = place / "corpus", place / "short.yaml"
    whole, broken = place / "whole", place / "broken"
    train(recipe, run_dir=whole, corpus=corpus)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, recipe, broken, corpus], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert checkpoint.read_metadata(broken / "last.safetensors") == {"step": "8"}
    assert not (broken / "average.safetensors").exists()
    train(recipe, run_dir=broken, corpus=corpus)
    for name in ("last.safetensors", "average.safetensors"):
        equal(whole / name, broken / name)
        assert checkpoint.read_metadata(broken / name) == {"step": str(SHORT)}


def test_a_finished_run_is_left_as_it_is(place: Path, trained: Path) -> None:
    before = (trained / "last.safetensors").read_bytes()
    train(place / "long.yaml", run_dir=trained, corpus=place / "corpus")
    assert (trained / "last.safetensors").read_bytes() == before


def test_what_is_exported_extracts(exported: Path) -> None:
    ner = SamNER(exported, cache_dir=False, threads=1)
    assert ner.info.id == "tiny"
    text = "Ada Lovelace went to York ."
    found = ner.extract(text, {"person": "A human being.", "city": "A large town."})
    assert [(e.text, e.label) for e in found] == [("Ada Lovelace", "person"), ("York", "city")]
    assert all(text[e.start : e.end] == e.text for e in found)
    assert all(0 < e.score <= 1 for e in found)


def test_the_export_says_how_it_was_made(exported: Path) -> None:
    report = json.loads(exported.with_name("model.development.json").read_text("utf-8"))
    assert {"", "explorer", "anchor", "consensus", "mediation", "calibration"} <= set(report)
    assert report[""]["f1"] > 0.5
    assert set(report[""]["groups"]) == {"domains", "schemas"}
    assert report["every"]["span_f1"] > 0.5
    assert 0 <= report["calibration_error"]["ece"] <= 1
    card = (exported / "CARD.md").read_text("utf-8")
    assert card.startswith("# tiny\n")
    assert "WNUT-17" in card
    assert f"recipe of {STEPS} steps" in card


def test_an_exported_model_exported_again_is_the_same(place: Path, exported: Path) -> None:
    again = export(
        exported, place / "again", corpus=place / "corpus", name="tiny", recipe_file=place / "long.yaml"
    )
    for file in sorted(exported.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_run_without_averaged_weights_cannot_be_exported(place: Path) -> None:
    (place / "begun").mkdir()
    with pytest.raises(ModelError, match=r"averaged weights.*develop_every"):
        write_graphs(place / "begun", place / "no-model")
    assert not (place / "no-model").exists()


def test_a_recipe_that_is_not_there_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["train", str(place / "nowhere.yaml"), "--run-dir", str(place / "nothing")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nowhere.yaml" in line
    assert not (place / "nothing").exists()


def test_rates_rise_hold_and_fall_to_zero() -> None:
    rates = Rates(warmup=10, decay=0.25)
    shares = [rate_share(step, 100, rates) for step in range(100)]
    assert shares[:3] == [0.1, 0.2, 0.3]
    assert shares[9:76] == [1.0] * 67
    assert shares[80] == 0.8
    assert shares[99] == pytest.approx(0.04)
