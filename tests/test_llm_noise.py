"""Real servers whose model is noise, and servers that misbehave: every result is still a listed type on a known span,
with the right offsets, and nothing is lost or inherited from a neighbour."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

import pytest

pytest.importorskip("openai", reason="needs the extra openai")

from faults import FAULTS, fault_proxy
from llama_server import llama_server
from samner import Failure, LLMUse, SamNER
from samner.bench import workload
from samner.llms import LLMSettings
from samner.offsets import words
from samner.types import Entities

pytestmark = [pytest.mark.model, pytest.mark.extra, pytest.mark.slow]
TYPES = {
    "person": "A human.",
    "political party": "",
    "東京 type": "",
    'a "quoted" type': "\\ </s>",
    "none": "x",
}
TEXTS = workload.texts()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_server(tmp_path_factory.mktemp("llama")) as url:
        yield url


@pytest.fixture(scope="module")
def ample(server: str) -> float:
    """Seconds that are ample for an answer, on this machine and as busy as it is now."""
    asking = pipeline(server)
    begun = time.monotonic()
    asking.extract_batch(numbered(), TYPES)
    return max(3.0, 2 * (time.monotonic() - begun))


def numbered() -> list[str]:
    return [f"Number {n};: {text}" for n, text in enumerate(TEXTS[:9])]


def pipeline(url: str, engine: str = "hybrid", **use: object) -> SamNER:
    settings = LLMSettings(
        model="tiny", base_url=url, cache_dir=False, max_tokens=1500, timeout=60, concurrency=8
    )
    chosen = LLMUse(**{"gate": None} | use)  # type: ignore[arg-type]
    return SamNER(engine=engine, llm=settings, use=chosen, cache_dir=False, threads=2)


def checked(texts: Sequence[str], results: Sequence[object]) -> list[Entities]:
    """Results that hold what must hold of noise."""
    kept = []
    for text, found in zip(texts, results, strict=True):
        assert isinstance(found, Entities), found
        edges = {w.start for w in words(text)}, {w.end for w in words(text)}
        for e in found:
            assert e.label in TYPES
            assert text[e.start : e.end] == e.text
            assert e.start in edges[0]
            assert e.end in edges[1]
            assert 0 <= e.score <= 1
        kept.append(found)
    return kept


def total(results: Sequence[Entities], event: str) -> int:
    return sum(found.metadata["events"].get(event, 0) for found in results)


@pytest.mark.parametrize(("share", "texts"), [(1, TEXTS[:200]), (8, TEXTS[200:])])
def test_noise_about_the_spans_of_three_hundred_sentences(
    server: str, ner: SamNER, share: int, texts: list[str]
) -> None:
    asking = pipeline(server, share=share)
    results = checked(texts, asking.extract_batch(texts, TYPES))
    schema = ner.compile(TYPES)
    asked = 0
    for text, found in zip(texts, results, strict=True):
        known = {(row["start"], row["end"]) for row in ner.trace(text, schema).discovery if row["kept"]}
        asked += len(known)
        assert {(e.start, e.end) for e in found} <= known
    answered, lost = total(results, "calibrator: answered"), total(results, "calibrator: fell back")
    assert answered + lost == asked
    assert answered > 0.9 * asked
    costs = [found.metadata["usage"] for found in results]
    assert sum(c["requests"] for c in costs) == asking.usage.requests
    assert sum(c["tokens_in"] for c in costs) == asking.usage.tokens_in > 0
    assert (asking.usage.requests >= len(texts) - 10) == (share == 1)


def test_noise_that_mends_boundaries(server: str) -> None:
    results = checked(TEXTS[:40], pipeline(server, repair=True).extract_batch(TEXTS[:40], TYPES))
    assert total(results, "calibrator: answered") > 0
    assert total(results, "calibrator: refused") + total(results, "calibrator: moved") > 0


def test_noise_at_every_stage(server: str) -> None:
    texts = TEXTS[:20]
    results = checked(texts, pipeline(server, "llm").extract_batch(texts, TYPES))
    for role in ("anchor", "explorer"):
        assert total(results, f"{role}: answered") + total(results, f"{role}: fell back") == len(texts)
    assert total(results, "archetypes: answered") > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_a_document_its_answer_and_nothing_else(
    server: str, ample: float, ner: SamNER, fault: str
) -> None:
    """Every third document meets the fault, each time that it is asked about."""
    texts = numbered()
    plain = ner.extract_batch(texts, TYPES)

    def plan(text: str, seen: int) -> str | None:
        number = text.partition("Number ")[2].partition(";")[0]
        return fault if number and int(number) % 3 == 1 else None

    with fault_proxy(server, plan) as proxy:
        settings = LLMSettings(
            model="tiny", base_url=proxy.url, cache_dir=False, timeout=ample, retries=1, max_tokens=400
        )
        asking = SamNER(engine="hybrid", llm=settings, use=LLMUse(gate=None), cache_dir=False, threads=2)
        begun = time.monotonic()
        results = asking.extract_batch(texts, TYPES)
        assert time.monotonic() - begun < 10 * ample
        assert proxy.faults[fault] >= 3
    assert not any(isinstance(found, Failure) for found in results)
    for n, (found, embedded) in enumerate(zip(checked(texts, results), plain, strict=True)):
        events = found.metadata["events"]
        if n % 3 == 1 and fault != "slow":
            assert found == embedded
            assert set(events) == {"calibrator: fell back"}
        else:
            assert set(events) == {"calibrator: answered"}, (n, json.dumps(events))
