"""One run on several devices: each process draws its own batches, and all take the mean of their gradients.

Started by `accelerate launch -m samner train RECIPE.yaml`; a run by itself is one process, and nothing here costs it
anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from accelerate import Accelerator
from torch import nn


class Ranks:
    """This process among those of the run: `rank` of `count`, its `device`, and whether it is the `main` one, which
    alone writes."""

    def __init__(self) -> None:
        self._accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.device: torch.device = self._accelerator.device
        self.rank: int = self._accelerator.process_index
        self.count: int = self._accelerator.num_processes
        self.main: bool = self._accelerator.is_main_process

    def wait(self) -> None:
        """Until all processes are here."""
        self._accelerator.wait_for_everyone()

    def main_first(self) -> AbstractContextManager[None]:
        """Within it the main process is alone; then come the others."""
        turn: AbstractContextManager[None] = self._accelerator.main_process_first()
        return turn

    def average(self, parameters: Sequence[nn.Parameter]) -> None:
        """The mean of each gradient over the processes, one without a gradient counting as zero. What no process has a
        gradient for stays without one."""
        if self.count == 1:
            return
        some = torch.tensor([float(p.grad is not None) for p in parameters], device=self.device)
        parts = [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters]
        joined = torch.cat([some, *parts])
        mean = self._accelerator.reduce(joined, reduction="mean")
        has, rest = mean[: len(parameters)].tolist(), mean[len(parameters) :]
        for p, share, part in zip(parameters, has, rest.split([p.numel() for p in parameters]), strict=True):
            p.grad = part.view_as(p) if share else None
