"""What each head is asked to learn from a batch."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from samner.train.batches import Batch
from samner.train.network import Network, Types, Words
from samner.train.ontology import BROADER, EQUAL, NEGATIVE, UNKNOWN
from samner.train.recipe import LossConfig


class Spans(NamedTuple):
    """Spans to judge: the marked ones first. text, start, end (inclusive) are [N]; marked counts them."""

    text: Tensor
    start: Tensor
    end: Tensor
    marked: int


class Known(NamedTuple):
    """relation [N, K] of every span to judge, kept [N, K] its sub-schema, broader [K, K]."""

    relation: Tensor
    kept: Tensor
    broader: Tensor


def on(batch: Batch, device: torch.device) -> Batch:
    """The batch with tensors on the device in the place of its arrays, as the losses read it."""
    arrays: dict[str, Any] = {f.name: getattr(batch, f.name) for f in fields(batch)}
    held = {n: torch.from_numpy(a) for n, a in arrays.items() if isinstance(a, np.ndarray)}
    if device.type == "cuda":
        held = {n: t.pin_memory() for n, t in held.items()}
    return replace(batch, **{n: t.to(device, non_blocking=True) for n, t in held.items()})


def explorer_loss(logits: Tensor, words: Words, batch: Batch) -> Tensor:
    """Binary loss on all spans of exhaustively marked texts, a sum for each mention. logits [B, W, widest]."""
    widest = logits.shape[2]
    target = torch.zeros_like(logits)
    fits = batch.mention[:, 2] - batch.mention[:, 1] < widest
    b, start, end = batch.mention[fits].T
    target[b, start, end - start] = 1.0
    real = real_spans(words.mask, widest) & batch.exhaustive.view(-1, 1, 1)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (loss * real).sum() / (target * real).sum().clamp(min=8.0)


def real_spans(mask: Tensor, widest: int) -> Tensor:
    """Which entries (i, w) of each text are spans of its words: mask [B, W] -> [B, W, widest]."""
    starts, widths = (torch.arange(n, device=mask.device) for n in (mask.shape[1], widest))
    return (starts.unsqueeze(1) + widths).unsqueeze(0) < mask.sum(1).view(-1, 1, 1)


def anchor_loss(logits: Tensor, words: Words, batch: Batch) -> Tensor:
    """Binary loss on words against types: starts, ends, insides. logits [3, B, W, K]."""
    target, usable = anchor_targets(batch, words.mask.bool())
    loss = F.binary_cross_entropy_with_logits(logits, target.float(), reduction="none")
    return (loss * usable).sum() / (target & usable).sum().clamp(min=8)


def anchor_targets(batch: Batch, real: Tensor) -> tuple[Tensor, Tensor]:
    """Which words start, end and lie inside a mention of which type, and where that is known. Both [3, B, W, K]."""
    text, start, end = batch.mention.T.unsqueeze(2)
    at = torch.arange(real.shape[1], device=real.device)
    parts = torch.stack([at == start, at == end, (at >= start) & (at <= end)])  # [3, M, W]
    holds = (batch.relation == EQUAL) | (batch.relation == BROADER)
    unknown = ~(holds | (batch.relation == NEGATIVE))

    def anywhere(of_marks: Tensor) -> Tensor:
        """[M, K] of marks -> [3, B, W, K]: is it so of any mark at the word?"""
        each = (parts.unsqueeze(3) & of_marks.unsqueeze(1)).float()
        total = each.new_zeros(3, *real.shape, of_marks.shape[1])
        return total.index_add_(1, text.squeeze(1), each) > 0

    usable = batch.known.unsqueeze(1) & real.unsqueeze(2)
    return anywhere(holds), usable & ~anywhere(unknown)


def spans_to_judge(explored: Tensor, words: Words, batch: Batch, config: LossConfig) -> Spans:
    """Marked spans, then unmarked ones: liked by the explorer, sharing an end with a mention, and random."""
    widest = explored.shape[2]
    mentions = batch.mention.tolist()
    taken = {tuple(row) for row in mentions}
    marked = [row for row in mentions if row[2] - row[1] < widest]
    sizes = words.mask.sum(1).tolist()
    flat = explored.detach().float().masked_fill(~real_spans(words.mask, widest), -1e4)
    b, start, end = batch.mention.T
    fits = end - start < widest
    flat[b[fits], start[fits], (end - start)[fits]] = -1e4
    flat = flat.flatten(1)
    liked = flat.topk(min(config.hard, flat.shape[1]), dim=1)
    unmarked = set()
    for text, (scores, places) in enumerate(zip(liked.values.tolist(), liked.indices.tolist(), strict=True)):
        unmarked |= {
            (text, p // widest, p // widest + p % widest)
            for s, p in zip(scores, places, strict=True)
            if s > -1e3
        }
    near = torch.randint(-2, 3, (len(marked), 2)).tolist()
    budget = [config.near] * len(sizes)
    for n in torch.randperm(len(marked)).tolist():
        (text, first, last), (left, right) = marked[n], near[n]
        first, last = max(0, first + left), min(sizes[text] - 1, last + right)
        if budget[text] and first <= last and last - first < widest:
            unmarked.add((text, first, last))
            budget[text] -= 1
    draws = torch.rand(len(sizes), config.loose, 2).tolist()
    for text, (size, of_text) in enumerate(zip(sizes, draws, strict=True)):
        for where, width in of_text:
            first = int(where * size)
            unmarked.add((text, first, min(size - 1, first + int(width * min(4, widest)))))
    rows = marked + [list(s) for s in sorted(unmarked - taken)]
    judged = torch.tensor(rows, dtype=torch.long).view(-1, 3).to(explored.device)
    text, first_word, last_word = judged.T
    return Spans(text, first_word, last_word, len(marked))


def what_is_known(spans: Spans, batch: Batch, widest: int) -> Known:
    """Relations of the spans to judge: those of the marks, and `negative` where an unmarked span's type is known."""
    fits = batch.mention[:, 2] - batch.mention[:, 1] < widest
    unmarked = torch.where(batch.known[spans.text[spans.marked :]], NEGATIVE, UNKNOWN)
    relation = torch.cat([batch.relation[fits].long(), unmarked])
    return Known(relation, batch.kept[spans.text], batch.broader)


def choice_loss(logits: Tensor, known: Known, weight: Tensor) -> Tensor:
    """Softmax over the sub-schema and `none`: only the narrowest type that holds is right. logits [N, K]."""
    holds = (known.relation == EQUAL) | (known.relation == BROADER)
    usable = known.kept & (holds | (known.relation == NEGATIVE))
    right = holds & usable
    beaten = (right.float() @ known.broader.float()) > 0  # broader than another type that holds
    right &= ~beaten
    # A mention of which every asked type is unknown, or some type may hold though unmarked, cannot be `none`.
    doubtful = (known.kept & (known.relation == UNKNOWN)).any(1) & ~right.any(1)
    with_none = torch.cat([logits.masked_fill(~usable, -1e4), logits.new_zeros(len(logits), 1)], 1)
    right = torch.cat([right, ~right.any(1, keepdim=True)], 1)
    logp = torch.log_softmax(with_none.float(), 1)
    loss = -torch.logsumexp(logp.masked_fill(~right, -1e4), 1)
    weight = weight * ~doubtful
    return (loss * weight).sum() / weight.sum().clamp(min=1.0)


def binary_loss(logits: Tensor, known: Known, weight: Tensor) -> Tensor:
    """Each type by itself: does it hold? Balanced so that a span's few right types weigh as much as the rest."""
    holds = (known.relation == EQUAL) | (known.relation == BROADER)
    usable = holds | (known.relation == NEGATIVE)
    loss = F.binary_cross_entropy_with_logits(
        logits.float(), holds.float(), reduction="none"
    ) * weight.unsqueeze(1)
    return (loss * usable).sum() / (holds * weight.unsqueeze(1)).sum().clamp(min=8.0)


def soft_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy to a distribution; rows of zeros do not count. logits, target [N, A]."""
    loss = -(target * torch.log_softmax(logits.float(), 1)).sum(1)
    return loss.sum() / target.sum().clamp(min=1.0)


def total_loss(
    network: Network, batch: Batch, archetypes: tuple[Tensor, Tensor] | None, config: LossConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of all parts, and each part's value; without archetypes their parts are left out. `batch` is
    one that `on` has put on the network's device."""
    states = network.read(batch.ids, batch.shapes, batch.mask)
    words = network.words(states, batch.first, batch.last, batch.words)
    types = network.describe(batch.type_ids, batch.type_mask)
    explored = network.explore(words).float()
    spans = spans_to_judge(explored, words, batch, config)
    vectors = network.spans(words, spans.text, spans.start, spans.end)
    logits = network.match(vectors, types).float()
    known = what_is_known(spans, batch, network.config.widest)
    weight = logits.new_full((len(logits),), config.unmarked)
    weight[: spans.marked] = 1.0
    parts = {
        "explorer": explorer_loss(explored, words, batch),
        "anchor": anchor_loss(network.anchor(words, types).float(), words, batch),
        "choice": choice_loss(logits, known, weight),
        "binary": binary_loss(logits, known, weight),
    }
    if archetypes is not None:
        parts |= archetype_losses(network, vectors[: spans.marked], types, archetypes, batch)
    total = sum((getattr(config, name) * value for name, value in parts.items()), logits.new_zeros(()))
    return total, {name: value.detach() for name, value in parts.items()}


def archetype_losses(
    network: Network, marked: Tensor, types: Types, archetypes: tuple[Tensor, Tensor], batch: Batch
) -> dict[str, Tensor]:
    """Archetypes of marked spans, and of types, by match with the archetypes' definitions."""
    described = network.describe(*archetypes)
    fits = batch.mention[:, 2] - batch.mention[:, 1] < network.config.widest
    of_spans = network.archetype(marked, described)
    of_types = network.archetype(types.match, described)
    return {
        "archetype": soft_loss(of_spans, batch.mention_archetypes[fits]),
        "type_archetype": soft_loss(of_types, batch.type_archetypes),
    }
