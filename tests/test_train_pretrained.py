"""Training from any encoder of Hugging Face: other families and tokenizers, several processes, TensorBoard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")

import torch
from safetensors.torch import load_file, save_file

import tiny_run
from samner import SamNER
from samner.cli.main import run as cli
from samner.engines.embedded.words import WordPieces
from samner.errors import MissingExtraError, ModelError
from samner.train.base import base_folder, own, starting_network
from samner.train.logs import Log
from samner.train.pretrained import encoder_config
from samner.train.recipe import NetworkConfig, Recipe, load_recipe
from tiny_encoders import write_encoder

pytestmark = [pytest.mark.train, pytest.mark.slow]
FAMILIES = ("roberta", "modernbert", "deberta")
STEPS = 200
TEXT = "Mary Somerville went to New\u00a0York — and Ada (of Acme) went to Paris ."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder with all that a run reads, and an encoder of each family."""
    folder = tmp_path_factory.mktemp("pretrained")
    tiny_run.write_corpus(folder / "corpus")
    tiny_run.write_data(folder / "data")
    tiny_run.write_base(folder / "base")
    tiny_run.write_recipe(folder / "recipe.yaml", folder / "base", STEPS)
    for family in FAMILIES:
        write_encoder(folder / family, family)
    before = os.getcwd(), os.environ.get("SAMNER_DATA"), torch.get_num_threads()
    os.chdir(folder)  # where `samner train` looks for the corpus
    os.environ["SAMNER_DATA"] = str(folder / "data")
    torch.set_num_threads(1)
    yield folder
    os.chdir(before[0])
    os.environ.pop("SAMNER_DATA") if before[1] is None else os.environ.update(SAMNER_DATA=before[1])
    torch.set_num_threads(before[2])


@pytest.fixture(scope="module", params=FAMILIES)
def trained(place: Path, request: pytest.FixtureRequest) -> tuple[str, Path, Path]:
    """Of each family, the run and what was exported of it, by the commands."""
    family = request.param
    run, out = place / f"run-{family}", place / f"model-{family}"
    assert cli(["train", "recipe.yaml", "--encoder", family, "--run-dir", str(run)]) == 0
    assert cli(["export", str(run), str(out)]) == 0
    return family, run, out


def test_it_learns_and_extracts(place: Path, trained: tuple[str, Path, Path]) -> None:
    family, run, out = trained
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    first, *_, last = (row for row in rows if "choice" in row)
    assert last["choice"] < first["choice"]
    assert load_recipe(run / "recipe.yaml").base == str(place / family)
    ner = SamNER(out, threads=1)
    found = ner.extract(TEXT, {"person": "A human being.", "city": "A large town."}, threshold=0.0)
    assert all(TEXT[e.start : e.end] == e.text for e in found)
    assert {e.text for e in found} & {"Mary Somerville", "New\u00a0York", "Ada", "Paris"}
    card = (out / "CARD.md").read_text("utf-8")
    assert f"Starting encoder: {place / family}, weights' SHA-256" in card
    assert "; its licence holds for what is made of it" in card


def test_the_graphs_say_what_the_network_says(trained: tuple[str, Path, Path]) -> None:
    """The exported text encoder and heads against PyTorch, on texts of several lengths."""
    _, run, out = trained
    recipe = load_recipe(run / "recipe.yaml")
    network = starting_network(base_folder(recipe), recipe.network)
    averaged = load_file(run / "average.safetensors")
    assert network.load_state_dict(averaged, strict=False).unexpected_keys == []
    network.eval()
    sessions = SamNER(out, threads=1)._engine._reader.sessions
    for pieces in (3, 9, 60):
        embedded = torch.randn(pieces, network.config.hidden)
        at = torch.arange(1, pieces - 1)
        with torch.no_grad():
            mask = torch.ones(1, pieces, dtype=torch.long)
            states = network.text.model(inputs_embeds=embedded[None], attention_mask=mask)[0][0]
            wanted = network.explorer_start(states[1:-1])
            total = network.types.model(inputs_embeds=embedded[None], attention_mask=mask)[0][0].sum(0)
        of_first, *_ = sessions.text(embedded.numpy(), at.numpy(), at.numpy())
        assert np.abs(of_first[:, :1] - wanted.numpy()).max() < 1e-4
        assert np.abs(sessions.types(embedded.numpy()) - total.numpy()).max() < 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_a_words_pieces_are_those_it_has_inside_a_text(place: Path, family: str) -> None:
    words = WordPieces(place / family / "tokenizer.json")
    inside = words.sentence("went to London")
    assert inside == [piece for word in ("went", "to", "London") for piece in words.word(word)]
    assert words.unknown not in inside
    assert len({words.cls, words.sep, words.pad, words.unknown, words.mask}) == 5


def test_what_is_no_encoder_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def failed(encoder: str) -> str:
        assert cli(["train", "recipe.yaml", "--encoder", encoder, "--run-dir", str(place / "none")]) == 1
        lines = [row for row in capsys.readouterr().err.splitlines() if row.startswith("samner:")]
        assert len(lines) == 1
        return lines[0]

    (place / "decoder").mkdir()
    (place / "decoder" / "config.json").write_text('{"model_type": "gpt2"}')
    assert "reads both ways" in failed("decoder")
    assert "transformers knows" in failed("corpus")
    slow = place / "slow"
    slow.mkdir()
    for name in ("config.json", "model.safetensors"):
        (slow / name).write_bytes((place / "roberta" / name).read_bytes())
    assert "a fast tokenizer" in failed("slow")
    narrow = {"model_type": "electra", "embedding_size": 8, "hidden_size": 16}
    (place / "decoder" / "config.json").write_text(json.dumps(narrow))
    with pytest.raises(ModelError, match="word pieces as wide"):
        encoder_config(place / "decoder")


def test_weights_that_are_not_all_there_are_not_begun_by_chance(place: Path) -> None:
    part = place / "part"
    part.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (part / name).write_bytes((place / "roberta" / name).read_bytes())
    weights = load_file(place / "roberta" / "model.safetensors")
    name = "encoder.layer.1.output.dense.bias"
    save_file({n: w for n, w in weights.items() if n != name}, part / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=f"found no {name}"):
        starting_network(part, NetworkConfig())
    (part / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="weights in safetensors"):
        starting_network(part, NetworkConfig())


def test_a_bert_of_another_kind_is_traced(place: Path) -> None:
    """Our own graphs have one activation and one norm."""
    config = encoder_config(place / "base")
    assert own(config)
    config.hidden_act = "relu"
    assert not own(config)


def test_a_run_is_not_gone_on_with_from_another_encoder(
    place: Path, trained: tuple[str, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, run, _ = trained
    assert cli(["train", "recipe.yaml", "--encoder", "base", "--run-dir", str(run)]) == 1
    assert "pass" in capsys.readouterr().err
    assert cli(["train", str(run / "recipe.yaml"), "--run-dir", str(run)]) == 0  # its own recipe fits


def test_a_hub_that_cannot_be_reached_is_one_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="an encoder at 'nobody/no-such-encoder'"):
        base_folder(Recipe(steps=1, base="nobody/no-such-encoder"))


def launched(place: Path, run: Path, steps: int) -> list[str]:
    """A run of two processes on the CPU; its own copy of the recipe, with so many steps."""
    recipe = place / f"two-{steps}.yaml"
    tiny_run.write_recipe(recipe, place / "base", steps)
    command = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        "2",
    ]  # as accelerate launches GPUs
    done = subprocess.run(
        [sys.executable, *command, "-m", "samner", "train", str(recipe), "--run-dir", str(run)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_two_processes_make_one_run_that_can_be_gone_on_with(place: Path) -> None:
    whole, parted = place / "two-whole", place / "two-parted"
    said = launched(place, whole, 16)
    steps = [row for row in map(json.loads, (r for r in said if r.startswith("{"))) if "development" in row]
    assert [row["step"] for row in steps] == [16]  # told once, by the main process
    launched(place, parted, 8)
    (parted / "average.safetensors").unlink()
    launched(place, parted, 16)
    one, other = (load_file(run / "last.safetensors") for run in (whole, parted))
    moved = {n for n in one if n.startswith("weights/text.layers") and not torch.equal(one[n], other[n])}
    # The rates' schedule knows the number of steps, so the weights differ a little, but both runs are at step 16.
    assert all(torch.allclose(one[n], other[n], atol=0.05) for n in moved)
    alone = place / "two-alone"
    recipe = place / "two-16.yaml"
    assert cli(["train", str(recipe), "--run-dir", str(alone)]) == 0
    lonely = load_file(alone / "last.safetensors")
    assert any(not torch.equal(one[n], lonely[n]) for n in one if n.startswith("weights/"))


def test_tensorboard_gets_the_figures(place: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    board = place / "board"
    log = Log(place, board)
    log.write({"step": 100, "choice": 0.5, "development": {"domains": {"f1": 0.25}}})
    found = events.EventAccumulator(str(board)).Reload()
    assert set(found.Tags()["scalars"]) == {"choice", "development/domains/f1"}
    assert [(e.step, e.value) for e in found.Scalars("development/domains/f1")] == [(100, 0.25)]


def test_without_tensorboard_it_is_told_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"samner\[tensorboard\]"):
        Log(tmp_path, tmp_path / "board")
