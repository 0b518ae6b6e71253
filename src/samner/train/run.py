"""The training loop of `samner train RECIPE.yaml`. Stop it at any moment: the same command goes on from there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import yaml
from torch import Tensor, nn
from torch.optim import AdamW

from samner.archetypes import load as load_archetypes
from samner.engines.embedded.words import WordPieces
from samner.errors import ModelError
from samner.train import checkpoint
from samner.train.ahead import ahead
from samner.train.arrays import pad
from samner.train.base import base_folder, starting_network, weights_sum
from samner.train.batches import Batch, BatchMaker
from samner.train.blur import blur_relations
from samner.train.develop import Developer
from samner.train.logs import Log
from samner.train.losses import on, total_loss
from samner.train.material import Material, gather, pieces_of
from samner.train.network import Network
from samner.train.pretrained import check
from samner.train.ranks import Ranks
from samner.train.recipe import Rates, Recipe, data_folder, keep, load_recipe, read_mapping

LAST = "last.safetensors"
ARCHETYPES_EVERY = 4  # steps: reading their fifteen definitions costs a third of a step


def train(
    recipe_file: Path,
    *,
    run_dir: Path | None = None,
    corpus: Path | None = None,
    encoder: str | None = None,
    tensorboard: Path | None = None,
) -> Path:
    """Train by the recipe and return the run's folder, which `samner export` reads.

    In the working folder, `run_dir` defaults to runs/RECIPE and `corpus` to corpus. `encoder`, a folder or hub id, is
    begun from in the place of the recipe's `base`. Several processes of one run (see `ranks`) share its folder.
    """
    run = run_dir or Path("runs") / recipe_file.stem
    ranks = Ranks()
    log = Log(run, tensorboard) if ranks.main else None
    if ranks.main:
        run.mkdir(parents=True, exist_ok=True)
        _keep(recipe_file, run, encoder)
    ranks.wait()
    recipe = load_recipe(run / "recipe.yaml")
    base = base_folder(recipe)
    check(base)
    pieces = pieces_of(base)
    material = gather(recipe, corpus or Path("corpus"), data_folder())
    torch.manual_seed(recipe.seed)  # for the heads; each step has a seed of its own
    network = starting_network(base, recipe.network).to(ranks.device)
    torch.backends.cuda.enable_cudnn_sdp(False)  # it plans anew for each shape, and no two batches have one
    with ranks.main_first():  # the others find what it left
        blurred = blur_relations(material.book, network, pieces, recipe.blur, run / "blur.safetensors")
    if log is not None:
        log.write({"passages": material.counts, "types": len(material.book.list), "blurred": blurred})
    _Loop(recipe, run, network, material, pieces, ranks, log).go()
    return run


def _keep(recipe_file: Path, run: Path, encoder: str | None) -> None:
    """The run's own copy of the recipe, by which it is exported. A run may be resumed by that copy."""
    recipe, kept = load_recipe(recipe_file), run / "recipe.yaml"
    if encoder is not None:
        recipe = replace(recipe, base=_found(encoder), base_sha256="")
        recipe = replace(recipe, base_sha256=weights_sum(base_folder(recipe)))
    if (run / LAST).exists() and kept.exists():
        _check_same(load_recipe(kept), recipe, run)
    if encoder is not None:
        begun = {"base": recipe.base, "base_sha256": recipe.base_sha256}
        fields = read_mapping(recipe_file) | begun
        kept.write_text(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True), "utf-8")
    else:
        keep(recipe_file, kept)


def _check_same(begun: Recipe, now: Recipe, run: Path) -> None:
    """A checkpoint fits the encoder and the sizes of heads that it began with; all else may change on the way."""
    for part in ("base", "base_sha256", "network"):
        old, new = getattr(begun, part), getattr(now, part)
        if old != new:
            remedy = f"pass {run / 'recipe.yaml'} to go on with it, or another --run-dir to begin anew"
            raise ModelError(f"`{part}` as the run in {run} began, {old}", str(new), remedy)


def _found(encoder: str) -> str:
    """A folder by its full path, so that the run can be exported from anywhere; a hub id as it is."""
    return str(Path(encoder).resolve()) if Path(encoder).is_dir() else encoder


def archetype_texts(pieces: WordPieces) -> tuple[Tensor, Tensor]:
    """The archetypes' definitions as encoder input."""
    rows = [
        [pieces.cls, *pieces.sentence(f"{a.name.replace('_', ' ')}: {a.definition}")[:94], pieces.sep]
        for a in load_archetypes()
    ]
    ids, mask = pad(rows, pieces.pad)
    return torch.from_numpy(ids), torch.from_numpy(mask)


class _Loop:
    """State of one run: network, its average, optimizer, step."""

    def __init__(
        self,
        recipe: Recipe,
        run: Path,
        network: Network,
        material: Material,
        pieces: WordPieces,
        ranks: Ranks,
        log: Log | None,
    ) -> None:
        self.recipe, self.run, self.network, self.ranks, self.log = recipe, run, network, ranks, log
        self.trained = [p for p in network.parameters() if p.requires_grad]
        self.optimizer = _optimizer(network, recipe.rates)
        self.base_rates = [g["lr"] for g in self.optimizer.param_groups]
        self.average = {n: p.clone() for n, p in checkpoint.weights_of(network).items()}
        names = [a.name for a in load_archetypes()]
        self.maker = BatchMaker(
            material.sources, material.book, pieces, names, recipe.batch, recipe.seed, material.hidden
        )
        ids, mask = archetype_texts(pieces)
        self.archetypes = ids.to(network.device), mask.to(network.device)
        self.developer = Developer(material.split, material.book, pieces)
        self.step = 0
        if (run / LAST).exists():
            self.step = checkpoint.load(run / LAST, network, self.average, self.optimizer)

    def go(self) -> None:
        """Run to the recipe's last step, logging, saving and developing on the way."""
        began, seen, sums = time.monotonic(), 0, dict[str, list[Tensor]]()
        ranks = self.ranks
        for batch in ahead(self.maker, self.step, self.recipe.steps, ranks.device, ranks.rank, ranks.count):
            parts = self._update(batch)
            self.step += 1
            seen += len(batch.ids) * ranks.count  # that of the others is about the same
            if self.log is None:  # another process writes
                continue
            for name, value in parts.items():
                sums.setdefault(name, []).append(value)
            if self.step % 100 == 0:
                rate = seen / (time.monotonic() - began)
                self.log.write(
                    {"step": self.step, "sentences_per_s": round(rate, 1), "seen": seen}
                    | {n: round(float(torch.stack(v).mean()), 4) for n, v in sums.items()},
                )
                sums = {}
            last = self.step == self.recipe.steps
            if self.step % self.recipe.save_every == 0 or last:
                checkpoint.save(self.run / LAST, self.step, self.network, self.average, self.optimizer)
            if self.step % self.recipe.develop_every == 0 or last:
                self._develop(self.log)
        ranks.wait()  # the main process may still be at its last development figures

    def _update(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the optimizer, and of the weight average."""
        rates = self.recipe.rates
        torch.manual_seed((self.recipe.seed + 1_000 * self.ranks.rank) * 1_000_003 + self.step)
        share = rate_share(self.step, self.recipe.steps, rates)
        for group, base in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = base * share
        self.network.train()
        precision, device = getattr(torch, self.recipe.precision), self.network.device
        archetypes = self.archetypes if self.step % ARCHETYPES_EVERY == 0 else None
        with torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32):
            total, parts = total_loss(self.network, on(batch, device), archetypes, self.recipe.loss)
        total.backward()
        self.ranks.average(self.trained)
        nn.utils.clip_grad_norm_(self.trained, rates.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        keep = min(rates.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            current = list(checkpoint.weights_of(self.network).values())
            torch._foreach_lerp_(list(self.average.values()), current, 1 - keep)
        return parts

    def _develop(self, log: Log) -> None:
        """Judge the averaged weights on the development split and keep them."""
        live = {n: p.clone() for n, p in checkpoint.weights_of(self.network).items()}
        _copy(self.network, self.average)
        figures = self.developer.judge(self.network)
        _copy(self.network, live)
        log.write({"step": self.step, "development": figures})
        checkpoint.write(self.run / "average.safetensors", self.average, {"step": str(self.step)})


def _copy(network: Network, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, p in checkpoint.weights_of(network).items():
            p.copy_(weights[name])


def _optimizer(network: Network, rates: Rates) -> AdamW:
    groups: list[dict[str, object]] = []
    shared = network.text is network.types
    for prefix, rate in (("text.", rates.text), ("types.", rates.types), ("", rates.heads)):
        named = [
            (n, p) for n, p in network.named_parameters() if p.requires_grad and _group(n, shared) == prefix
        ]
        for decays in (True, False):
            chosen: Sequence[nn.Parameter] = [p for _, p in named if (p.ndim > 1) == decays]
            groups.append(
                {"params": chosen, "lr": rate, "weight_decay": rates.weight_decay if decays else 0.0}
            )
    return AdamW([g for g in groups if g["params"]], betas=(0.9, 0.98), eps=1e-8, fused=True)


def _group(name: str, shared: bool) -> str:
    if name.startswith("text."):
        return "text."
    return "types." if name.startswith("types.") and not shared else ""


def rate_share(step: int, steps: int, rates: Rates) -> float:
    """Share of the full learning rate: a rise, a plateau, a straight fall to zero."""
    fall = steps * rates.decay
    return min(1.0, (step + 1) / rates.warmup, (steps - step) / fall if fall else 1.0)
