"""Label Studio's JSON: tasks with predictions (mentions that have a score) or annotations (those of people).

For the labelling configuration `<Labels name="label" toName="text">` over `<Text name="text" value="$text">`. Offsets
are code points, as Label Studio has stored them since 1.5; where a region's text shows that older UTF-16 offsets are
meant, they are taken for these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted
from samner.formats.rows import Fault, checked, each, given_id, json_rows, listed, objects, write_list
from samner.formats.units import Utf16
from samner.types import Document

MODEL_VERSION = "samner"


def read(path: Path, notes: Notes) -> Iterator[Read]:
    """Of each task the first annotation that was not cancelled, or else the first prediction."""

    def make(task: Any) -> Marked:
        if not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
            raise Fault('no task with "data" (export as JSON, not as JSON-MIN)')
        key, text = _text(task["data"])
        notes.unknown({f"data.{key}": 0 for key in task["data"]}, (f"data.{key}", "data.id"))
        mentions = tuple(m for result in _results(task, notes) for m in _mentions(result, text, notes))
        return Marked(Document(text, given_id(task["data"])), mentions)

    return each(json_rows(path), make, 'tasks {"data": {"text"}, "predictions" or "annotations": [...]}')


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    write_list(path, map(to_task, fitted(documents, FORMAT.holds, notes)))


def to_task(marked: Marked) -> dict[str, Any]:
    """A task; its mentions are an annotation where they have no scores, as gold has none."""
    data: dict[str, Any] = {"text": marked.document.text}
    if marked.document.id is not None:
        data["id"] = marked.document.id
    regions = [to_region(n, m, marked.document.text) for n, m in enumerate(marked.mentions, 1)]
    scores = [m.score for m in marked.mentions if m.score is not None]
    if regions and not scores:
        return {"data": data, "annotations": [{"result": regions}]}
    prediction: dict[str, Any] = {"model_version": MODEL_VERSION, "result": regions}
    if scores:
        prediction["score"] = fmean(scores)
    return {"data": data, "predictions": [prediction]}


def to_region(number: int, mention: Mention, text: str) -> dict[str, Any]:
    surface = text[mention.start : mention.end]
    value = {"start": mention.start, "end": mention.end, "text": surface, "labels": [mention.label]}
    region = {"id": f"m{number}", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    return region if mention.score is None else region | {"score": mention.score}


def _text(data: Mapping[str, Any]) -> tuple[str, str]:
    """The text and its key: `text`, or the only string there is."""
    strings = [key for key, value in data.items() if isinstance(value, str) and key != "id"]
    key = "text" if "text" in strings or len(strings) != 1 else strings[0]
    if not isinstance(data.get(key), str):
        raise Fault('no string "text" in the data')
    return key, data[key]


def _results(task: Mapping[str, Any], notes: Notes) -> list[Mapping[str, Any]]:
    given, predictions = objects(task, "annotations"), objects(task, "predictions")
    annotations = [a for a in given if not a.get("was_cancelled")]
    notes.lost("cancelled annotations", len(given) - len(annotations))
    chosen, *others = annotations or predictions or [{}]
    notes.lost("further annotations or predictions of a text", len(others))
    if annotations:
        notes.lost("predictions beside an annotation", len(predictions))
    return objects(chosen, "result")


def _mentions(result: Mapping[str, Any], text: str, notes: Notes) -> Iterator[Mention]:
    """One a label of the region."""
    value = result.get("value")
    if not isinstance(value, Mapping):
        raise Fault(f"a result that is no region: {result!r:.80}")
    if result.get("type") != "labels":
        notes.lost(f"results of type {result.get('type')!r}")
        return
    start, end, surface = value.get("start"), value.get("end"), value.get("text")
    for label in listed(value, "labels"):
        try:
            yield checked(text, start, end, label, surface, result.get("score"))
        except Fault:
            units = Utf16(text)
            if not units or surface is None:
                raise
            yield checked(text, units.points(start), units.points(end), label, surface, result.get("score"))


FORMAT = Format(
    "label-studio",
    "Label Studio's JSON: tasks with predictions or annotations",
    read,
    write,
    frozenset({"id", "score", "surrogates"}),
)
