"""Learns which of two types is the broader one, from their vectors: so that the more specific of two types that both
fit can win in a schema that declares no parents.

A bilinear form on frozen type vectors, trained on the corpus' inventory of types with their broader types.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from samner.engines.embedded.engine import EmbeddedEngine
from samner.train.ontology import BROADER, EQUAL, NEGATIVE, TypeBook
from samner.types import EntityType, Schema

Array = NDArray[Any]
UNITS = 64
STEPS = 1500
LINE = -3.0  # where the logit begins: few pairs are related
TOGETHER = 384  # types a step


def learn_broader(
    engine: EmbeddedEngine, book: TypeBook, held: frozenset[str]
) -> tuple[dict[str, Array], dict[str, float]]:
    """Tables `narrow`, `wide` [M, 64] and `broader` [M + M + 1] (see samner.engines.embedded.compiled), and precision
    and recall on pairs with a type of `held`, which the training never sees."""
    keys = [n for n, entry in enumerate(book.list) if not entry.scope]
    vectors = [_vectors(engine, book, keys, defined) for defined in (True, False)]
    target, known = _pairs(book.relation[np.ix_(keys, keys)])
    hidden = np.array([book.keys[n] in held for n in keys])
    tables = _train(
        [v[~hidden] for v in vectors], target[np.ix_(~hidden, ~hidden)], known[np.ix_(~hidden, ~hidden)]
    )
    return tables, _judge(tables, vectors[0], target, known, hidden)


def _vectors(engine: EmbeddedEngine, book: TypeBook, keys: list[int], defined: bool) -> Array:
    """Match vectors of the types, with their definitions or by name alone."""
    entries = [book.list[n] for n in keys]
    texts = [e.definitions[0] if defined and e.definitions else "" for e in entries]
    schema = Schema(tuple(EntityType(e.name, text) for e, text in zip(entries, texts, strict=True)))
    return engine.describe(schema).match


def _pairs(relation: Array) -> tuple[Array, Array]:
    """target[i, j]: j is broader than i; known: the pair can be judged (the reverse of a broader pair is a no)."""
    target = relation == BROADER
    known = target | target.T | (relation == NEGATIVE) | (relation == EQUAL)
    return target, known


def _train(vectors: list[Array], target: Array, known: Array) -> dict[str, Array]:
    """Balanced batches: some types, and the broader types of them."""
    generator = torch.Generator().manual_seed(1)
    rng = np.random.default_rng(1)
    size = vectors[0].shape[1]
    narrow, wide = (
        torch.randn(size, UNITS, generator=generator).mul_(size**-0.5).requires_grad_() for _ in range(2)
    )
    line = torch.zeros(2 * size + 1).requires_grad_()
    optimizer = torch.optim.AdamW([narrow, wide, line], lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=STEPS)
    for _ in range(STEPS):
        some = rng.choice(len(target), min(len(target), TOGETHER // 2), replace=False)
        above = np.flatnonzero(target[some].any(axis=0))
        rows = np.union1d(some, rng.permutation(above)[: TOGETHER // 2])
        x = torch.from_numpy(vectors[rng.integers(len(vectors))][rows])
        logits = broader_logits(x, narrow, wide, line) + LINE
        goal, mask = (torch.from_numpy(a[np.ix_(rows, rows)]) for a in (target, known))
        loss = F.binary_cross_entropy_with_logits(logits, goal.float(), reduction="none")
        loss = (loss * mask).sum() / (goal & mask).sum().clamp(min=1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        line[-1] += LINE
    return {
        "narrow": narrow.detach().numpy(),
        "wide": wide.detach().numpy(),
        "broader": line.detach().numpy(),
    }


def broader_logits(x: Tensor, narrow: Tensor, wide: Tensor, line: Tensor) -> Tensor:
    """Logit [K, K] that the column's type is broader than the row's."""
    size = x.shape[1]
    pairs = (x @ narrow) @ (x @ wide).T * UNITS**-0.5
    return pairs + (x @ line[:size]).unsqueeze(1) + (x @ line[size : 2 * size]).unsqueeze(0) + line[-1]


def _judge(
    tables: dict[str, Array], x: Array, target: Array, known: Array, hidden: Array
) -> dict[str, float]:
    """Precision and recall on the pairs whose narrower type was held out."""
    with torch.no_grad():
        logits = broader_logits(
            torch.from_numpy(x), *(torch.from_numpy(tables[n]) for n in ("narrow", "wide", "broader"))
        )
    rows = known & hidden[:, None]
    said = (logits.numpy() > 0) & rows
    right = said & target
    wanted = target & rows
    return {
        "precision": round(float(right.sum() / max(1, said.sum())), 4),
        "recall": round(float(right.sum() / max(1, wanted.sum())), 4),
        "types": int(hidden.sum()),
    }
