"""A recognizer for Microsoft Presidio (extra `presidio`): personal data of your own types, by their definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from samner.errors import InputError, MissingExtraError
from samner.options import settings
from samner.pipeline import SamNER
from samner.schema import SchemaLike, as_schema
from samner.types import Entity

try:
    from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult
except ImportError:
    raise MissingExtraError("presidio-analyzer", "presidio") from None

# Where Presidio has a name of its own for a type of the built-in schema `pii`, or a common label; other labels are
# spelled its way: "date of birth" is DATE_OF_BIRTH.
ENTITY_NAMES = {
    "person name": "PERSON",
    "date": "DATE_TIME",
    "time": "DATE_TIME",
    "payment card number": "CREDIT_CARD",
    "IP or device address": "IP_ADDRESS",
}


class SamnerRecognizer(EntityRecognizer):
    """Finds the types of a schema in texts that Presidio analyses.

    `schema` is whatever `samner.as_schema` takes; `entity_names` maps its labels to the names under which Presidio
    reports them (see ENTITY_NAMES for those left out); `model`, `threads` and `cache_dir` are those of `SamNER`, `ner`
    is one that is there already; `options` are fields of `samner.Options`. Scores are probabilities: Presidio's
    `score_threshold` can be set by them. Raises SchemaError, ModelError and InputError as `SamNER` does.
    """

    def __init__(
        self,
        schema: SchemaLike = "pii",
        entity_names: Mapping[str, str] | None = None,
        model: str | None = None,
        threads: int | None = None,
        cache_dir: str | bool | None = None,
        ner: SamNER | None = None,
        supported_language: str = "en",
        name: str = "SamnerRecognizer",
        context: list[str] | None = None,
        **options: Any,
    ) -> None:
        types = as_schema(schema)
        self._names = {label: presidio_name(label) for label in types.names} | _known(
            entity_names or {}, types.names
        )
        self._ner = ner or SamNER(model, threads=threads, cache_dir=cache_dir)
        self._types = self._ner.compile(types)
        self._options = settings(None, options)
        super().__init__(
            supported_entities=sorted(set(self._names.values())),
            name=name,
            supported_language=supported_language,
            context=context,
        )

    def load(self) -> None:
        """Nothing: the model was loaded when the recognizer was made, where its errors belong."""

    def analyze(
        self, text: str, entities: Iterable[str] | None = None, nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """What of `entities` (all, if none are named) is in the text. Other types still compete for the spans."""
        wanted = set(entities or self.supported_entities)
        found = self._ner.extract(text, self._types, options=self._options)
        return [self._result(entity) for entity in found if self._names[entity.label] in wanted]

    def _result(self, entity: Entity) -> RecognizerResult:
        others = ", ".join(f"{label} {score:.2f}" for label, score in entity.alternatives)
        sources = " and ".join(entity.sources)
        why = f"{entity.label} ({entity.archetype}), found by {sources}; other types: {others or 'none'}"
        explanation = AnalysisExplanation(
            recognizer=self.name, original_score=entity.score, textual_explanation=why
        )
        return RecognizerResult(
            self._names[entity.label],
            entity.start,
            entity.end,
            entity.score,
            explanation,
            {
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )


def presidio_name(label: str) -> str:
    """A label as Presidio spells its entities: "phone number" is PHONE_NUMBER."""
    return ENTITY_NAMES.get(label) or "_".join(label.upper().split())


def _known(names: Mapping[str, str], labels: Iterable[str]) -> dict[str, str]:
    for label in names:
        if label not in labels:
            raise InputError(f"labels out of {', '.join(labels)}", repr(label), "mend `entity_names`")
    return dict(names)
