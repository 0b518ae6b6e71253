"""Adapters for LLMs: a tiny model with random weights learns forty answers by heart, and says them in the engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samner.errors import FormatError, ModelError
from samner.train.llm.recipe import load_llm_recipe

pytest.importorskip("peft")
pytest.importorskip("llguidance")

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

import tiny_llm
import tiny_run
from samner.archetypes import load as load_archetypes
from samner.cli.main import run as cli
from samner.engines.llm.archetype import LLMClassifier
from samner.engines.llm.asker import Asker
from samner.engines.llm.extractors import LLMExtractor
from samner.engines.llm.glossary import Archetypes
from samner.llms import LLMSettings, make_llm
from samner.llms.hf_chat import HFChat
from samner.options import LLMUse
from samner.passages import Passage
from samner.ports import Reading
from samner.train.examples import Example
from samner.train.llm.examples import Lesson, lessons
from samner.train.llm.run import newest, train
from samner.train.llm.tokens import IGNORED, Padded, fitting, tokens_of
from samner.train.material import Texts, read_texts
from samner.types import Span

pytestmark = [pytest.mark.train, pytest.mark.extra]
ROOT = Path(__file__).parent.parent
FORTY = 40
RECIPE = """prompt: {prompt}
base: {base}
epochs: {epochs}
rate: {rate}
batch: 4
accumulate: 1
longest: 2000
save_every: {save_every}
most: 40
lora: {{rank: 16, alpha: 32}}
public: {{wnut17: {{exhaustive: true}}}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with a corpus, a public set and a model whose tokenizer has seen the prompts."""
    folder = tmp_path_factory.mktemp("llm")
    tiny_run.write_corpus(folder / "corpus", tiny_run.different_passages())
    tiny_run.write_data(folder / "data")
    threads, given = torch.get_num_threads(), os.environ.get("SAMNER_DATA")
    torch.set_num_threads(1)
    os.environ["SAMNER_DATA"] = str(folder / "data")
    sample = [
        part
        for prompt in ("explorer", "archetype")
        for rows in lessons(prompt, texts_of(folder), 0, 1).values()
        for row in rows
        for part in (row.prompt.system, row.prompt.user, row.answer)
    ]
    tiny_llm.tiny_transformers(folder / "base", sample=sample)
    yield folder
    torch.set_num_threads(threads)
    os.environ.pop("SAMNER_DATA") if given is None else os.environ.update(SAMNER_DATA=given)


def texts_of(place: Path) -> Texts:
    recipe = load_llm_recipe(recipe_file(place, "explorer"))
    return read_texts(recipe.public, place / "corpus", place / "data")


EPOCHS = {"explorer": 120, "archetype": 12}
RATES = {"explorer": 3.0e-3, "archetype": 5.0e-3}


def recipe_file(place: Path, prompt: str, epochs: float = 0, save_every: int = 1000) -> Path:
    epochs = epochs or EPOCHS[prompt]
    file = place / f"{prompt}-{epochs:g}-{save_every}.yaml"
    file.write_text(
        RECIPE.format(
            prompt=prompt, base=place / "base", epochs=epochs, rate=RATES[prompt], save_every=save_every
        ),
        "utf-8",
    )
    return file


@pytest.fixture(scope="module")
def adapters(place: Path) -> tuple[tuple[str, str], ...]:
    """Both adapters, trained."""
    made = []
    for prompt in EPOCHS:
        adapter = train(recipe_file(place, prompt), run_dir=place / f"run-{prompt}", corpus=place / "corpus")
        made.append((prompt, str(adapter)))
    return tuple(made)


def all_lessons(place: Path, prompt: str) -> list[Lesson]:
    return [row for rows in lessons(prompt, texts_of(place), 40, 1).values() for row in rows]


def llm(place: Path, adapters: tuple[tuple[str, str], ...] = ()) -> Any:
    settings = LLMSettings(
        model=str(place / "base"), backend="transformers", adapters=adapters, device="cpu", cache_dir=False
    )
    return make_llm(settings)


def test_the_prompts_are_those_that_the_engine_asks(place: Path) -> None:
    texts = texts_of(place)
    rows = [e for e in texts.groups["wnut17"] if e.mentions]
    asked = Recorder()
    extractor = LLMExtractor(Blind(), Asker(asked))
    classifier = LLMClassifier(Blind(), Archetypes(load_archetypes()), Asker(asked), LLMUse())
    for example in rows:
        reading, spans = reading_of(example)
        extractor.extract(reading)
        classifier.classify(reading, [spans])
    learned = {
        (row.prompt.version, row.prompt.system, row.prompt.user, json.dumps(row.prompt.answer))
        for prompt in EPOCHS
        for row in lessons(prompt, texts, 0, 1)["wnut17"]
    }
    assert len(asked.seen) == 2 * len(rows) > 0
    assert set(asked.seen) <= learned


def test_the_archetypes_are_told_with_their_definitions(place: Path) -> None:
    for lesson in all_lessons(place, "archetype")[:3]:
        assert lesson.prompt.user.startswith("## Archetypes\n")
        assert all(a.definition[:30] in lesson.prompt.user for a in load_archetypes())


def test_the_loss_is_on_the_answer_alone(place: Path) -> None:
    words = AutoTokenizer.from_pretrained(place / "base")
    chat = HFChat(words)
    lesson = all_lessons(place, "explorer")[0]
    row = tokens_of(lesson, chat)
    learned = [t for t in row["labels"] if t != IGNORED]
    assert words.decode(learned) == lesson.answer + tiny_llm.END
    assert row["input_ids"][-len(learned) :] == learned
    assert len(learned) < len(row["labels"]) / 4
    kept, left = fitting([lesson, lesson], chat, len(row["labels"]) - 1)
    assert (kept, left) == ([], 2)
    batch = Padded(chat.end)([row, {key: value[-5:] for key, value in row.items()}])
    assert batch["labels"][1, 5:].unique().tolist() == [IGNORED]
    assert batch["attention_mask"].sum(1).tolist() == [len(row["labels"]), 5]


@pytest.mark.slow
def test_forty_answers_are_learned_by_heart(place: Path, adapters: tuple[tuple[str, str], ...]) -> None:
    model = llm(place, adapters)
    for prompt in EPOCHS:
        rows = all_lessons(place, prompt)
        assert len({row.prompt.user for row in rows}) >= FORTY
        replies = model.ask([row.prompt for row in rows])
        assert [r.text for r in replies] == [row.answer for row in rows]
    bare = llm(place)
    rows = all_lessons(place, "explorer")[:3]
    assert [r.text for r in bare.ask([row.prompt for row in rows])] != [row.answer for row in rows]
    assert bare.id != model.id  # an answer of one is never taken for the other's
    other = [replace(row.prompt, version="anchor/1") for row in rows]  # a prompt without an adapter
    assert [r.text for r in model.ask(other)] == [r.text for r in bare.ask(other)]


@pytest.mark.slow
def test_the_engine_says_what_was_learned(place: Path, adapters: tuple[tuple[str, str], ...]) -> None:
    texts = texts_of(place)
    asker = Asker(llm(place, adapters))
    archetypes = Archetypes(load_archetypes())
    extractor, classifier = (
        LLMExtractor(Blind(), asker),
        LLMClassifier(Blind(), archetypes, asker, LLMUse()),
    )
    of_key = {e.key: e.archetypes[0] for e in texts.book.list}
    for example in texts.groups["wnut17"]:
        reading, spans = reading_of(example)
        assert [f.span for f in extractor.extract(reading)[0]] == spans
        table = classifier.classify(reading, [spans])[0]
        said = [classifier.archetypes[n] for n in table.argmax(axis=1)]
        assert said == [of_key[key] for _, _, key in example.mentions]


@pytest.mark.slow
def test_a_killed_run_goes_on(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    recipe = recipe_file(place, "explorer", epochs=4, save_every=8)
    whole = train(recipe, run_dir=place / "whole", corpus=place / "corpus")
    code = (
        "import sys, threading, time, os, signal\nfrom pathlib import Path\nimport torch\n"
        "from samner.train.llm.run import train\ntorch.set_num_threads(1)\n"
        "run = Path(sys.argv[2])\n"
        "def die():\n"
        "    while not list(run.glob('checkpoints/checkpoint-8/trainer_state.json')): time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "threading.Thread(target=die, daemon=True).start()\n"
        "train(Path(sys.argv[1]), run_dir=run, corpus=Path(sys.argv[3]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(recipe), str(place / "killed"), str(place / "corpus")],
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL
    assert not (place / "killed" / "adapter").exists()
    assert newest(place / "killed") is not None
    again = train(recipe, run_dir=place / "killed", corpus=place / "corpus")
    one, other = (load_file(folder / "adapter_model.safetensors") for folder in (whole, again))
    assert one.keys() == other.keys()
    assert all(torch.allclose(one[name], other[name], atol=1e-5) for name in one)


@pytest.mark.parametrize("name", ["llm-explorer", "llm-archetypes"])
def test_the_committed_recipes_are_the_papers(name: str) -> None:
    recipe = load_llm_recipe(ROOT / "recipes" / f"{name}.yaml")
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.batch * recipe.accumulate) == (8, 16, 16)
    assert (recipe.rate, recipe.epochs) == {"explorer": (2e-5, 5), "archetype": (3e-5, 3)}[recipe.prompt]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("prompt: calibrate", "explorer, archetype"),
        ("epocs: 3", "'epocs'"),
        ("lora: {rang: 8}", "'rang'"),
        ("epochs: null", ""),
    ],
)
def test_a_recipe_is_read_strictly(tmp_path: Path, change: str, said: str) -> None:
    lines = {"prompt": "explorer", "base": "x", "epochs": "1", "rate": "1.0e-3"}
    key = change.partition(":")[0]
    file = tmp_path / "r.yaml"
    rest = "".join(f"{k}: {v}\n" for k, v in lines.items() if k != key)
    file.write_text(rest if change == "epochs: null" else f"{rest}{change}\n")
    with pytest.raises(FormatError, match=said or "`epochs`"):
        load_llm_recipe(file)


def test_a_base_that_is_none_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = recipe_file(place, "explorer")
    command = ["train", str(recipe), "--run-dir", str(place / "none"), "--base", str(place / "corpus")]
    assert cli(command) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert cli(["train", str(ROOT / "recipes" / "embedded.yaml"), "--base", "x"]) == 2


def test_a_folder_without_an_adapter_is_told(place: Path) -> None:
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors"):
        llm(place, (("explorer", str(place / "base")),))


class Recorder:
    """An LLM that keeps what it is asked."""

    id = "recorder"

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, str]] = []

    def ask(self, prompts: Any) -> list[Exception]:
        self.seen += [(p.version, p.system, p.user, json.dumps(p.answer)) for p in prompts]
        return [ValueError("no answer")] * len(prompts)


class Blind:
    """What stands in where no answer comes: finds nothing, and knows no archetype from another."""

    name, role = "explorer", "explorer"
    archetypes = tuple(a.name for a in load_archetypes())

    def extract(self, reading: Reading) -> list[list[Any]]:
        return [[] for _ in reading.passages]

    def classify(self, reading: Reading, spans: Any) -> list[Any]:
        return [np.full((len(row), len(self.archetypes)), 1 / len(self.archetypes)) for row in spans]


def reading_of(example: Example) -> tuple[Reading, list[Span]]:
    """A passage to read, and its mentions."""
    passage = Passage(example.text, 0, example.words, Span(0, len(example.words)))
    words = example.words
    spans = [Span(words[first].start, words[end - 1].end) for first, end, _ in example.mentions]
    return Reading([passage], None, [None]), spans
