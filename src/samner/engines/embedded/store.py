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
FILES = (
    "text.onnx",
    "span.onnx",
    "types.onnx",
    "project.onnx",
    "product.onnx",
    "tables.npz",
    "tokenizer.json",
)
TABLES = ("pieces", "pieces_scale", "shape", "explorer_width", "span_width", "token_bias")
SIZES = ("hidden", "pair", "token", "match", "widest")
MEND = "copy or export the model again"


@dataclass(frozen=True)
class Fitted:
    """Numbers fitted on the development split for one state of the pipeline (all on, or a part switched off).

    A type's match is corrected: m' = match - prior_share * prior + agreement_share * agreement, less broader_share
    where a narrower type of the schema fits; the score is sigmoid(bias + choice * c + explorer * e + anchor * a), c
    being the log-odds of m' against the other types and none, e the explorer's logit and a the anchor's. `each_*` are
    the same for a type by itself, with m' for c.
    """

    prior_share: float
    agreement_share: float
    broader_share: float
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
    raw = _read(file)
    try:
        data = json.loads(raw)
        found = data["format"]
        if found == FORMAT:
            _check_files(folder, dict(data["files"]))
            return _manifest(folder, data, hashlib.sha256(raw).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("a manifest in JSON, complete", f"{error!r} in {file}", MEND) from None
    newer = "use the samner release that wrote it, or export again"
    raise ModelError(f"model format {FORMAT}", f"{found!r} in {file}", newer)


def _manifest(folder: Path, data: dict[str, Any], whole: str) -> Manifest:
    fitted = {name: Fitted(**row) for name, row in data.get("fitted", {}).items()}
    if "" not in fitted:
        found = f"none in {folder / 'model.json'}"
        raise ModelError("fitted thresholds", found, "run `samner export` to its end")
    sizes = {name: int(data["sizes"][name]) for name in SIZES}
    every = float(data["every_threshold"])
    return Manifest(folder, data.get("id", folder.name), whole, sizes, fitted, every)


def _check_files(folder: Path, hashes: dict[str, str]) -> None:
    for name in FILES:
        file = folder / name
        if not file.is_file():
            raise ModelError(f"the file {name}", f"none in {folder}", MEND)
        if hashlib.sha256(_read(file)).hexdigest() != hashes.get(name):
            raise ModelError(f"{name} with SHA-256 {hashes.get(name)}", f"other content in {file}", MEND)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError("a readable file", f"{file}: {error.strerror}", "check its permissions") from None


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
    except Exception as error:  # numpy and zipfile raise a dozen kinds
        raise ModelError("tables that numpy reads", f"{error!r} in {file}", MEND) from error
    if missing := [name for name in TABLES if name not in arrays]:
        raise ModelError(f"the table {missing[0]}", f"none in {file}", MEND)
    return arrays


class Tables:
    """Look-up tables: word pieces (8 bits with a scale a row), shapes, widths, the bank of span vectors, and the form
    that tells the broader of two types."""

    def __init__(self, folder: Path) -> None:
        held = _arrays(folder / "tables.npz")
        self.pieces, self.pieces_scale = held["pieces"], held["pieces_scale"]
        self.shape: NDArray[np.float32] = held["shape"]
        self.explorer_width: NDArray[np.float32] = held["explorer_width"]
        self.span_width: NDArray[np.float32] = held["span_width"]
        self.token_bias: NDArray[np.float32] = held["token_bias"]
        none = np.zeros((0, 1), np.float32)
        self.bank: NDArray[np.float32] = held.get("bank", none).astype(np.float32)
        self.narrow: NDArray[np.float32] = held.get("narrow", none)
        self.wide: NDArray[np.float32] = held.get("wide", none)
        self.broader: NDArray[np.float32] = held.get("broader", none[:, 0])

    def embed(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Word-piece vectors [P, D] of ids [P]."""
        rows: NDArray[np.float32] = self.pieces[ids].astype(np.float32) * self.pieces_scale[ids][:, None]
        return rows
