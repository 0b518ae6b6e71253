"""The model folder: checked on load, so that a damaged or foreign one never answers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.errors import ModelError

FORMAT = 1
FILES = ("text.onnx", "span.onnx", "types.onnx", "project.onnx", "tables.npz", "tokenizer.json")
SHIPPED = Path(__file__).parents[2] / "model"


@dataclass(frozen=True)
class Fitted:
    """Numbers fitted on the development split for one state of the pipeline (all on, or a part switched off).

    A type's match is corrected, m' = match - prior_share * prior + agreement_share * agreement; the score is
    sigmoid(bias + choice * c + explorer * e + anchor * a), c being the log-odds of m' against the other types and
    none, e the explorer's logit and a the anchor's. `each_*` are the same for a type by itself, with m' for c.
    """

    prior_share: float
    agreement_share: float
    bias: float
    choice: float
    explorer: float
    anchor: float
    each_bias: float
    each_match: float
    each_explorer: float
    each_anchor: float
    threshold: float
    consensus_anchor: float
    consensus_explorer: float
    consensus_confirm: float


@dataclass(frozen=True)
class Manifest:
    """model.json: `sizes` of the network, `fitted` by the part switched off ("" for none), and the model's `hash`."""

    folder: Path
    id: str
    hash: str
    sizes: dict[str, int]
    fitted: dict[str, Fitted]
    every_threshold: float

    @property
    def card(self) -> str:
        file = self.folder / "CARD.md"
        return file.read_text("utf-8") if file.exists() else ""


def read_manifest(folder: Path) -> Manifest:
    """Check format and hashes of a model folder. ModelError says which file is wrong and how to mend it."""
    file = folder / "model.json"
    if not file.is_file():
        raise ModelError(
            "a model folder with model.json", f"none in {folder}", "pass the folder `samner export` wrote"
        )
    try:
        data = json.loads(file.read_text("utf-8"))
        found = data["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            "a manifest in JSON", f"{error!r} in {file}", "copy or export the model again"
        ) from None
    if found != FORMAT:
        raise ModelError(
            f"model format {FORMAT}",
            f"{found} in {file}",
            "use the samner release that wrote it, or export again",
        )
    _check_files(folder, data["files"])
    whole = hashlib.sha256(file.read_bytes()).hexdigest()
    fitted = {name: Fitted(**row) for name, row in data.get("fitted", {}).items()}
    if "" not in fitted:
        raise ModelError("fitted thresholds", f"none in {file}", "run `samner export` to its end")
    return Manifest(
        folder, data.get("id", folder.name), whole, data["sizes"], fitted, data["every_threshold"]
    )


def _check_files(folder: Path, hashes: dict[str, str]) -> None:
    for name in FILES:
        file = folder / name
        if not file.is_file():
            raise ModelError(f"the file {name}", f"none in {folder}", "copy or export the model again")
        if hashlib.sha256(file.read_bytes()).hexdigest() != hashes.get(name):
            raise ModelError(
                f"{name} with SHA-256 {hashes.get(name)}",
                f"other content in {file}",
                "copy or export the model again",
            )


class Tables:
    """Look-up tables: word pieces (8 bits with a scale a row), shapes, widths, and the bank of span vectors."""

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "tables.npz", allow_pickle=False) as file:
            held: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
        self.pieces, self.pieces_scale = held["pieces"], held["pieces_scale"]
        self.shape: NDArray[np.float32] = held["shape"]
        self.explorer_width: NDArray[np.float32] = held["explorer_width"]
        self.span_width: NDArray[np.float32] = held["span_width"]
        self.token_bias: NDArray[np.float32] = held["token_bias"]
        self.bank: NDArray[np.float32] = (
            held["bank"].astype(np.float32) if "bank" in held else np.zeros((0, 1), np.float32)
        )

    def embed(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Word-piece vectors [P, D] of ids [P]."""
        rows: NDArray[np.float32] = self.pieces[ids].astype(np.float32) * self.pieces_scale[ids][:, None]
        return rows
