"""ONNX Runtime sessions. Each runs on the calling thread alone: parallel work is whole passages on several threads,
which scales better on short texts and leaves no thread behind that a fork would lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from samner.engines.embedded.store import MEND
from samner.errors import ModelError

Array = NDArray[Any]
RUNTIME = ort.__version__  # releases differ in a number's last bits
THREADS = 1  # that ONNX Runtime gives one passage; `samner bench corpora` measures others


class Sessions:
    """The graphs of a model folder, each loaded when first needed (see samner.train.graphs for their shapes)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[str, Any] = {}

    def _open(self, name: str) -> Any:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = THREADS
        options.log_severity_level = 3
        # Texts have all lengths: an arena would keep the largest for each thread.
        options.enable_cpu_mem_arena = False
        file = self._folder / name
        try:
            return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises several kinds of its own
            raise ModelError("a graph that ONNX Runtime loads", f"{error} in {file}", MEND) from error

    def _session(self, name: str) -> Any:
        """The graph, opened at its first use. Two threads may open it at once; either's session will do."""
        if name not in self._opened:
            self._opened[name] = self._open(f"{name}.onnx")
        return self._opened[name]

    def text(self, embedded: Array, first: Array, last: Array) -> list[Array]:
        """Head outputs at the words' first piece, last piece and mean, each [W, ...]."""
        out: list[Array] = self._session("text").run(
            None, {"embedded": embedded, "first": first, "last": last}
        )
        return out

    def span(self, hidden: Array) -> tuple[Array, Array]:
        """match and archetype vectors [N, M]."""
        match, archetype = self._session("span").run(None, {"hidden": hidden})
        return match, archetype

    def types(self, embedded: Array) -> Array:
        """Sum of the states [D] of one stretch of a type text."""
        total: Array = self._session("types").run(None, {"embedded": embedded})[0][0]
        return total

    def project(self, mean: Array) -> dict[str, Array]:
        """Type vectors by name, each [K, ...]."""
        names = ("match", "bias", "token", "archetype", "as_span")
        rows = self._session("project").run(list(names), {"mean": mean.astype(np.float32)})
        return dict(zip(names, rows, strict=True))

    def product(self, left: Array, right: Array) -> Array:
        """left [N, F] times right [K, F] transposed: [N, K]. Here and not in numpy, whose BLAS threads would contend
        with those that read passages."""
        inputs = {
            "left": np.ascontiguousarray(left, np.float32),
            "right": np.ascontiguousarray(right, np.float32),
        }
        out: Array = self._session("product").run(None, inputs)[0]
        return out
