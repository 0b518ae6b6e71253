"""The recognizer in Presidio's own analyzer, over a blank spaCy pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from material import SENTENCE, TYPES

spacy = pytest.importorskip("spacy")
presidio = pytest.importorskip("presidio_analyzer")
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry  # noqa: E402
from presidio_analyzer.nlp_engine import SpacyNlpEngine  # noqa: E402
from presidio_analyzer.predefined_recognizers import EmailRecognizer  # noqa: E402
from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider  # noqa: E402

from samner import SamNER  # noqa: E402
from samner.errors import InputError, SchemaError  # noqa: E402
from samner.integrations.presidio import SamnerRecognizer, presidio_name  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]


@pytest.fixture(scope="module")
def nlp_engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("blank")
    spacy.blank("en").to_disk(folder)
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": str(folder)}])
    engine.load()
    return engine


def analyzer(nlp_engine: Any, *recognizers: Any) -> Any:
    registry = RecognizerRegistry(recognizers=list(recognizers), supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=["en"])


@pytest.fixture(scope="module")
def recognizer(ner: SamNER) -> Any:
    return SamnerRecognizer(TYPES, entity_names={"city": "LOCATION"}, ner=ner)


def found(text: str, results: Any) -> list[tuple[str, str]]:
    return sorted((text[r.start : r.end], r.entity_type) for r in results)


def test_the_analyzer_reports_our_entities_beside_its_own(
    nlp_engine: Any, recognizer: Any, ner: SamNER
) -> None:
    text = f"{SENTENCE} Write to ada@example.com."
    engine = analyzer(nlp_engine, recognizer, EmailRecognizer())
    results = engine.analyze(text, language="en")
    names = {"city": "LOCATION"}
    ours = {(e.text, names.get(e.label, presidio_name(e.label))) for e in ner.extract(text, TYPES)}
    assert {("Ada Lovelace", "PERSON"), ("London", "LOCATION")} <= ours
    assert ours | {("ada@example.com", "EMAIL_ADDRESS")} <= set(found(text, results))
    scores = {e.start: e.score for e in ner.extract(text, TYPES)}
    mine = [r for r in results if r.recognition_metadata["recognizer_name"] == recognizer.name]
    assert [r.score for r in mine] == [scores[r.start] for r in mine]
    supported = {"PERSON", "LOCATION", "ORGANIZATION", "MACHINE", "EMAIL_ADDRESS"}
    assert set(engine.get_supported_entities("en")) == supported


def test_only_what_is_asked_for(nlp_engine: Any, recognizer: Any) -> None:
    engine = analyzer(nlp_engine, recognizer)
    assert found(SENTENCE, engine.analyze(SENTENCE, language="en", entities=["LOCATION"])) == [
        ("London", "LOCATION")
    ]
    assert engine.analyze(SENTENCE, language="en", score_threshold=1.0) == []


def test_the_decision_is_explained(nlp_engine: Any, recognizer: Any) -> None:
    engine = analyzer(nlp_engine, recognizer)
    (result,) = engine.analyze(SENTENCE, language="en", entities=["LOCATION"], return_decision_process=True)
    assert result.analysis_explanation.recognizer == recognizer.name
    assert result.analysis_explanation.original_score == result.score
    assert result.analysis_explanation.textual_explanation.startswith("city (location), found by ")


def test_batches(nlp_engine: Any, recognizer: Any) -> None:
    engine = analyzer(nlp_engine, recognizer)
    texts = [SENTENCE, "", "Nobody.", SENTENCE]
    results = list(BatchAnalyzerEngine(engine).analyze_iterator(texts, language="en"))
    assert [found(t, r) for t, r in zip(texts, results, strict=True)] == [
        found(t, engine.analyze(t, language="en")) for t in texts
    ]


def test_offsets_are_code_points(nlp_engine: Any, recognizer: Any) -> None:
    text = "👩‍🔬 İ Ada Lovelace lived in London."
    results = analyzer(nlp_engine, recognizer).analyze(text, language="en")
    assert ("Ada Lovelace", "PERSON") in found(text, results)


def test_from_a_registry_file(nlp_engine: Any, tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(
        "supported_languages: [en]\nrecognizers:\n- name: SamnerRecognizer\n  type: predefined\n"
        "  schema:\n  - {name: town, definition: A city or town.}\n  entity_names: {town: LOCATION}\n  threshold: 0.2\n"
    )
    registry = RecognizerRegistryProvider(conf_file=file, nlp_engine=nlp_engine).create_recognizer_registry()
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=["en"])
    assert ("London", "LOCATION") in found(SENTENCE, engine.analyze(SENTENCE, language="en"))


def test_the_built_in_schema_has_presidios_names(ner: SamNER) -> None:
    entities = set(SamnerRecognizer(ner=ner).supported_entities)
    assert {
        "PERSON",
        "PHONE_NUMBER",
        "EMAIL_ADDRESS",
        "LOCATION",
        "CREDIT_CARD",
        "DATE_TIME",
        "AGE",
    } <= entities


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"schema": "nosuch"}, SchemaError, "built-in name"),
        ({"schema": ["a"], "entity_names": {"b": "X"}}, InputError, "entity_names"),
        ({"schema": ["a"], "threshold": 3}, InputError, "from 0 to 1"),
        ({"schema": ["a"], "treshold": 0.3}, InputError, "write threshold"),
    ],
)
def test_wrong_arguments(
    ner: SamNER, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        SamnerRecognizer(ner=ner, **arguments)
