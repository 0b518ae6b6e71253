"""What Prometheus may ask for: counts and times, never a text, a label or a key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from samner.ports import Usage

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures of one application, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            "samner_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "samner_request_seconds", "From the first byte in to the last out.", ["route"], registry=registry
        )
        self.texts = Counter("samner_texts", "Texts answered.", ["outcome"], registry=registry)
        self.characters = Counter("samner_characters", "Code points of those texts.", registry=registry)
        self.entities = Counter("samner_entities", "Entities found.", registry=registry)
        self.waiting = Gauge("samner_texts_waiting", "Texts that wait for the model.", registry=registry)
        self.batch_size = Histogram(
            "samner_batch_texts", "Texts of a batch.", buckets=(1, 2, 4, 8, 16, 32, 64), registry=registry
        )
        self.compiled = Counter(
            "samner_schemas_compiled",
            "Schemas asked for, by where they were found.",
            ["from"],
            registry=registry,
        )

    def watch_llm(self, usage: Callable[[], Usage]) -> None:
        """What the LLM behind the engine has cost so far."""
        cost = Gauge(
            "samner_llm_usage", "Spent on the LLM since the start.", ["what"], registry=self._registry
        )
        for name in ("requests", "tokens_in", "tokens_out", "tokens_cached", "from_cache"):
            cost.labels(name).set_function(partial(_spent, usage, name))

    def text(self) -> bytes:
        """The exposition format."""
        out: bytes = generate_latest(self._registry)
        return out


def _spent(usage: Callable[[], Usage], name: str) -> float:
    return float(getattr(usage(), name))
