"""The encoders' graphs of a model that does not begin from a BERT, as PyTorch traces them (`graphs` has BERT's)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from samner.train.graphs import FIRST, LAST, MEAN
from samner.train.network import Network

OPSET = 18


class _Text(nn.Module):
    """As `graphs.text_graph`: embedded [P, D], first and last [W] -> head outputs, each [W, ...]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.encoder, self.network = network.text, network

    def forward(self, embedded: Tensor, first: Tensor, last: Tensor) -> tuple[Tensor, ...]:
        states = _states(self.encoder, embedded)
        at_first, at_last = states[first], states[last]
        rows = ((at_first, FIRST), (at_last, LAST), ((at_first + at_last) / 2, MEAN))
        return tuple(torch.cat([getattr(self.network, n)(x) for n in heads], 1) for x, heads in rows)


class _Types(nn.Module):
    """As `graphs.types_graph`: embedded [P, D] -> total [1, D]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.encoder = network.types

    def forward(self, embedded: Tensor) -> Tensor:
        return _states(self.encoder, embedded).sum(0, keepdim=True)


def _states(encoder: Any, embedded: Tensor) -> Tensor:
    """States [P, D] of one text without padding."""
    mask = torch.ones(1, embedded.shape[0], dtype=torch.int64)
    states: Tensor = encoder.model(inputs_embeds=embedded.unsqueeze(0), attention_mask=mask).last_hidden_state
    return states[0]


def text_graph(network: Network) -> bytes:
    """The graph text.onnx."""
    at = torch.tensor([1, 3, 4])
    inputs = (torch.randn(7, network.config.hidden), at, at)
    return _traced(_Text(network), inputs, ("embedded", "first", "last"), ("of_first", "of_last", "of_mean"))


def types_graph(network: Network) -> bytes:
    """The graph types.onnx."""
    return _traced(_Types(network), (torch.randn(7, network.config.hidden),), ("embedded",), ("total",))


def _traced(
    module: nn.Module, inputs: tuple[Tensor, ...], names: Sequence[str], outputs: Sequence[str]
) -> bytes:
    for encoder in (m for m in module.modules() if hasattr(m, "set_attn_implementation")):
        encoder.set_attn_implementation("eager")  # the fused ones do not trace for all lengths
    file = io.BytesIO()
    axes = {name: {0: "P" if name == "embedded" else "W"} for name in (*names, *outputs) if name != "total"}
    with warnings.catch_warnings():  # of constants, which are right: a text's length is no such one
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            inputs,
            file,
            input_names=list(names),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return file.getvalue()
