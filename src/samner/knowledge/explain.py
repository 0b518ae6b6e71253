"""Why mentions were gathered as they were: the rules with their counts, each join, each refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from samner.knowledge.corpus import Gathered

RULES = {
    "same name": "one normal form (case, quotes, dashes, `the`, 's, legal forms, titles aside); same type or archetype",
    "acronym": "initials of the one name of the document that has them, or letters in order where brackets link both",
    "last name": "the end of the one full name of a person before it that ends so",
    "first name": "the first word of the one full name of a person before it that begins so",
    "initials": "a person's name spelt out before it",
}


def explain(gathered: Gathered) -> Iterator[str]:
    """Lines of text: rules, joins of different surfaces, refusals."""
    counts = Counter(
        g.rule for e in gathered.entities for c in e.clusters for g in c.groups for _ in g.mentions
    )
    yield f"{sum(counts.values())} mentions, {len(gathered.entities)} entities"
    for rule, meaning in RULES.items():
        yield f"{counts[rule]:7}  {rule}: {meaning}"
    yield ""
    for entity in gathered.entities:
        for cluster in entity.clusters:
            for group in cluster.groups:
                if group.into is not None:
                    join = f"{group.surface!r} -> {entity.name!r}, {group.rule} of {group.into.surface!r}"
                    yield f"{cluster.document}: {join}"
    for document, refusal in gathered.refusals:
        names = ", ".join(repr(name) for name in refusal.names)
        where = document or "across documents"
        yield f"{where}: {refusal.surface!r} left apart, {refusal.rule} of several: {names}"
