"""The plug-points. Whoever offers one of these abilities, by the method named here, can take part in the pipeline.

Shapes: N spans of a passage, K types of the schema, A archetypes. An extractor or engine that another package ships is
found through the entry-point groups `samner.extractors` and `samner.engines`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from samner.passages import Passage
from samner.types import Mediated, Schema, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@runtime_checkable
class CompiledSchema(Protocol):
    """A schema with all that an engine works out of it once. `SamNER.compile` makes one."""

    @property
    def schema(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What answers cost: requests sent, tokens in, out and of those in the ones a server had cached, seconds, and
    answers that our own cache gave for nothing. Adds up with `+`."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    seconds: float = 0.0
    from_cache: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))


class Note(NamedTuple):
    """What happened at a passage that a reader of the trace should know: an event of a role (an LLM's answer, one that
    was missing, a string found nowhere, a cost), the span it is about, and words for people."""

    passage: int
    role: str
    event: str
    span: Span | None = None
    detail: str = ""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Passages to judge together, what is asked of them (None: every entity), and what the engine's encoder made of
    each passage. Lives for one call: nothing is kept for the next.

    `documents` has the number of each passage's document (empty: all are of one); whoever judges may leave `notes`.
    """

    passages: Sequence[Passage]
    compiled: CompiledSchema | None
    encoded: Sequence[Any]
    documents: Sequence[int] = ()
    notes: list[Note] = field(default_factory=list)


class Found(NamedTuple):
    """A span that an extractor proposes, with its confidence in 0..1."""

    span: Span
    score: float


class Extractor(Protocol):
    """STAGE 1. Proposes spans. `role` is "anchor" (precise: its spans are kept) or "explorer" (recall-oriented: a
    one-word span of it needs an anchor's word too)."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    def extract(self, reading: Reading) -> list[list[Found]]:
        """The spans of each passage, in any order, each span once."""
        ...


class ArchetypeClassifier(Protocol):
    """STAGE 2. Gives each span a distribution over the archetypes, blind to the schema."""

    @property
    def archetypes(self) -> tuple[str, ...]: ...
    def classify(self, reading: Reading, spans: Sequence[Sequence[Span]]) -> list[Floats]:
        """For each passage [N, A], rows summing to 1, in the order of the spans."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a calibrator says of a passage's N spans: `score` [N, K], the probability that the span with that type is
    right when only one type may be; `each` [N, K], the same for each type by itself. `evidence` names [N, K] arrays
    that explain them. `mediated` are the N spans where a calibrator that may mend boundaries changed them; None: those
    it was given."""

    score: Floats
    each: Floats
    evidence: Mapping[str, Floats]
    mediated: Sequence[Mediated] | None = None


class Calibrator(Protocol):
    """STAGE 3. Judges spans against the user's types; it can neither add a span (unless boundary repair is asked for,
    see `Judgement.mediated`) nor name a type."""

    def judge(
        self, reading: Reading, mediated: Sequence[Sequence[Mediated]], without: frozenset[str]
    ) -> list[Judgement]: ...


@dataclass(frozen=True, slots=True)
class ConsensusRule:
    """Least confidence for a span of each kind: an anchor's, an explorer's of several words, and an anchor's that
    confirms an explorer's single word."""

    anchor: float
    explorer: float
    confirm: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answers: `hash` is the SHA-256 of its manifest, which holds those of all its files; `widest_span` is
    in words; `thresholds` are the model's own, by the part of the pipeline switched off."""

    id: str
    hash: str
    card: str
    widest_span: int
    thresholds: Mapping[str, float]


class Failures(NamedTuple):
    """How many prompts got no reply, of how many asked, and why the last one did not; and how many were not asked,
    for want of budget."""

    lost: int
    asked: int
    last: str
    unasked: int = 0


class Asking(Protocol):
    """The LLM that an engine asks: `about` says which one and by which prompts, `usage` what it has cost so far,
    `waiting` how many requests have no answer yet, and `prices` what a million tokens in and out cost, None where that
    is not known."""

    @property
    def about(self) -> Mapping[str, Any]: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def waiting(self) -> int: ...
    @property
    def prices(self) -> tuple[float | None, float | None]: ...
    @property
    def failures(self) -> Failures: ...


class Engine(Protocol):
    """A set of extractors, a classifier and a calibrator that share one reading of the text."""

    @property
    def info(self) -> ModelInfo: ...
    @property
    def asks(self) -> Asking | None:
        """The LLM behind it: texts then go through the stages together, so that requests are on the way at once."""
        ...

    @property
    def every_threshold(self) -> float:
        """Least score of an entity when no schema is given."""
        ...

    @property
    def extractors(self) -> Sequence[Extractor]: ...
    @property
    def classifier(self) -> ArchetypeClassifier: ...
    @property
    def calibrator(self) -> Calibrator: ...
    @property
    def capacity(self) -> int:
        """Word pieces that a passage may have."""
        ...

    @property
    def cost(self) -> Callable[[str], int]:
        """Word pieces of one word."""
        ...

    def knows(self, word: str) -> bool:
        """Has the encoder's vocabulary any piece for this word?"""
        ...

    def compile(self, schema: Schema) -> CompiledSchema: ...
    def encode(self, passages: Sequence[Passage]) -> Sequence[Any]: ...
    def threshold(self, without: frozenset[str]) -> float:
        """Least score that comes out when the user names none, with these parts of the pipeline switched off."""
        ...

    def consensus(self, without: frozenset[str]) -> ConsensusRule: ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an LLM is asked. `system` holds the instructions, the same bytes whatever the text; `user` holds the data,
    quoted. `answer` is the JSON Schema that a reply must obey; `version` names the prompt's file and revision."""

    system: str
    user: str
    answer: Mapping[str, Any]
    version: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An LLM's raw answer to one prompt, not yet trusted, and what it cost."""

    text: str
    usage: Usage


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The probabilities [K] of a closed list of answers, summing to 1, and what it cost to weigh them."""

    shares: Floats
    usage: Usage


class LLM(Protocol):
    """A frozen language model. Found by name through the entry-point group `samner.llms`."""

    @property
    def id(self) -> str:
        """Backend, model and every setting that changes an answer: a part of the cache's key, and of the results'."""
        ...

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        """The replies in order; a prompt that got none is the error in its place, and the others come through."""
        ...


class ScoringLLM(LLM, Protocol):
    """An LLM that can weigh a closed list of answers instead of writing one."""

    def weigh(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[Weighed | Exception]:
        """For each prompt the probabilities of its choices: prior-corrected, length-normalised."""
        ...
