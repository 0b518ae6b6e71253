"""`samner export RUN OUT`: the run's averaged weights as a model folder that the embedded engine loads.

With `--recipe` RUN may be a model folder instead, whose graphs are then written and whose numbers fitted anew."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from samner.engines.embedded.store import FILES
from samner.errors import ModelError
from samner.train import graphs, traced
from samner.train.base import base_folder, base_weights, own, starting_network
from samner.train.card import names_seen, write_card
from samner.train.manifest import FORMAT, write_manifest
from samner.train.material import gather
from samner.train.pretrained import encoder_config
from samner.train.recipe import Recipe, data_folder, load_recipe
from samner.train.recover import head_rows, recover

Array = NDArray[Any]


def export(
    run: Path,
    out: Path,
    *,
    corpus: Path | None = None,
    name: str = "samner-embedded",
    recipe_file: Path | None = None,
) -> Path:
    """Write the model folder, fit its numbers on the development split, and write its card from what was found; the
    report goes to OUT.development.json. With a recipe, `run` is an exported model of that recipe.

    Raises ModelError when the run has no averaged weights yet, or the model no graphs.
    """
    from samner.train.fit import fit

    recipe = load_recipe(recipe_file or run / "recipe.yaml")
    if recipe_file is None:
        write_graphs(run, out)
    else:
        _rewrite_graphs(run, recipe, out)
    material = gather(recipe, corpus or Path("corpus"), data_folder())
    report = fit(out, material, name)
    report["model"] = {"id": name, "hash": hashlib.sha256((out / "model.json").read_bytes()).hexdigest()}
    report["crossner_names"] = dict(zip(("seen", "unseen"), names_seen(material), strict=True))
    write_card(out, recipe, material, report)
    file = out.with_name(f"{out.name}.development.json")
    file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return out


def write_graphs(run: Path, out: Path, *, quantise: bool = True) -> None:
    """The averaged weights as graphs and tables, with a manifest that lacks fitted numbers."""
    averaged = run / "average.safetensors"
    if not averaged.exists():
        raise ModelError(
            "a run with averaged weights", f"none in {run}", "train at least `develop_every` steps"
        )
    recipe = load_recipe(run / "recipe.yaml")
    weights, base = load_file(averaged), base_folder(recipe)
    if not own(encoder_config(base)):
        _write_traced(weights, recipe, base, out)
        return
    if recipe.network.shared:
        weights |= {n.replace("text.", "types.", 1): w for n, w in weights.items() if n.startswith("text.")}
    _write(weights, recipe, base, out, quantise)


def _write_traced(weights: dict[str, Array], recipe: Recipe, base: Path, out: Path) -> None:
    """The graphs of a run that does not begin from a BERT."""
    network = starting_network(base, recipe.network)
    strange = network.load_state_dict({n: torch.from_numpy(w) for n, w in weights.items()}, strict=False)
    if strange.unexpected_keys:
        raise ModelError(f"weights of {recipe.base}", f"{strange.unexpected_keys[0]!r}", "train the run anew")
    text, types = (graph(network) for graph in (traced.text_graph, traced.types_graph))
    _write_parts(
        weights, _sizes(recipe, base), base, network.pieces.weight.detach().numpy(), out, text, types
    )


def _rewrite_graphs(model: Path, recipe: Recipe, out: Path) -> None:
    """The graphs and tables of an exported model anew, its numbers left to be fitted."""
    missing = [file for file in FILES if not (model / file).exists()]
    if missing:
        raise ModelError("a model folder", f"no {missing[0]} in {model}", "export a run without --recipe")
    base = base_folder(recipe)
    _write(recover(model, head_rows(_sizes(recipe, base))), recipe, base, out)


def _write(weights: dict[str, Array], recipe: Recipe, base: Path, out: Path, quantise: bool = True) -> None:
    sizes = _sizes(recipe, base)
    text = graphs.text_graph(weights, sizes, quantise)
    types = graphs.types_graph(weights, sizes, quantise)
    _write_parts(weights, sizes, base, _pieces(base), out, text, types)


def _write_parts(
    weights: dict[str, Array],
    sizes: dict[str, int],
    base: Path,
    pieces: Array,
    out: Path,
    text: bytes,
    types: bytes,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "text.onnx").write_bytes(text)
    (out / "span.onnx").write_bytes(graphs.span_graph(weights, sizes))
    (out / "types.onnx").write_bytes(types)
    (out / "product.onnx").write_bytes(graphs.product_graph())
    (out / "project.onnx").write_bytes(graphs.project_graph(weights, sizes))
    _write_tables(out / "tables.npz", weights, pieces)
    shutil.copy(base / "tokenizer.json", out / "tokenizer.json")
    write_manifest(out, {"format": FORMAT, "sizes": sizes})


def _sizes(recipe: Recipe, base: Path) -> dict[str, int]:
    config, net = encoder_config(base), recipe.network
    return {
        "hidden": config.hidden_size,
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "positions": config.max_position_embeddings,
        "pair": net.pair,
        "token": net.token,
        "match": net.match,
        "widest": net.widest,
    }


def _pieces(base: Path) -> Array:
    """The base's word-piece table [V, D], which training left as it was."""
    table: Array = base_weights(base)["embeddings.word_embeddings.weight"].float().numpy()
    return table


def _write_tables(file: Path, weights: dict[str, Array], pieces: Array) -> None:
    """The look-up tables: word pieces in 8 bits with a scale a row, the rest as they are."""
    scale = np.abs(pieces).max(axis=1) / 127
    np.savez(
        file,
        pieces=np.rint(pieces / np.maximum(scale, 1e-8)[:, None]).astype(np.int8),
        pieces_scale=scale.astype(np.float32),
        shape=weights["shape.weight"],
        explorer_width=weights["explorer_width.weight"][:, 0],
        span_width=weights["span_width.weight"],
        token_bias=weights["token_bias"],
    )
