"""Where a figure was measured: machine, library versions, and the commit of the checkout."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import samner

LIBRARIES = ("numpy", "onnxruntime", "tokenizers")


def describe() -> dict[str, Any]:
    """Processor, cores that this process may use, memory, system and versions, for the JSON of a bench."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def cores() -> int:
    """The processor cores that this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load() -> float | None:
    """Processes that ran or waited in the last minute; None on a system that does not tell.

    Asked before a run, it says whether something else was at work: times of a busy machine mean little.
    """
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def busy(result: Mapping[str, Any]) -> str | None:
    """What to say beside the times of a result that was measured on a busy machine; None for an idle one."""
    before, count = result["load_before"], result["machine"]["cores"]
    if before is None or before <= count / 4:
        return None
    return f"the machine was busy (load {before:.1f} on {count} cores): the times are not to be relied on"


def version(package: str) -> str:
    """The installed version of a package, "unknown" where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def release() -> str:
    """The version of samner: of the checkout's pyproject.toml (an editable install may lag), else as installed."""
    here = checkout()
    text = (here.root / "pyproject.toml").read_text("utf-8") if here else ""
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else version("samner")


@dataclass(frozen=True, slots=True)
class Checkout:
    """The git checkout that this package runs from. `dirty`: something but the log of looks is uncommitted."""

    root: Path
    commit: str
    dirty: bool


def checkout() -> Checkout | None:
    """None where samner was installed: a virtual environment inside somebody's repository is no checkout of it."""
    package = Path(samner.__file__).resolve().parent
    top = _git(package, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() / "src" / "samner" != package:
        return None
    commit = _git(package, "rev-parse", "HEAD") or "none"
    status = _git(Path(top), "status", "--porcelain", "--", ".", ":(exclude)bench/looks.jsonl")
    return Checkout(Path(top), commit, bool(status))


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def _memory_gb() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return None
    return round(size / 1024**3, 1)
