"""Checkpoints that survive a stop: safetensors only, written beside and then renamed into place."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import AdamW

# Of each parameter; the steps are its own, since a head that a step does not ask is left out of that step.
STATE = ("exp_avg", "exp_avg_sq", "step")


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """Trained parameters by name, one copy of what is shared; the frozen ones are the base's."""
    return {name: p.detach() for name, p in network.named_parameters() if p.requires_grad}


def save(file: Path, step: int, network: nn.Module, average: dict[str, Tensor], optimizer: AdamW) -> None:
    """Write step, weights, average and the optimizer's state so that a stop at any moment leaves a whole file."""
    tensors = {f"weights/{n}": p for n, p in weights_of(network).items()}
    tensors |= {f"average/{n}": p for n, p in average.items()}
    names = {p: n for n, p in network.named_parameters()}
    for group in optimizer.param_groups:
        for p in group["params"]:
            state = optimizer.state.get(p, {})
            tensors |= {f"{part}/{names[p]}": state[part] for part in STATE if part in state}
    write(file, tensors, {"step": str(step)})


def write(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    beside = file.with_suffix(".tmp")
    save_file({n: t.contiguous().clone() for n, t in tensors.items()}, beside, metadata)
    beside.replace(file)


def load(file: Path, network: nn.Module, average: dict[str, Tensor], optimizer: AdamW) -> int:
    """Restore everything in place and return the step to go on from."""
    tensors = load_file(file)
    step = int(read_metadata(file)["step"])
    of_all = torch.tensor(float(step))  # what checkpoints before 0.1.0 leave out
    with torch.no_grad():
        for name, p in ((n, p) for n, p in network.named_parameters() if p.requires_grad):
            p.copy_(tensors[f"weights/{name}"])
            average[name].copy_(tensors[f"average/{name}"])
            if f"exp_avg/{name}" in tensors:
                optimizer.state[p] = {
                    part: tensors.get(f"{part}/{name}", of_all.clone()).to(p.device) for part in STATE
                }
    return step


def read_metadata(file: Path) -> dict[str, str]:
    """The metadata of a safetensors file: eight bytes of header length, then JSON."""
    with file.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
    metadata: dict[str, str] = header.get("__metadata__", {})
    return metadata
