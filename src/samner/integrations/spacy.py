"""A spaCy component (extra `spacy`): `nlp.add_pipe("samner", config={"schema": ["person", "city"]})`.

Entities go to `doc.ents`, or to `doc.spans["sc"]` when they may overlap, with `_.score` and `_.archetype`. Offsets are
those of the text; where spaCy's tokens cut otherwise, `alignment` says what becomes of an entity, and it is counted.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from samner.errors import InputError
from samner.formats.spacy import SCORES, load_spacy, set_attributes
from samner.options import Options
from samner.pipeline import SamNER
from samner.schema import as_schema, to_rows
from samner.types import Document, Entity, Failure, Schema
from samner.workers import paired

load_spacy()
from confection import Config  # noqa: E402
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc, Span  # noqa: E402
from spacy.util import raise_error  # noqa: E402

ALIGNMENTS = ("expand", "contract", "strict")
FILE = "samner.json"
if not Doc.has_extension("misaligned"):
    Doc.set_extension("misaligned", default=0)


@Language.factory(
    "samner",
    assigns=["doc.ents", "doc.spans", "span._.score", "span._.archetype"],
    default_config={
        "schema": None,
        "model": None,
        "threshold": None,
        "nested": False,
        "multi_label": False,
        "overlap": "score",
        "alignment": "expand",
        "overwrite_ents": False,
        "spans_key": "sc",
        "threads": None,
    },
)
def make(
    nlp: Language,
    name: str,
    schema: str | list[Any] | dict[str, Any] | None,
    model: str | None,
    threshold: float | None,
    nested: bool,
    multi_label: bool,
    overlap: str,
    alignment: str,
    overwrite_ents: bool,
    spans_key: str,
    threads: int | None,
) -> SamnerComponent:
    """The component from its config.

    `schema`: whatever `samner.as_schema` takes; None for every entity, typed by archetype. `threshold`, `nested`,
    `multi_label` and `overlap` are those of `samner.Options`; with `nested` or `multi_label` entities go to
    `doc.spans[spans_key]`. `alignment`: what becomes of an entity that ends inside a token ("expand" it, "contract" it,
    or "strict": leave it out). `overwrite_ents`: whose entities stay where ours overlap earlier ones.
    """
    _check_savable(schema)
    options = Options(threshold, nested, multi_label, overlap)
    return SamnerComponent(
        name,
        schema,
        model,
        options,
        alignment,
        overwrite_ents,
        spans_key if nested or multi_label else None,
        threads,
    )


class SamnerComponent:
    """Marks entities in a Doc.

    `counts` says, since it was made, how many entities were found, how many of them did not begin and end with a token
    (`misaligned`; for one Doc: `doc._.misaligned`), and how many could not be kept (`left out`: no token holds them, or
    an entity was there before).
    """

    def __init__(
        self,
        name: str,
        schema: Any,
        model: str | None,
        options: Options,
        alignment: str,
        overwrite_ents: bool,
        spans_key: str | None,
        threads: int | None,
    ) -> None:
        if alignment not in ALIGNMENTS:
            raise InputError(f"an alignment out of {', '.join(ALIGNMENTS)}", repr(alignment), "choose one")
        self.name = name
        self.counts: Counter[str] = Counter()
        self._given, self._model, self._threads, self._options = schema, model, threads, options
        self._alignment, self._overwrite, self._spans_key = alignment, overwrite_ents, spans_key
        self._schema: Schema | None = None
        self._on_error: Callable[..., Any] = raise_error
        if schema is not None and not _may_come_later(schema):
            self._read()

    @cached_property
    def ner(self) -> SamNER:
        """The model, loaded when it is first needed."""
        return SamNER(self._model, threads=self._threads)

    @cached_property
    def _types(self) -> Any:
        if self._given is None:
            return None
        return self.ner.compile(self._read())

    def _read(self) -> Schema:
        if self._schema is None:
            self._schema = as_schema(self._given)
        return self._schema

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that may come out, without a schema the archetypes; none while the schema's file is not there."""
        if self._given is None:
            from samner.archetypes import load

            return tuple(archetype.name for archetype in load())
        return () if self._schema is None and _may_come_later(self._given) else self._read().names

    def __call__(self, doc: Doc) -> Doc:
        (doc,) = self.pipe([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 32) -> Iterator[Doc]:
        """Mark Docs as they come, many texts at once. One that fails goes to the error handler of the pipeline."""

        def extract(docs: Iterator[Doc]) -> Iterator[list[Entity] | Failure]:
            texts = (Document(doc.text) for doc in docs)
            return self.ner.stream(texts, self._types, batch_size=batch_size, options=self._options)

        for doc, result in paired(stream, extract):
            if isinstance(result, Failure):
                self._on_error(self.name, self, [doc], result.error)
            else:
                yield self._mark(doc, result)

    def set_error_handler(self, handler: Callable[..., Any]) -> None:
        self._on_error = handler

    def get_error_handler(self) -> Callable[..., Any]:
        return self._on_error

    # From entities to spans

    def _mark(self, doc: Doc, entities: list[Entity]) -> Doc:
        self.counts["entities"] += len(entities)
        aligned = [(entity, self._align(doc, entity)) for entity in entities]
        spans = [(entity, span) for entity, span in aligned if span is not None]
        self.counts["left out"] += len(entities) - len(spans)
        if self._spans_key is None:
            self._set_ents(doc, spans)
        else:
            self._add_spans(doc, spans, self._spans_key)
        return doc

    def _align(self, doc: Doc, entity: Entity) -> Span | None:
        span = doc.char_span(entity.start, entity.end, entity.label)
        if span is None:
            self.counts["misaligned"] += 1
            doc._.misaligned += 1
            if self._alignment != "strict":
                span = doc.char_span(entity.start, entity.end, entity.label, alignment_mode=self._alignment)
        return span or None  # a contracted span may have no token left

    def _set_ents(self, doc: Doc, spans: list[tuple[Entity, Span]]) -> None:
        """Best score first; what was there before stays, or yields, as `overwrite_ents` says."""
        taken: set[int] = (
            set() if self._overwrite else {n for ent in doc.ents for n in range(ent.start, ent.end)}
        )
        kept: list[Span] = []
        for entity, span in sorted(spans, key=lambda pair: -pair[0].score):
            mine = set(range(span.start, span.end))
            if mine & taken:
                self.counts["left out"] += 1
                continue
            taken |= mine
            kept.append(set_attributes(span, entity.score, entity.archetype))
        mine = {n for span in kept for n in range(span.start, span.end)}
        before = [ent for ent in doc.ents if mine.isdisjoint(range(ent.start, ent.end))]
        doc.set_ents([*before, *kept])

    def _add_spans(self, doc: Doc, spans: list[tuple[Entity, Span]], key: str) -> None:
        """After those that are there. The score of each is in `attrs["scores"]` too, where spaCy's own components put
        it: an attribute of a span cannot tell its labels apart."""
        before = [] if self._overwrite else list(doc.spans.get(key, ()))
        scores = [span._.score for span in before] + [entity.score for entity, _ in spans]
        for entity, span in reversed(spans):  # where two labels share a span, the attributes are of the first
            set_attributes(span, entity.score, entity.archetype)
        doc.spans[key] = [*before, *(span for _, span in spans)]
        doc.spans[key].attrs[SCORES] = scores

    # To disk and back: the schema itself, since its file may not be there where the pipeline is loaded

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The schema, and which model the pipeline used; the model's files are not in it."""
        schema = None if self._given is None else to_rows(self._read())
        state = {"given": self._given, "schema": schema, "model": self._model_hash}
        return json.dumps(state).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> SamnerComponent:
        """Take the schema back, unless the config has meanwhile been given another one."""
        state = json.loads(data)
        if state["given"] == self._given and state["schema"] is not None:
            self._schema = as_schema(state["schema"])
            self.__dict__.pop("_types", None)
        if state["model"] not in (None, self._model_hash):
            warnings.warn(
                f"the pipeline was saved with the model {state['model'][:12]}, here is {self._model_hash[:12]}: "
                "results may differ",
                stacklevel=2,
            )
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> SamnerComponent:
        return self.from_bytes((Path(path) / FILE).read_bytes())

    @property
    def _model_hash(self) -> str:
        return self.ner.info.hash


def _check_savable(schema: Any) -> None:
    """A config file of spaCy cannot hold every label as a key: refuse such a schema now, not when it is saved."""
    try:
        if Config().from_str(Config({"samner": {"schema": schema}}).to_str())["samner"]["schema"] == schema:
            return
    except Exception:  # its parser raises a dozen kinds
        pass
    remedy = "write it as a list of {name, definition}, or as a schema file"
    raise InputError("a schema that spaCy's config can hold", f"{schema!r:.80}", remedy)


def _may_come_later(schema: Any) -> bool:
    """Is it a file that is not here? A saved pipeline brings its schema along after its components are made."""
    return (
        isinstance(schema, str)
        and Path(schema).suffix in (".yaml", ".yml", ".json")
        and not Path(schema).exists()
    )
