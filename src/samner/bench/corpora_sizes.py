"""What a plan for a larger corpus needs beside the rate: bytes in and out, the walk over the input, the receipts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samner.bench.workload import FEW, json_lines, texts, types
from samner.corpora import Options, run
from samner.corpora.folder import Folder
from samner.corpora.job import Job
from samner.corpora.plan import unfinished
from samner.corpora.receipts import read_receipts
from samner.corpora.sources import find_sources

if TYPE_CHECKING:
    from samner.pipeline import SamNER

READS = 1_000  # of one receipt
FORMS = {"jsonl": ("jsonl", True), "parquet": ("parquet", True), "parquet_without_texts": ("parquet", False)}


def sizes(folder: Path, walked: int) -> dict[str, Any]:
    """Bytes a sentence of the bundled sentences, each once, in and out; bytes of a receipt, and seconds to read one;
    seconds a sentence to plan a file of `walked` sentences."""
    from samner import SamNER

    ner = SamNER(cache_dir=False)
    sentences = texts()
    file = json_lines(folder / "sizes.jsonl", len(sentences))
    result: dict[str, Any] = {"in": file.stat().st_size / len(sentences)}
    for name, (format, text) in FORMS.items():
        out = Folder(folder / name)
        run([file], out.path, ner, types(FEW), options=Options(format=format, text=text))
        result[name] = sum(path.stat().st_size for path in out.shards()) / len(sentences)
    return result | _receipt(Folder(folder / "jsonl")) | {"plan_s": _planning(ner, folder, walked)}


def _receipt(folder: Folder) -> dict[str, float]:
    (path,) = (path for _, path in folder.receipts())
    begun = time.perf_counter()
    for _ in range(READS):
        list(read_receipts(folder))
    return {"receipt": path.stat().st_size, "receipt_s": (time.perf_counter() - begun) / READS}


def _planning(ner: SamNER, folder: Path, walked: int) -> float:
    """Nothing of the folder is done yet, so that all of the input is walked through."""
    job = Job.of(find_sources([str(json_lines(folder / "walk.jsonl", walked))]), ner, None, Options())
    out = Folder(folder / "walk")
    out.create()
    begun = time.perf_counter()
    for _ in unfinished(job, out):
        pass
    return (time.perf_counter() - begun) / walked
