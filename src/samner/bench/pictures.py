"""Pictures by matplotlib, all in one style (extra `train`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samner.errors import MissingExtraError


def figure(panels: int = 1, width: float = 7.0, height: float = 4.2) -> tuple[Any, list[Any]]:
    """A figure with panels side by side. Drawn without a screen, so that it works on a server."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "train") from None
    made = Figure(figsize=(width * panels, height), layout="constrained")
    FigureCanvasAgg(made)
    axes = [made.add_subplot(1, panels, n + 1) for n in range(panels)]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
    return made, axes


def save(made: Any, file: Path) -> None:
    """Write the picture; its format is that of the file's name. The same data gives the same bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = {"Software": None} if file.suffix == ".png" else {}
    made.savefig(file, dpi=110, metadata=plain)
