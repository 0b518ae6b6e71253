"""Scores of CrossNER runs: per-sentence counts under each protocol, and the JSON made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from samner.bench import metrics
from samner.bench.datasets import GoldDocument
from samner.bench.metrics import Counts, mean
from samner.bench.reliability import bootstrap_interval
from samner.bench.subject import Answers


@dataclass(frozen=True, slots=True)
class Scores:
    """Per-document counts of one run over one domain."""

    domain: str
    strict: list[Counts]
    paper: list[Counts]
    span: list[Counts]
    types: dict[str, Counts]
    run: Answers


def score(domain: str, gold: Sequence[GoldDocument], said: Answers) -> Scores:
    """Both protocols and the spans, for answers that are already there."""
    marked, found, texts = [d.entities for d in gold], said.entities, [d.text for d in gold]
    return Scores(
        domain,
        metrics.strict(marked, found),
        metrics.paper(texts, marked, found),
        metrics.spans(marked, found),
        metrics.per_type(marked, found),
        said,
    )


def result(
    main: list[Scores], offered: list[Scores], typing: dict[str, tuple[float, float]]
) -> dict[str, Any]:
    seconds, sentences = sum(s.run.seconds for s in main), sum(len(s.strict) for s in main)
    return {
        "strict": _protocol(main, offered, "strict"),
        "paper": _protocol(main, offered, "paper"),
        "span": figures(main, "span"),
        "typing_accuracy": _typing(typing, 0),
        "typing_accuracy_forced": _typing(typing, 1),
        "details": {s.domain: _details(s) for s in main},
        "failures": {s.domain: len(s.run.failures) for s in main if s.run.failures},
        "sentences": sentences,
        "seconds": seconds,
        "sentences_per_second": sentences / seconds,
    }


def _typing(typing: dict[str, tuple[float, float]], which: int) -> dict[str, Any]:
    domains = {domain: both[which] for domain, both in typing.items()}
    return {"mean": mean(domains.values()), "domains": domains}


def _protocol(main: list[Scores], offered: list[Scores], protocol: str) -> dict[str, Any]:
    more = figures(offered, protocol) if offered else {"mean": None, "domains": None}
    return figures(main, protocol) | {
        "interval": bootstrap_interval([getattr(s, protocol) for s in main]),
        "mean_with_catch_all": more["mean"],
        "domains_with_catch_all": more["domains"],
    }


def figures(scores: Iterable[Scores], protocol: str) -> dict[str, Any]:
    """F1 of each domain and their mean."""
    domains = {s.domain: metrics.total(getattr(s, protocol)).f1 for s in scores}
    return {"mean": mean(domains.values()), "domains": domains}


def _details(scores: Scores) -> dict[str, Any]:
    sums = {name: metrics.total(getattr(scores, name)).to_dict() for name in ("strict", "paper", "span")}
    types = {label: counts.to_dict() for label, counts in scores.types.items()}
    return sums | {"types": types, "sentences": len(scores.strict), "seconds": scores.run.seconds}
