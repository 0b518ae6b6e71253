"""Where models and caches are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from samner.errors import MissingExtraError, ModelError

SHIPPED = Path(__file__).with_name("model")


def model_folder(model: str | Path | None) -> Path:
    """The shipped model's folder, a folder given, or that of a hub id such as `someone/samner-large`."""
    if model is None:
        return SHIPPED
    folder = Path(model)
    if folder.is_dir():
        return folder
    name = str(model)
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or folder.exists():
        raise ModelError(
            "a model folder or a hub id", repr(name), "pass the folder that `samner export` wrote"
        )
    return _from_hub(name)


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtraError("huggingface_hub", "hub") from None
    try:
        return Path(snapshot_download(name))
    except Exception as error:  # the hub's own errors, and any network's
        found, remedy = _why(error)
        raise ModelError(f"the model {name!r} in a folder here or on the hub", found, remedy) from error


# The hub's errors by name, from the narrowest: what it means for who asked for a model, and what to do.
_HUB_ERRORS = {
    "GatedRepoError": (
        "one that needs its owner's consent",
        "ask for it on the model's page and set HF_TOKEN",
    ),
    "RepositoryNotFoundError": ("none of that name", "check the name; for a private one set HF_TOKEN"),
    "HFValidationError": ("a name that the hub cannot have", "write owner/name, or pass a folder"),
    "OfflineModeIsEnabled": (
        "HF_HUB_OFFLINE set and no copy here",
        "unset it once, or pass a folder",
    ),
    "LocalEntryNotFoundError": ("no copy here and no way to the hub", "check the network, or pass a folder"),
}


def _why(error: Exception) -> tuple[str, str]:
    for kind in type(error).__mro__:
        if kind.__name__ in _HUB_ERRORS:
            return _HUB_ERRORS[kind.__name__]
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first:.200}", "check name and network, or pass a folder"


def cache_folder(chosen: str | Path | bool | None) -> Path | None:
    """The folder for compiled schemas: the one chosen, the user's own for None, none for False."""
    if chosen is False:
        return None
    if chosen is not None and chosen is not True:
        return Path(chosen)
    if named := os.environ.get("SAMNER_CACHE"):
        return Path(named)
    return _users("Caches", "XDG_CACHE_HOME", ".cache")


def data_folder() -> Path:
    """The user's own folder for what must not be lost, such as stored schemas."""
    return _users("Application Support", "XDG_DATA_HOME", ".local/share")


def _users(on_mac: str, variable: str, elsewhere: str) -> Path:
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / on_mac
    else:
        base = Path(os.environ.get(variable) or Path.home() / elsewhere)
    return base / "samner"


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
