"""1 -> 2 -> 3: discovery, mediation, calibration. `SamNER` reads like the figure of the paper."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from samner.archetypes import load as load_archetypes
from samner.calibration import NONE, Calibration, Choice, Limits, by_archetype, eligible, settle, to_entity
from samner.discovery import Discovery, kept
from samner.engines import load_engine
from samner.errors import InputError, UnreadableTextWarning
from samner.given import Result, Text, as_document, as_given, checked, is_tokens, local, of_tokens, placed
from samner.locate import cache_folder, model_folder, usable_cores
from samner.mediation import Mediation
from samner.options import LLMUse, Options, settings
from samner.passages import Passage, passages
from samner.ports import LLM, Asking, CompiledSchema, Extractor, Judgement, Note, Reading, Usage
from samner.readable import unknown, unreadable
from samner.schema import SchemaLike, as_schema
from samner.trace import Steps, Trace, make_trace, metadata
from samner.types import Candidate, Document, Entities, Entity, Failure, Span
from samner.workers import batched, in_order

if TYPE_CHECKING:
    from samner.llms import LLMSettings

Types: TypeAlias = "SchemaLike | CompiledSchema | None"
TOGETHER = 16  # passages judged in one go: bounds the memory that a long document takes
JOINED = 64  # the same, of several documents
OVERLAP = 40  # word pieces that neighbouring passages share
ASKING = 4  # batches of texts, at least, whose questions to an LLM are on the way at once


class SamNER:
    """Zero-shot named entity recognition: texts and types in, exactly placed and typed entities out.

    `model` is a model folder or hub id (None: the shipped one); `engine` an engine's name; `threads` the number of
    texts read at once; `extractors` further ones for the consensus; `archetypes` a YAML file that replaces the shipped
    set; `cache_dir` where compiled schemas are kept (None: the user's cache folder; False: nowhere). The engines
    `hybrid` and `llm` ask `llm` (a backend, or settings for one) in the way that `use` says. Safe to share between
    threads, to fork and to pickle. Raises ModelError for a model that is damaged or foreign.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        engine: str = "embedded",
        threads: int | None = None,
        extractors: Sequence[Extractor] = (),
        archetypes: str | Path | None = None,
        cache_dir: str | Path | bool | None = None,
        llm: LLM | LLMSettings | None = None,
        use: LLMUse | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise InputError("one thread at least", str(threads), "pass threads=1 or leave it out")
        self._made_from = (model, engine, threads, tuple(extractors), archetypes, cache_dir, llm, use)
        self.threads = threads or usable_cores()
        self.cache_dir = cache_folder(cache_dir)
        kinds = load_archetypes(archetypes)
        more = {name: value for name, value in (("llm", llm), ("use", use)) if value is not None}
        self._engine = load_engine(engine, model_folder(model), kinds, self.cache_dir, self.threads, **more)
        self.info = self._engine.info
        self._discovery = Discovery([*self._engine.extractors, *extractors])
        self._mediation = Mediation(self._engine.classifier)
        self._calibration = Calibration(self._engine.calibrator, self._mediation.best)

    @classmethod
    def from_pretrained(cls, id_or_dir: str | Path, **options: Any) -> SamNER:
        """The model of a folder, or of a hub id through `huggingface_hub` (HF_HOME and HF_HUB_OFFLINE are honoured)."""
        return cls(id_or_dir, **options)

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, self._made_from

    @property
    def asks(self) -> Asking | None:
        """The LLM behind the engine, and how it fares; None where none is asked."""
        return self._engine.asks

    @property
    def usage(self) -> Usage:
        """What the LLM has cost so far, over all calls; nothing where none is asked."""
        return self.asks.usage if self.asks else Usage()

    @property
    def every_threshold(self) -> float:
        """The model's own least score where no schema is given; `info.thresholds` has that of a schema's types."""
        return self._engine.every_threshold

    # What a user asks for

    def compile(self, types: Types) -> CompiledSchema:
        """Check a schema and work it out once (type vectors, archetypes, priors): pass the result in its place."""
        if types is None:
            raise InputError(
                "types", "None", "pass a schema; None stands for every entity and needs no compiling"
            )
        return types if isinstance(types, CompiledSchema) else self._engine.compile(as_schema(types))

    def extract(
        self, text: Text, schema: Types, *, options: Options | None = None, **overrides: Any
    ) -> list[Entity]:
        """The entities of one text, in order of position; offsets are code points of `text`.

        A list of strings is taken as tokens: entities begin and end on them, and `start` and `end` count tokens. (Those
        of a `Document` made from tokens count code points of its text, as all others do.)
        Without a schema every entity comes out, typed by archetype. Keyword arguments are fields of `Options`.
        Raises InputError for what is no text, SchemaError for what is no schema.
        """
        (result,) = self.extract_batch([text], schema, options=options, **overrides)
        if isinstance(result, Failure):
            raise result.error
        return result

    def extract_batch(
        self,
        texts: Iterable[Text],
        schema: Types,
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
        options: Options | None = None,
        **overrides: Any,
    ) -> list[Result]:
        """The results of many texts in order; a text that cannot be processed is a `Failure` in its place.

        `progress` is called with the number of texts done. `batch_size` is the number of texts handed to a thread at
        once: it changes the speed, never a result.
        """
        results: list[Result] = []
        for result in self.stream(texts, schema, batch_size=batch_size, options=options, **overrides):
            results.append(result)
            if progress is not None:
                progress(len(results))
        return results

    def stream(
        self,
        texts: Iterable[Text],
        schema: Types,
        *,
        batch_size: int = 32,
        options: Options | None = None,
        **overrides: Any,
    ) -> Iterator[Result]:
        """Like `extract_batch`, lazily: texts are drawn as results are taken, in bounded memory."""
        if isinstance(texts, str) or not isinstance(texts, Iterable):
            found = "one string" if isinstance(texts, str) else type(texts).__name__
            raise InputError("several texts", found, "pass a list of texts, or call extract")
        if batch_size < 1:
            raise InputError("a batch size of at least 1", str(batch_size), "pass batch_size=32")
        chosen = settings(options, overrides)
        compiled = None if schema is None else self.compile(schema)
        if self.asks:
            threads = max(self.threads, ASKING)
            return in_order(lambda some: self._together(some, compiled, chosen), texts, batch_size, threads)
        return in_order(
            lambda some: [self._guarded(text, compiled, chosen) for text in some],
            texts,
            batch_size,
            self.threads,
        )

    def parts(
        self, document: Document, schema: Types, *, skip: int = 0, options: Options | None = None
    ) -> Iterator[list[Entity]]:
        """A long document stretch by stretch: what `settled` makes into the answer of `extract`. The first `skip`
        stretches are passed over, for who has kept theirs."""
        chosen = settings(options, {})
        compiled = None if schema is None else self.compile(schema)
        limits = self._limits(compiled, chosen)

        def work(some: Sequence[Sequence[Passage]]) -> list[list[Entity]]:
            return [eligible(_entities(self._steps(held, compiled, chosen, limits)), limits) for held in some]

        first = list(islice(self._passages(document), 1))
        if first:
            self._warn(document, first[0])
        stretches = islice(batched(self._passages(document), TOGETHER), skip, None)
        return in_order(work, stretches, 2, self.threads)

    def settled(
        self, parts: Iterable[Entity], schema: Types, *, options: Options | None = None
    ) -> list[Entity]:
        """The entities that come out of the `parts` of a document, put together, in order of position."""
        chosen = settings(options, {})
        compiled = None if schema is None else self.compile(schema)
        return settle(list(parts), self._limits(compiled, chosen), chosen)

    def predict_entities(
        self,
        text: str,
        labels: SchemaLike,
        threshold: float = 0.5,
        flat_ner: bool = True,
        multi_label: bool = False,
    ) -> list[dict[str, Any]]:
        """The dicts that GLiNER users know: start, end, text, label, score, and ours beside them."""
        found = self.extract(text, labels, threshold=threshold, nested=not flat_ner, multi_label=multi_label)
        return [entity.to_dict() for entity in found]

    def classify(
        self, text: Text, spans: Iterable[tuple[int, int]], schema: Types, **overrides: Any
    ) -> list[Entity]:
        """Stages 2 and 3 for spans that the user has: an entity a span, in the order of the spans.

        Where no type reaches its threshold the label is "none", with the best types among the alternatives. Spans of
        a list of tokens count tokens, as those of `extract` do. Raises InputError for a span outside the text, with
        nothing visible in it, or too long to be read in one go.
        """
        document = as_document(text)
        compiled, options = self.compile(schema), settings(None, overrides)
        if NONE in compiled.schema.names:
            raise InputError(f"no label {NONE!r}, which says that no type fits", "one", "rename the label")
        if options.multi_label:
            raise InputError("one label a span", "multi_label=True", "call extract with multi_label=True")
        if is_tokens(text):
            spans = [of_tokens(document, span) for span in spans]
        asked = [checked(document, span) for span in spans]
        limits = self._limits(compiled, options)
        answers: dict[Span, Entity] = {}
        for passage, mine in placed(self._passages(document), asked):
            for span, entity in zip(
                mine, self._classified(passage, mine, compiled, options, limits), strict=True
            ):
                answers[span] = entity if entity.score >= limits[entity.label] else _none(entity)
        return as_given(text, document, [answers[span] for span in asked])

    def trace(self, text: Text, schema: Types, *, options: Options | None = None, **overrides: Any) -> Trace:
        """What each stage saw and decided on a text, beside its entities. All offsets are code points of its `text`,
        which is the tokens joined by spaces when the text is a list of tokens."""
        document, chosen = as_document(text), settings(options, overrides)
        compiled = None if schema is None else self.compile(schema)
        limits = self._limits(compiled, chosen)
        steps = self._steps(list(self._passages(document)), compiled, chosen, limits)
        labels = compiled.schema.names if compiled else ()
        entities = settle(_entities(steps), limits, chosen)
        about = metadata(self.asks, (note for s in steps for note in s.notes))
        return make_trace(document, steps, labels, self._mediation.archetypes, entities, about)

    # The three stages

    def _steps(
        self,
        held: Sequence[Passage],
        compiled: CompiledSchema | None,
        options: Options,
        limits: Limits,
        documents: Sequence[int] = (),
    ) -> list[Steps]:
        """Passages through discovery, mediation and calibration, on one reading of each."""
        reading = Reading(held, compiled, self._engine.encode(held), documents)
        rule = self._engine.consensus(options.without)
        verdicts = self._discovery.run(reading, rule, options.without)
        mediated = self._mediation.run(reading, [kept(v) for v in verdicts])
        chosen: Sequence[tuple[Judgement | None, list[Choice]]]
        if compiled is None:
            chosen = [(None, by_archetype(m, self._mediation.archetypes)) for m in mediated]
        else:
            chosen = self._calibration.run(reading, mediated, options, limits)
        notes: list[list[Note]] = [[] for _ in held]
        for note in reading.notes:
            notes[note.passage].append(note)
        rows = zip(held, verdicts, mediated, chosen, notes, strict=True)
        return [Steps(p, v, m, *c, n) for p, v, m, c, n in rows]

    def _classified(
        self,
        passage: Passage,
        spans: Sequence[Span],
        compiled: CompiledSchema,
        options: Options,
        limits: Limits,
    ) -> list[Entity]:
        """Stages 2 and 3 alone, for spans of the document that lie in the passage; the best label of each."""
        reading = Reading([passage], compiled, self._engine.encode([passage]))
        given = [local(passage, span) for span in spans]
        mediated = self._mediation.run(reading, [[Candidate(span, {"user": 1.0}) for span in given]])
        ((_, choices),) = self._calibration.run(reading, mediated, options, limits)
        return [to_entity(passage, choice) for choice in choices]

    # What lies around them

    def _guarded(self, text: Text, compiled: CompiledSchema | None, options: Options) -> Result:
        """One text, its error in place of its entities: a bad text must not lose the others."""
        try:
            document = as_document(text)
            return as_given(text, document, self._document(document, compiled, options))
        except Exception as error:
            return Failure(error, getattr(text, "id", None))

    def _document(
        self, document: Document, compiled: CompiledSchema | None, options: Options
    ) -> list[Entity]:
        limits = self._limits(compiled, options)
        held = self._passages(document)
        first = list(islice(held, TOGETHER))
        if first:
            self._warn(document, first[0])

        notes: list[Note] = []

        def work(some: Sequence[Passage]) -> list[Entity]:
            steps = self._steps(some, compiled, options, limits)
            notes.extend(note for s in steps for note in s.notes)
            return eligible(_entities(steps), limits)

        if len(first) < TOGETHER:
            found = work(first) if first else []
        else:  # a long document keeps all threads busy by itself
            found = list(in_order(work, chain(first, held), TOGETHER, self.threads))
        return self._settled(found, limits, options, notes)

    def _settled(
        self, found: list[Entity], limits: Limits, options: Options, notes: Iterable[Note]
    ) -> list[Entity]:
        """A document's result; with what an LLM had to do with it, where one is asked."""
        entities = settle(found, limits, options)
        return Entities(entities, metadata(self.asks, notes)) if self.asks else entities

    def _together(
        self, texts: Sequence[Text], compiled: CompiledSchema | None, options: Options
    ) -> list[Result]:
        """Several texts through the stages in one go, so that what they have to ask an LLM is asked at once. A long
        text, and one that is no text, goes by itself; so do all of a group, should a stage fail at one of them."""
        results: dict[int, Result] = {}
        for group in self._groups(texts):
            with suppress(Exception):
                results |= self._joined(group, texts, compiled, options)
        return [
            results[n] if n in results else self._guarded(text, compiled, options)
            for n, text in enumerate(texts)
        ]

    def _groups(self, texts: Sequence[Text]) -> Iterator[dict[int, tuple[Document, list[Passage]]]]:
        """Documents with their passages, by the number of their text, as many as one reading may hold."""
        group: dict[int, tuple[Document, list[Passage]]] = {}
        size = 0
        for n, text in enumerate(texts):
            try:
                document = as_document(text)
                held = list(islice(self._passages(document), TOGETHER))
            except Exception:
                continue
            if 0 < len(held) < TOGETHER:
                if size + len(held) > JOINED:
                    yield group
                    group, size = {}, 0
                group[n] = document, held
                size += len(held)
        if group:
            yield group

    def _joined(
        self,
        group: Mapping[int, tuple[Document, list[Passage]]],
        texts: Sequence[Text],
        compiled: CompiledSchema | None,
        options: Options,
    ) -> dict[int, Result]:
        """The results of documents whose passages make one reading."""
        limits = self._limits(compiled, options)
        passages = [passage for _, held in group.values() for passage in held]
        owners = [n for n, (_, held) in group.items() for _ in held]
        steps = iter(self._steps(passages, compiled, options, limits, owners))
        results: dict[int, Result] = {}
        for n, (document, held) in group.items():
            self._warn(document, held[0])
            mine = list(islice(steps, len(held)))
            notes = [note for s in mine for note in s.notes]
            found = self._settled(eligible(_entities(mine), limits), limits, options, notes)
            results[n] = as_given(texts[n], document, found)
        return results

    def _warn(self, document: Document, first: Passage) -> None:
        """Warn of a text that the model cannot read, judged by its script and by its first passage."""
        if unreadable(document.text):
            found = "most of this text is in another script"
        elif unknown((first.surface(n) for n in range(len(first.words))), self._engine.knows):
            found = "it knows few of the words of this text"
        else:
            return
        message = f"the model reads English; {found}: {document.text[:40]!r}"
        warnings.warn(message, UnreadableTextWarning, stacklevel=2)

    def _passages(self, document: Document) -> Iterator[Passage]:
        return passages(document, self._engine.cost, self._engine.capacity, OVERLAP)

    def _limits(self, compiled: CompiledSchema | None, options: Options) -> Limits:
        if compiled is None:
            return Limits(None, self._engine.every_threshold, options)
        return Limits(compiled.schema, self._engine.threshold(options.without), options)


def _make(*made_from: Any) -> SamNER:
    """How a pickled SamNER comes back: made again, its model loaded where it is unpickled."""
    model, engine, threads, extractors, archetypes, cache_dir, llm, use = made_from
    return SamNER(
        model,
        engine=engine,
        threads=threads,
        extractors=extractors,
        archetypes=archetypes,
        cache_dir=cache_dir,
        llm=llm,
        use=use,
    )


def _entities(steps: Sequence[Steps]) -> list[Entity]:
    """What comes out of the passages before thresholds and overlaps, each by the passage that owns it."""
    return [to_entity(s.passage, c) for s in steps for c in s.choices if s.passage.owns(c.span)]


def _none(entity: Entity) -> Entity:
    """The answer for a span that no type fits; the best type goes to the head of the alternatives."""
    rest = ((entity.label, entity.score), *entity.alternatives)
    return replace(entity, label=NONE, score=1 - entity.score, alternatives=rest)
