"""The trainer's weights of an exported model, so that its graphs can be written anew or trained further.

Eight bits stay the same eight bits: a product that was quantised comes back as levels times scale in 64 bits, which
`graphs.product` quantises to the same levels and scale again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from samner.errors import ModelError
from samner.train.graphs import FIRST, LAST, MEAN

Array = NDArray[Any]
PRODUCTS = {"query_key_value": "qkv", "output": "out", "up": "up", "down": "down"}
TYPE_HEADS = {
    "type_hidden": "hidden",
    "type_out": "out",
    "type_bias": "type_bias",
    "type_token": "type_token",
    "type_archetype": "as_type",
}


def recover(model: Path, rows: dict[str, int]) -> dict[str, Array]:
    """Weights by the names of `network.Network`; `rows` is how many outputs each head has whose graph joins several.

    Position and segment are one table in a graph: the sum comes back as the positions, with a segment of zeros.
    """
    text, types, span, project = (_stored(model / f"{g}.onnx") for g in ("text", "types", "span", "project"))
    weights = _encoder(text, "text.") | _encoder(types, "types.")
    if "text.position.weight" not in weights:
        remedy = "take such a model: other encoders are exported as PyTorch traces them, and can only be used"
        raise ModelError("a model that began from a BERT", f"another in {model}", remedy)
    for name, heads in (("first", FIRST), ("last", LAST), ("mean", MEAN)):
        ends = np.cumsum([rows[head] for head in heads])[:-1]
        weight = np.split(text[f"of_{name}.heads"].T, ends)
        bias = np.split(text[f"of_{name}.heads.bias"], ends)
        for head, w, b in zip(heads, weight, bias, strict=True):
            weights |= {f"{head}.weight": w, f"{head}.bias": b}
    named = {"span_out": (span, "out"), "span_archetype": (span, "archetype_of")}
    named |= {head: (project, inner) for head, inner in TYPE_HEADS.items()}
    for head, (graph, inner) in named.items():
        weights |= {f"{head}.weight": graph[inner].T, f"{head}.bias": graph[f"{inner}.bias"]}
    with np.load(model / "tables.npz", allow_pickle=False) as tables:
        weights |= {
            "shape.weight": tables["shape"],
            "explorer_width.weight": tables["explorer_width"][:, None],
            "span_width.weight": tables["span_width"],
            "token_bias": tables["token_bias"],
        }
    return weights


def head_rows(sizes: dict[str, int]) -> dict[str, int]:
    """Outputs of the heads that a text graph joins, by the model's sizes."""
    rows = {"explorer": 1, "pair": sizes["pair"], "token": sizes["token"], "span": sizes["hidden"]}
    return {head: rows[head.partition("_")[0]] for head in (*FIRST, *LAST, *MEAN)}


def _stored(file: Path) -> dict[str, Array]:
    graph = onnx.load(str(file)).graph
    return {i.name.removeprefix("stored/"): numpy_helper.to_array(i) for i in graph.initializer}


def _encoder(stored: dict[str, Array], prefix: str) -> dict[str, Array]:
    """The encoder of a graph: products turned and scaled back, everything else as it is stored."""
    weights: dict[str, Array] = {}
    inner = {short: long for long, short in PRODUCTS.items()}
    for name, value in stored.items():
        parts = name.removeprefix(prefix).split(".")
        if not name.startswith(prefix) or parts[-1] == "scale":
            continue
        if parts == ["position"]:
            weights |= {f"{prefix}position.weight": value, f"{prefix}kind": np.zeros_like(value[0])}
        elif parts[0] == "layers" and len(parts) == 3:
            scale = stored.get(f"{name}.scale", np.float32(1))
            weights[f"{prefix}layers.{parts[1]}.{inner[parts[2]]}.weight"] = (
                value * scale.astype(np.float64)
            ).T
        else:
            weights[name] = value
    return weights
