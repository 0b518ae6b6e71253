"""`samner calibrate`: scores that mean what they say on your texts, and the threshold that suits them.

With mentions marked, the scores of each type are tempered (Platt's regression). Without, only the threshold is set:
halfway from the model's own to where F1 is likely best, the scores taken at their word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samner.adapt.run import check, finished
from samner.adapt.scores import likely_threshold, tempered, tempers
from samner.adapt.trial import Trial, laid_over
from samner.alike import open_engine
from samner.bench.datasets import GoldDocument, read_gold
from samner.bench.reliability import expected_calibration_error
from samner.engines.embedded.adapter import Change, write_adapter
from samner.errors import InputError
from samner.reading import read_documents
from samner.schema import SchemaLike, as_schema
from samner.types import Document, Failure

Say = Callable[[str], None]


def read(path: Path, labels: Sequence[str]) -> tuple[list[GoldDocument], bool]:
    """The texts of a file, and whether mentions are marked in them: in all lines or in none."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        marked = any(_is_marked(line) for line in lines)
    if marked:
        return read_gold(path, labels), True
    documents = list(read_documents([path]))
    for document in documents:
        if isinstance(document, Failure):
            raise document.error
    return [GoldDocument(d.text, ()) for d in documents if isinstance(d, Document)], False


def _is_marked(line: str) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "entities" in row


def calibrate(
    documents: Sequence[GoldDocument],
    schema: SchemaLike,
    out: Path,
    *,
    marked: bool,
    model: str | Path | None = None,
    threads: int | None = None,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Write the adapter folder `out` with tempers and threshold of the schema's types as written; their vectors stay.

    `marked`: every mention is marked in the documents; otherwise their entities do not count.
    """
    types = as_schema(schema)
    if marked:
        check(documents, types)
    elif not documents:
        raise InputError("one text at least", "none", "give some texts of the kind that you will read")
    engine = open_engine(model, None, threads)
    say(f"reading {len(documents)} texts")
    said = Trial(engine, types, documents, [], threads).said(None)
    nothing = [Change.nothing(engine.manifest.sizes) for _ in types]
    report: dict[str, Any] = {"documents": len(documents), "marked": marked}
    if marked:
        by = tempers(said, types.names)
        adapter = finished(engine, types, nothing, said, out.name)
        right = said.right.tolist()
        report["calibration_error"] = {
            "before": expected_calibration_error(said.score.tolist(), right),
            "after": expected_calibration_error(tempered(said, by).tolist(), right),
            "protocol": "15 equal bins, all answers of at least 0.02, on the given texts themselves",
        }
    else:
        likely = likely_threshold(said.score, float(said.score.sum()))
        threshold = round((engine.threshold(frozenset()) + likely) / 2, 4)
        set_ = [replace(change, threshold=threshold) for change in nothing]
        adapter = laid_over(engine, types, set_, out.name)
    report["threshold"] = next(iter(adapter.of(types))).threshold  # type: ignore[union-attr]
    write_adapter(out, replace(adapter, about=report), engine.manifest.folder)
    return report
