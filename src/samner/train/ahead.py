"""Makes batches ahead of the steps that use them, in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import DataLoader, Dataset

from samner.locate import usable_cores
from samner.train.batches import Batch, BatchMaker


class _Steps(Dataset[Batch]):
    """The batch of each step, from the seed of the step, so that a resumed run sees the same ones."""

    def __init__(self, maker: BatchMaker, rank: int) -> None:
        self.maker, self.of_rank = maker, f"/{rank}" if rank else ""

    def __getitem__(self, step: int) -> Batch:
        self.maker.rng.seed(f"{self.maker.seed}/{step}{self.of_rank}")
        return self.maker.batch()


def ahead(
    maker: BatchMaker, first: int, steps: int, device: torch.device, rank: int = 0, ranks: int = 1
) -> Iterator[Batch]:
    """The batches of steps first..steps, in order, other ones for each of the `ranks` processes of a run.

    A GPU takes them faster than one process makes them; the processes of a run share the machine's cores.
    """
    workers = max(1, (usable_cores() - 1) // ranks) if device.type == "cuda" else 1
    loader = DataLoader(
        _Steps(maker, rank),
        batch_size=None,
        sampler=range(first, steps),
        num_workers=workers,
        prefetch_factor=4,
        collate_fn=_as_it_is,
        multiprocessing_context="fork",
    )
    yield from loader


def _as_it_is(batch: Batch) -> Batch:
    return batch
