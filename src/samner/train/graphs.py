"""ONNX graphs of the trained network, written node by node so that nothing in them depends on a batch.

Every graph reads one sequence: no padding, no mask. Encoder products run in 8 bits: weights scaled by output column,
states scaled by row, so that a piece's scale comes from that piece alone (a scale shared by a batch would make an
answer depend on its neighbours). Weights keep 7 bits: processors without VNNI add pairs of products in 16 bits, and
8-bit weights would overflow there and give other answers than here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
CONTRIB = "com.microsoft"
WEIGHT_LEVELS = 63
STATE_LEVELS = np.float32(127)
LAST_AXIS = np.array([-1])
NORM: dict[str, Any] = {"axis": -1, "epsilon": 1e-12}


class Graph:
    """Collects nodes and initializers; each method adds one operation and returns its output's name."""

    def __init__(self, name: str, quantise: bool) -> None:
        self.name, self.quantise = name, quantise
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def add(
        self, kind: str, inputs: Sequence[str], domain: str = "", outputs: int = 1, **attributes: Any
    ) -> str:
        """One node; with several outputs the name of the first, the rest end in 1, 2 ..."""
        base = f"{kind}_{len(self.nodes)}"
        names = [base] + [f"{base}_{n}" for n in range(1, outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return base

    def constant(self, name: str, value: Array | np.generic) -> str:
        """A stored tensor; the same name twice is one tensor."""
        name = f"stored/{name}"
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def product(self, x: str, name: str, weight: Array) -> str:
        """x [P, in] times weight [out, in] transposed: in 8 bits when the graph is quantised."""
        if not self.quantise:
            return self.add("MatMul", [x, self.constant(name, weight.T.astype(np.float32))])
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-8) / WEIGHT_LEVELS  # [out]
        levels = np.rint(weight / scale[:, None]).astype(np.int8)
        most = self.add(
            "ReduceMax", [self.add("Abs", [x]), self.constant("last_axis", LAST_AXIS)], keepdims=0
        )
        least, states = self.constant("least", np.float32(1e-8)), self.constant("states", STATE_LEVELS)
        row = self.add("Div", [self.add("Max", [most, least]), states])  # [P]
        centre = self.constant("centre", np.uint8(128))
        centres = self.add("Expand", [centre, self.add("Shape", [row])])
        quantised = self.add("QuantizeLinear", [x, row, centres], axis=0)
        unit, zero = self.constant("unit", np.float32(1)), self.constant("level_zero", np.int8(0))
        stored = [
            self.constant(name, levels.T),
            unit,
            self.constant(f"{name}.scale", scale.astype(np.float32)),
        ]
        total = self.add("MatMulIntegerToFloat", [quantised, *stored, centre, zero], CONTRIB)
        return self.add("Mul", [total, self.add("Unsqueeze", [row, self.constant("last_axis", LAST_AXIS)])])

    def linear(self, x: str, name: str, weight: Array, bias: Array) -> str:
        """A product and its bias, in 32 bits: for the small heads."""
        weights = self.constant(name, weight.T.astype(np.float32))
        return self.add("Add", [self.add("MatMul", [x, weights]), self.constant(f"{name}.bias", bias)])

    def encoder(self, x: str, weights: dict[str, Array], prefix: str, layers: int, heads: int) -> str:
        """Embedded pieces x [P, D] through position, norm and all layers; returns the states' name [P, D]."""
        take = self._taker(weights, prefix)
        position = weights[f"{prefix}position.weight"] + weights[f"{prefix}kind"]
        size = self.add("Shape", [x], start=0, end=1)
        zero = self.constant("zero", np.array([0]))
        rows = self.add("Slice", [self.constant(f"{prefix}position", position), zero, size, zero])
        norm = [take("embedding_norm.weight"), take("embedding_norm.bias")]
        x = self.add("LayerNormalization", [self.add("Add", [x, rows]), *norm], **NORM)
        for n in range(layers):
            x = self._layer(x, weights, f"{prefix}layers.{n}.", heads)
        return x

    def _taker(self, weights: dict[str, Array], prefix: str) -> Any:
        return lambda name: self.constant(prefix + name, weights[prefix + name].astype(np.float32))

    def _layer(self, x: str, weights: dict[str, Array], prefix: str, heads: int) -> str:
        take = self._taker(weights, prefix)
        first = self.constant("zero", np.array([0]))
        joined = self.product(x, f"{prefix}qkv", weights[f"{prefix}query_key_value.weight"])
        joined = self.add("Add", [joined, take("query_key_value.bias")])
        split = self.add("Split", [self.add("Unsqueeze", [joined, first])], outputs=3, axis=2, num_outputs=3)
        parts = [split, f"{split}_1", f"{split}_2"]
        attended = self.add(
            "Squeeze", [self.add("MultiHeadAttention", parts, CONTRIB, num_heads=heads), first]
        )
        out = self.product(attended, f"{prefix}out", weights[f"{prefix}output.weight"])
        x = self._norm(out, x, take, "attention_norm", "output.bias")
        up = self.product(x, f"{prefix}up", weights[f"{prefix}up.weight"])
        active = self.add("BiasGelu", [up, take("up.bias")], CONTRIB)
        down = self.product(active, f"{prefix}down", weights[f"{prefix}down.weight"])
        return self._norm(down, x, take, "norm", "down.bias")

    def _norm(self, x: str, skip: str, take: Any, name: str, bias: str) -> str:
        """Norm of x + bias + skip. ONNX Runtime's one node for it, SkipLayerNormalization, takes five times as long as
        these three: docs/lab.md."""
        total = self.add("Add", [self.add("Add", [x, take(bias)]), skip])
        return self.add("LayerNormalization", [total, take(f"{name}.weight"), take(f"{name}.bias")], **NORM)

    def model(
        self, inputs: dict[str, Any], outputs: dict[str, str], shapes: Mapping[str, Sequence[object]]
    ) -> bytes:
        """The finished model; outputs maps public names to inner ones."""
        self.nodes += [helper.make_node("Identity", [inner], [name]) for name, inner in outputs.items()]
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info(n, kind, shapes[n]) for n, kind in inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, shapes[n]) for n in outputs],
            list(self.initializers.values()),
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="samner", ir_version=9)
        return bytes(model.SerializeToString())


def stacked(weights: dict[str, Array], names: Sequence[str]) -> tuple[Array, Array]:
    """Several heads on the same input as one: weight [sum of out, in] and bias."""
    return (
        np.concatenate([weights[f"{n}.weight"] for n in names]).astype(np.float32),
        np.concatenate([weights[f"{n}.bias"] for n in names]).astype(np.float32),
    )


FIRST = ("explorer_start", "pair_start", "token_start", "span_first")
LAST = ("explorer_end", "pair_end", "token_end", "span_last")
MEAN = ("explorer_inside", "token_inside", "span_mean")


def text_graph(weights: dict[str, Array], sizes: dict[str, int], quantise: bool) -> bytes:
    """embedded [P, D], first and last [W] piece of each word -> head outputs first, last, mean, each [W, ...]."""
    g = Graph("text", quantise)
    states = g.encoder("embedded", weights, "text.", sizes["layers"], sizes["heads"])
    at_first, at_last = (g.add("Gather", [states, name], axis=0) for name in ("first", "last"))
    half = g.constant("half", np.float32(0.5))
    mean = g.add("Mul", [g.add("Add", [at_first, at_last]), half])
    outputs = {
        f"of_{name}": g.linear(x, f"of_{name}.heads", *stacked(weights, heads))
        for name, x, heads in (("first", at_first, FIRST), ("last", at_last, LAST), ("mean", mean, MEAN))
    }
    inputs = {"embedded": TensorProto.FLOAT, "first": TensorProto.INT64, "last": TensorProto.INT64}
    shapes: dict[str, Sequence[object]] = {"embedded": ["P", sizes["hidden"]], "first": ["W"], "last": ["W"]}
    return g.model(inputs, outputs, shapes | {name: ["W", name] for name in outputs})


def span_graph(weights: dict[str, Array], sizes: dict[str, int]) -> bytes:
    """hidden [N, D], the sum of a span's parts -> match [N, M] and archetype [N, M] vectors."""
    g = Graph("span", quantise=False)
    active = g.add("Gelu", ["hidden"], CONTRIB)
    match = g.linear(active, "out", weights["span_out.weight"], weights["span_out.bias"])
    archetype = g.linear(
        match, "archetype_of", weights["span_archetype.weight"], weights["span_archetype.bias"]
    )
    shapes = {
        "hidden": ["N", sizes["hidden"]],
        "match": ["N", sizes["match"]],
        "archetype": ["N", sizes["match"]],
    }
    return g.model({"hidden": TensorProto.FLOAT}, {"match": match, "archetype": archetype}, shapes)


def types_graph(weights: dict[str, Array], sizes: dict[str, int], quantise: bool) -> bytes:
    """embedded [P, D] of a type text -> total [1, D], the sum of its states (long texts are read in parts)."""
    g = Graph("types", quantise)
    states = g.encoder("embedded", weights, "types.", sizes["layers"], sizes["heads"])
    total = g.add("ReduceSum", [states, g.constant("zero", np.array([0]))], keepdims=1)
    shapes: Mapping[str, Sequence[object]] = {
        "embedded": ["P", sizes["hidden"]],
        "total": [1, sizes["hidden"]],
    }
    return g.model({"embedded": TensorProto.FLOAT}, {"total": total}, shapes)


def project_graph(weights: dict[str, Array], sizes: dict[str, int]) -> bytes:
    """mean [K, D] of type texts -> match, bias, token, archetype and as_span vectors (see network.Types)."""
    g = Graph("project", quantise=False)
    hidden = g.linear("mean", "hidden", weights["type_hidden.weight"], weights["type_hidden.bias"])
    hidden = g.add("Add", [g.add("Gelu", [hidden], CONTRIB), "mean"])
    match = g.linear(hidden, "out", weights["type_out.weight"], weights["type_out.bias"])
    outputs = {
        "match": match,
        "bias": g.linear(hidden, "type_bias", weights["type_bias.weight"], weights["type_bias.bias"]),
        "token": g.linear(hidden, "type_token", weights["type_token.weight"], weights["type_token.bias"]),
        "archetype": g.linear(
            match, "as_type", weights["type_archetype.weight"], weights["type_archetype.bias"]
        ),
        "as_span": g.linear(
            match, "as_span", weights["span_archetype.weight"], weights["span_archetype.bias"]
        ),
    }
    shapes = {"mean": ["K", sizes["hidden"]]} | {name: ["K", name] for name in outputs}
    return g.model({"mean": TensorProto.FLOAT}, outputs, shapes)


def product_graph() -> bytes:
    """left [N, F], right [K, F] -> product [N, K] = left times right transposed."""
    g = Graph("product", quantise=False)
    product = g.add("Gemm", ["left", "right"], transB=1)
    shapes: Mapping[str, Sequence[object]] = {"left": ["N", "F"], "right": ["K", "F"], "product": ["N", "K"]}
    inputs = {"left": TensorProto.FLOAT, "right": TensorProto.FLOAT}
    return g.model(inputs, {"product": product}, shapes)
