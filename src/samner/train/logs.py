"""What a run tells of itself: a line of JSON on standard output and in log.jsonl, and for TensorBoard where asked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samner.errors import MissingExtraError


class Log:
    """The log of the run in `run`; `board` is the folder for TensorBoard, if any."""

    def __init__(self, run: Path, board: Path | None = None) -> None:
        self._file = run / "log.jsonl"
        self._board = None if board is None else _writer(board)

    def write(self, row: Mapping[str, object]) -> None:
        """One line; what is a number in it is drawn against its `step`."""
        line = json.dumps({"time": time.strftime("%H:%M:%S"), **row})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        with self._file.open("a", encoding="utf-8") as log:
            log.write(line + "\n")
        step = row.get("step")
        if self._board is not None and step is not None:
            for name, value in _numbers({k: v for k, v in row.items() if k != "step"}):
                self._board.add_scalar(name, value, step)
            self._board.flush()


def _numbers(row: Mapping[str, object], above: str = "") -> Iterator[tuple[str, float]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{above}{name}/")
        elif isinstance(value, int | float):
            yield f"{above}{name}", value


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingExtraError("tensorboard", "tensorboard") from None
    return SummaryWriter(str(folder))
