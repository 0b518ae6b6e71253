"""The peer's own environment: made once, by the interpreter's venv and pip, outside of samner's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from samner.errors import SamnerError

# torch first: where an index offers a build for the CPU alone, it is then the one that gliner finds installed
WANTED = {"torch": "2.13.0", "gliner": "0.2.29"}
CHECK = "from importlib.metadata import version; print(*(version(p) for p in ('torch', 'gliner')))"
Say = Callable[[str], None]


class PeerError(SamnerError):
    """The peer's environment cannot be made or is not what it should be."""


def default_folder() -> Path:
    """Under the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache")
    return Path(home) / "samner" / f"peer-gliner-{WANTED['gliner']}"


def ensure(folder: Path | None, say: Say) -> Path:
    """The interpreter of the peer's environment, which is made first where `folder` does not exist."""
    folder = folder or default_folder()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not folder.exists():
        _make(folder, python, say)
    found = _versions(python)
    if found != WANTED:
        raise PeerError(
            f"{_shown(WANTED)} in {folder}", _shown(found) or "neither", "delete the folder, it is made anew"
        )
    return python


def _make(folder: Path, python: Path, say: Say) -> None:
    say(
        f"making an environment for the peer in {folder}: python -m venv, then pip install of {_shown(WANTED)} "
        "(a gigabyte or more). Nothing outside the folder is changed; delete it to be rid of it."
    )
    _call([sys.executable, "-m", "venv", str(folder)], "a virtual environment")
    for name, number in WANTED.items():
        _call(
            [str(python), "-m", "pip", "install", "--quiet", f"{name}=={number}"], f"{name} {number} from pip"
        )


def _call(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PeerError(what, str(error), "install the venv module of this Python") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise PeerError(what, lines[-1], f"run it by hand: {' '.join(command)}")


def _versions(python: Path) -> dict[str, str]:
    """Installed versions without the build's suffix (`2.13.0+cpu`)."""
    try:
        done = subprocess.run([str(python), "-c", CHECK], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    return dict(zip(WANTED, (v.split("+")[0] for v in done.stdout.split()), strict=True))


def _shown(versions: dict[str, str]) -> str:
    return " and ".join(f"{name} {number}" for name, number in versions.items())
