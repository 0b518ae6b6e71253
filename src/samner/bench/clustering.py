"""Clustering of mentions against gold: pairwise precision, recall and F1.

Protocol: the gold mentions are given, with the types and archetypes of the gold or (`by_model`) with the archetype that
a model reads for each as its only type. A pair of mentions is right when the gold names one entity for both. `all`
counts every pair of the corpus, `within` those of one document. The baseline joins equal surfaces whatever their type.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from samner.errors import FormatError
from samner.knowledge.corpus import gather
from samner.knowledge.results import Extraction, Mention, extraction

if TYPE_CHECKING:
    from samner.pipeline import SamNER

Place: TypeAlias = tuple[str, int, int]  # document, start, end
Partition: TypeAlias = Mapping[Place, Any]  # each mention's entity


def read_gold(file: Path) -> tuple[list[Extraction], dict[Place, str]]:
    """Lines as `samner extract` writes them, each entity with the key `entity`: which one it is. FormatError says what
    is wrong and where."""
    extractions, gold = [], {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        row = json.loads(line)
        extractions.append(extraction(row, f"{file}:{number}"))
        for entity in row["entities"]:
            if not isinstance(entity.get("entity"), str):
                found = f"none for {entity['text']!r} at {file}:{number}"
                raise FormatError("a key `entity` for each mention", found, "say which entity it is")
            gold[extractions[-1].id, entity["start"], entity["end"]] = entity["entity"]
    return extractions, gold


def run(file: Path, ner: SamNER | None = None) -> dict[str, Any]:
    """Figures in 0..1 on a gold file; with a model also those `by_model`."""
    extractions, gold = read_gold(file)
    joined, rules = _clustered(extractions)
    result: dict[str, Any] = {
        "documents": len(extractions),
        "mentions": len(gold),
        "entities": len(set(gold.values())),
        "gold_types": scores(joined, gold) | {"rules": _by_rule(joined, rules, gold)},
        "same_surface": scores({p: m.text for p, m in _places(extractions)}, gold),
    }
    if ner is not None:
        typed, rules = _clustered([_retyped(e, ner) for e in extractions])
        result["by_model"] = scores(typed, gold) | {"rules": _by_rule(typed, rules, gold)}
        result["model"] = {"id": ner.info.id, "hash": ner.info.hash}
    return result


def scores(found: Partition, gold: Partition) -> dict[str, Any]:
    """Precision, recall, F1 over `all` pairs and over those `within` one document."""
    return {
        "all": _pairwise(found, gold, lambda place: ""),
        "within": _pairwise(found, gold, lambda place: place[0]),
    }


def _pairwise(found: Partition, gold: Partition, part: Callable[[Place], str]) -> dict[str, float]:
    right = _pairs((part(p), found[p], gold[p]) for p in gold)
    proposed = _pairs((part(p), found[p]) for p in gold)
    true = _pairs((part(p), gold[p]) for p in gold)
    precision, recall = right / proposed if proposed else 1.0, right / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"pairs": true, "precision": precision, "recall": recall, "f1": f1}


def _pairs(keys: Iterable[Any]) -> int:
    """How many pairs have the same key."""
    return sum(comb(count, 2) for count in Counter(keys).values())


def _clustered(extractions: Sequence[Extraction]) -> tuple[dict[Place, int], dict[Place, str]]:
    """Each mention's entity and the rule that joined it."""
    joined, rules = {}, {}
    for n, entity in enumerate(gather(extractions).entities):
        for cluster in entity.clusters:
            for group in cluster.groups:
                for mention in group.mentions:
                    joined[cluster.document, mention.start, mention.end] = n
                    rules[cluster.document, mention.start, mention.end] = group.rule
    return joined, rules


def _by_rule(joined: Partition, rules: Mapping[Place, str], gold: Partition) -> dict[str, dict[str, int]]:
    """For each rule but the first, how many mentions it joined, and how many to the entity that most of the others of
    their cluster (those joined by name alone) belong to."""
    heads: dict[Any, Counter[str]] = defaultdict(Counter)
    for place, rule in rules.items():
        if rule == "same name":
            heads[joined[place]][gold[place]] += 1
    counts: dict[str, dict[str, int]] = {}
    for place, rule in sorted(rules.items()):
        if rule != "same name":
            row = counts.setdefault(rule, {"joined": 0, "right": 0})
            row["joined"] += 1
            row["right"] += heads[joined[place]].most_common(1)[0][0] == gold[place]
    return counts


def _places(extractions: Sequence[Extraction]) -> Iterable[tuple[Place, Mention]]:
    return (((e.id, m.start, m.end), m) for e in extractions for m in e.mentions)


def _retyped(held: Extraction, ner: SamNER) -> Extraction:
    """The mentions with the archetype that the model reads in place of type and archetype."""
    found = ner.classify(held.text or "", [m.span for m in held.mentions], ["thing"])
    mentions = [
        replace(m, label=e.archetype, archetype=e.archetype)
        for m, e in zip(held.mentions, found, strict=True)
    ]
    return replace(held, mentions=tuple(mentions))


def print_clustering(result: Mapping[str, Any], console: Any) -> None:
    """The figures as a table, in hundredths."""
    from rich.table import Table

    table = Table("pairwise, %", "P", "R", "F1", "P within", "R within", "F1 within", box=None)
    for key, name in (
        ("gold_types", "clustering, gold types"),
        ("by_model", "clustering, archetypes by the model"),
        ("same_surface", "baseline: equal surfaces"),
    ):
        if key in result:
            figures = [
                result[key][part][f] for part in ("all", "within") for f in ("precision", "recall", "f1")
            ]
            table.add_row(name, *(f"{100 * figure:.1f}" for figure in figures))
    console.print(
        f"{result['mentions']} mentions of {result['entities']} entities in {result['documents']} documents"
    )
    console.print(table)
    for rule, row in result["gold_types"]["rules"].items():
        console.print(f"{rule}: joined {row['joined']}, right {row['right']}")
