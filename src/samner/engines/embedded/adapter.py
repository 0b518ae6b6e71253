"""Adapter folders: what was learned about single types, laid over a model that is not copied.

An adapter is bound to each type as it was written (name, definition, examples): any other type, and the same name with
another definition, is read as without it. Shapes: K types, M units of the match, T of the token match.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.store import Fitted, Manifest, read_manifest
from samner.engines.embedded.vectors import TypeVectors, type_text
from samner.errors import ModelError
from samner.locate import SHIPPED
from samner.types import EntityType, Schema

Array = NDArray[Any]
FORMAT = 1
MEND = "run the command that made the adapter again"


@dataclass(frozen=True)
class Change:
    """What was learned about one type: what is added to its match [M], bias, start, end and inside [T]; how its score
    is tempered, sigmoid(scale * logit + shift); and the least score (None: the model's)."""

    match: Array
    bias: float
    start: Array
    end: Array
    inside: Array
    scale: float = 1.0
    shift: float = 0.0
    threshold: float | None = None

    @classmethod
    def nothing(cls, sizes: Mapping[str, int]) -> Change:
        """The type as the model reads it."""
        token = np.zeros(sizes["token"], np.float32)
        return cls(np.zeros(sizes["match"], np.float32), 0.0, token, token, token)


@dataclass(frozen=True)
class Adapter:
    """Changes by type text, on the model with the hash `base`. `fitted`, where given, replaces the model's numbers for
    some states of the pipeline; `about` says how it was made; `hash` is of the file it was read from."""

    id: str
    base: str
    types: Mapping[str, Change] = field(default_factory=dict)
    fitted: Mapping[str, Fitted] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""

    def of(self, schema: Schema) -> list[Change | None]:
        return [self.types.get(type_text(kind)) for kind in schema]

    def vectors(self, schema: Schema, plain: TypeVectors) -> TypeVectors:
        """The schema's vectors with the changes added; rows of other types keep their bits."""
        names = ("match", "bias", "start", "end", "inside")
        rows = {name: getattr(plain, name).copy() for name in names}
        for n, change in enumerate(self.of(schema)):
            if change is not None:
                for name in names:
                    rows[name][n] += getattr(change, name)
        return replace(plain, **rows)

    def tempers(self, schema: Schema) -> tuple[Array, Array] | None:
        """scale and shift [K] of the scores, or None where none is changed."""
        found = self.of(schema)
        if all(change is None for change in found):
            return None
        scale = [1.0 if change is None else change.scale for change in found]
        return np.array(scale), np.array([0.0 if change is None else change.shift for change in found])

    def thresholds(self, schema: Schema) -> Schema:
        """The schema with the learned thresholds, where the user states none."""
        types = tuple(
            _with_threshold(kind, change) for kind, change in zip(schema, self.of(schema), strict=True)
        )
        return replace(schema, types=types) if types != schema.types else schema


def _with_threshold(kind: EntityType, change: Change | None) -> EntityType:
    if change is None or change.threshold is None or kind.threshold is not None:
        return kind
    return replace(kind, threshold=change.threshold)


def open_folder(folder: Path) -> tuple[Manifest, Adapter | None]:
    """The manifest of a model folder, or of the model under an adapter folder together with the adapter."""
    file = folder / "adapter.json"
    if not file.is_file():
        return read_manifest(folder), None
    try:
        raw = file.read_bytes()
        data = json.loads(raw)
        if data["format"] != FORMAT:
            raise ModelError(f"adapter format {FORMAT}", f"{data['format']!r} in {file}", MEND)
        adapter = _adapter(folder, data, hashlib.sha256(raw).hexdigest())
        place = data["base"]["folder"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("an adapter in JSON, complete", f"{error!r} in {file}", MEND) from None
    manifest = read_manifest(SHIPPED if place is None else folder / place)
    if manifest.hash != adapter.base:
        found = f"{manifest.hash[:12]} in {manifest.folder}"
        raise ModelError(f"the model {adapter.base[:12]} that {folder} was learned on", found, MEND)
    return manifest, adapter


def _adapter(folder: Path, data: dict[str, Any], whole: str) -> Adapter:
    raw = (folder / "adapter.npz").read_bytes()
    if hashlib.sha256(raw).hexdigest() != data["sha256"]:
        raise ModelError(f"adapter.npz with SHA-256 {data['sha256']}", f"other content in {folder}", MEND)
    with np.load(folder / "adapter.npz", allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    types = {
        row["text"]: Change(
            **{name: arrays[name][n] for name in ("match", "start", "end", "inside")},
            bias=float(arrays["bias"][n]),
            scale=row["scale"],
            shift=row["shift"],
            threshold=row["threshold"],
        )
        for n, row in enumerate(data["types"])
    }
    fitted = {name: Fitted(**row) for name, row in data["fitted"].items()}
    return Adapter(data["id"], data["base"]["hash"], types, fitted, data["about"], whole)


def write_adapter(folder: Path, adapter: Adapter, base: Path) -> None:
    """Write `folder`; `base` is the folder of the model under it, named only where it is not the shipped one."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(adapter.types.values())
    arrays: dict[str, Any] = {f.name: _stacked(rows, f.name) for f in fields(Change)[:5]}
    with open(folder / "adapter.npz", "wb") as stream:
        np.savez(stream, **arrays)
    texts = [
        {"text": text, "scale": c.scale, "shift": c.shift, "threshold": c.threshold}
        for text, c in adapter.types.items()
    ]
    data = {
        "format": FORMAT,
        "id": adapter.id,
        "base": {"hash": adapter.base, "folder": _place(base, folder)},
        "sha256": hashlib.sha256((folder / "adapter.npz").read_bytes()).hexdigest(),
        "types": texts,
        "fitted": {name: asdict(row) for name, row in adapter.fitted.items()},
        "about": dict(adapter.about),
    }
    (folder / "adapter.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _stacked(rows: Sequence[Change], name: str) -> Array:
    return np.array([getattr(row, name) for row in rows], np.float32)


def _place(base: Path, folder: Path) -> str | None:
    """Where the model lies: None for the shipped one, relative where it lies in the adapter's own folder."""
    if base.resolve() == SHIPPED.resolve():
        return None
    inside = base.resolve().is_relative_to(folder.resolve())
    return str(base.resolve().relative_to(folder.resolve()) if inside else base.resolve())
