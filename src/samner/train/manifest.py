"""model.json, the manifest that the embedded engine checks a model folder by."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from samner.engines.embedded.store import FILES, FORMAT

__all__ = ["FORMAT", "write_manifest"]


def write_manifest(folder: Path, fields: dict[str, Any]) -> None:
    """Format, sizes and fitted numbers as given, and the SHA-256 of every file of the model."""
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    text = json.dumps({**fields, "files": hashes}, indent=1, sort_keys=True)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")
