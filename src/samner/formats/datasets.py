"""A folder of Hugging Face `datasets` (extra `datasets`): as `save_to_disk` writes it, or of Parquet files.

Written are `id`, `text`, `words` (offsets) and `entities`, which hold everything, with `tokens` and `ner_tags` (IOB2,
a ClassLabel) beside them for token classifiers. Read are `entities` where there are any, else tokens and tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from samner.errors import FormatError, MissingExtraError
from samner.formats import conll, jsonl
from samner.formats.base import Format, Marked, Notes, Read, fitted, on_tokens, tokens_of
from samner.formats.rows import Fault, each
from samner.types import Failure
from samner.writing.conll import token_tags

TAGS = ("ner_tags", "tags", "labels")
OURS = ("id", "text", "words", "entities", "tokens", *TAGS)


def read(path: Path, notes: Notes) -> Iterator[Read]:
    """The rows of every split, one after another."""
    _module()
    try:
        splits = _splits(path)
    except Exception as error:  # the library raises a dozen kinds
        found = f"{type(error).__name__}: {error!s:.200} in {path}"
        remedy = "give the folder that save_to_disk wrote, or one of .parquet files"
        yield Failure(FormatError("a folder of Hugging Face datasets", found, remedy), str(path))
        return
    if len(splits) > 1:
        notes.lost(f"names of splits ({', '.join(splits)})", len(splits))
    for name, split in splits.items():
        decode = _decoder(split)
        rows = ((f"{path}, {name}, row {number}", row) for number, row in enumerate(split, 1))
        yield from each(rows, partial(_marked, decode=decode, notes=notes), "rows of marked texts")


def _splits(path: Path) -> dict[str, Any]:
    datasets = _module()
    if files := sorted(path.glob("**/*.parquet")):
        return {file.stem: datasets.Dataset.from_parquet(str(file), keep_in_memory=True) for file in files}
    found = datasets.load_from_disk(str(path))
    return dict(found) if isinstance(found, Mapping) else {"train": found}


def _decoder(split: Any) -> Any:
    """From the number of a tag to its name, where the tags are a ClassLabel."""
    for name in TAGS:
        inner: Any = getattr(split.features.get(name), "feature", None)
        if hasattr(inner, "int2str"):
            return inner.int2str
    return None


def _marked(row: dict[str, Any], *, decode: Any, notes: Notes) -> Marked:
    notes.unknown({key: value for key, value in row.items() if value is not None}, OURS)
    if isinstance(row.get("entities"), list):
        kept = {key: row[key] for key in ("id", "text", "words") if row.get(key) is not None}
        entities = [
            {k: v for k, v in item.items() if v is not None} if isinstance(item, Mapping) else item
            for item in row["entities"]
        ]
        return jsonl.row_of({**kept, "entities": entities})
    tags = next((row[name] for name in TAGS if isinstance(row.get(name), list)), None)
    if not isinstance(row.get("tokens"), list) or tags is None or len(tags) != len(row["tokens"]):
        raise Fault("neither `text` and `entities` nor `tokens` and as many `ner_tags`")
    names = [decode(tag) if decode and isinstance(tag, int) else tag for tag in tags]
    if not all(isinstance(name, str) for name in names):
        raise Fault("tags that are numbers without names (no ClassLabel)")
    return conll.from_tags(row["tokens"], names, id=row.get("id"))


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    datasets = _module()
    rows = [_row(marked, notes) for marked in fitted(documents, FORMAT.holds, notes)]
    if not rows:  # the library makes no data set of none
        return
    names = sorted({tag for row in rows for tag in row["ner_tags"]} - {"O"})
    dataset = datasets.Dataset.from_list(rows, features=_features(datasets, ["O", *names]))
    dataset.save_to_disk(str(path))


def _row(marked: Marked, notes: Notes) -> dict[str, Any]:
    document = tokens_of(marked.document)
    aside = Notes()  # what tags cannot hold is in `entities`
    placed = Marked(document, tuple(m for *_, m in on_tokens(Marked(document, marked.mentions), aside)))
    tags, _ = token_tags(document, placed.entities())
    row = {"id": None, "words": None} | jsonl.to_row(marked)
    return row | {"tokens": [document.text[w.start : w.end] for w in document.words or ()], "ner_tags": tags}


def _features(datasets: Any, tags: list[str]) -> Any:
    text, number, share = (datasets.Value(kind) for kind in ("string", "int32", "float64"))
    entity = dict.fromkeys(("start", "end"), number) | dict.fromkeys(("text", "label", "archetype"), text)
    entity |= {
        "score": share,
        "sources": datasets.List(text),
        "alternatives": datasets.List({"label": text, "score": share}),
    }
    return datasets.Features(
        {
            "id": text,
            "text": text,
            "words": datasets.List(datasets.List(number)),
            "entities": datasets.List(entity),
            "tokens": datasets.List(text),
            "ner_tags": datasets.List(datasets.ClassLabel(names=tags)),
        }
    )


def _module() -> Any:
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("datasets", "datasets") from None
    datasets.disable_progress_bars()
    return datasets


FORMAT = Format(
    "datasets",
    "a folder of Hugging Face datasets",
    read,
    write,
    frozenset({"id", "words", "score", "archetype", "sources", "alternatives"}),
    folder=True,
)
