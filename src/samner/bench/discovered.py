"""How many types of a benchmark `samner discover` finds by itself. The criterion was set before the first look:

Discovery reads the raw sentences of a CrossNER domain, all three parts, with default settings and no labels. Its
proposals are judged on the mentions of the train and dev parts; the labels of the test part are not read. A proposed
type *stands for* the gold type, catch-all included, that most of its mentions carry, of those whose span is a gold
mention's. A gold type is

- *found* when the proposals that stand for it hold at least half of its gold mentions, and at least half of the gold
  mentions that they hold are its own;
- *named* when some proposal bears its name, or a name that the vocabulary lists as another one of it;
- *found and named* when it is found and a proposal that stands for it bears such a name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from samner.bench.crossner_data import tasks
from samner.bench.datasets import DOMAINS, GoldDocument, read_crossner
from samner.discover.naming import Proposal
from samner.discover.run import Discoverer
from samner.discover.vocabulary import load_terms
from samner.types import Document

Place: TypeAlias = tuple[int, int, int]  # document, start, end
PARTS = ("train", "dev")  # whose labels judge


def run(discoverer: Discoverer, data: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Counts for each domain and in all, with the types and what stands for them."""
    labelled = [tasks(data, part) for part in PARTS]
    domains = {}
    for n, domain in enumerate(DOMAINS):
        say(f"discovering types in {domain}")
        gold = [document for part in labelled for document in part[n].documents]
        raw = [d.text for d in gold] + [d.text for d in read_crossner(data, domain, "test")]
        found = discoverer.discover((Document(text) for text in raw), keep_places=True)
        types = labelled[0][n].schema.names
        domains[domain] = judge(found.proposals, gold, types) | {
            "sentences": len(raw),
            "mentions": found.mentions,
        }
    keys = ("types", "proposals", "found", "named", "found_and_named")
    total = {key: sum(domain[key] for domain in domains.values()) for key in keys}
    model = {"id": discoverer.info.id, "hash": discoverer.info.hash}
    return {"protocol": __doc__, "model": model, "total": total, "domains": domains}


def judge(
    proposals: Sequence[Proposal], gold: Sequence[GoldDocument], types: Sequence[str]
) -> dict[str, Any]:
    """The criterion of this module on one corpus, whose documents come first among those that were read."""
    labels = {(n, e.start, e.end): e.label for n, document in enumerate(gold) for e in document.entities}
    total = Counter(labels.values())
    stands: dict[str, list[tuple[str, Counter[str]]]] = defaultdict(list)
    for proposal in proposals:
        held = _held(proposal, labels)
        if held:
            stands[min(held, key=lambda label: (-held[label], label))].append((proposal.term.name, held))
    names = [proposal.term.name for proposal in proposals]
    rows = {name: _row(name, stands[name], total[name], names) for name in types}
    return {
        "types": len(types),
        "proposals": len(proposals),
        "found": sum(row["found"] for row in rows.values()),
        "named": sum(row["named"] for row in rows.values()),
        "found_and_named": sum(row["found"] and row["stood_for_by_name"] for row in rows.values()),
        "by_type": rows,
        "all_proposals": names,
    }


def _held(proposal: Proposal, labels: Mapping[Place, str]) -> Counter[str]:
    places = (place for name in proposal.names for place in name.places)
    return Counter(labels[place] for place in places if place in labels)


def _row(
    name: str, stands: Sequence[tuple[str, Counter[str]]], total: int, proposed: Sequence[str]
) -> dict[str, Any]:
    own, held = sum(c[name] for _, c in stands), sum(c.total() for _, c in stands)
    return {
        "mentions": total,
        "recall": own / total if total else 0.0,
        "precision": own / held if held else 0.0,
        "found": bool(own) and 2 * own >= total and 2 * own >= held,
        "named": any(same_name(name, other) for other in proposed),
        "stood_for_by_name": any(same_name(name, other) for other, _ in stands),
        "proposals": [other for other, _ in stands],
    }


def same_name(one: str, other: str) -> bool:
    """Are the two equal, or does the vocabulary list one as another name of the other?"""
    one, other = one.lower(), other.lower()
    others = {term.name: term.others for term in load_terms() if term.name in (one, other)}
    return one == other or other in others.get(one, ()) or one in others.get(other, ())


def print_discovered(result: Mapping[str, Any], console: Any) -> None:
    """Counts by domain."""
    from rich.table import Table

    table = Table(
        "CrossNER", "types", "found", "named", "found and named", "proposals", "sentences", box=None
    )
    for domain, row in (*result["domains"].items(), ("all", result["total"])):
        keys = ("types", "found", "named", "found_and_named", "proposals", "sentences")
        table.add_row(domain, *(str(row.get(key, "")) for key in keys))
    console.print(table)
