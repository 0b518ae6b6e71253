"""Clusters of single documents gathered into the entities of a corpus.

Clusters of different documents are one entity when a name of the one is a name of the other (`same name`) and their
types or archetypes agree. A last name, a first name or initials are no such names: they speak of somebody only in
their own document. Two kinds of names are not trusted across documents either (`--explain` lists them): an acronym
that stands for several things in the corpus, and a person's single word that several full names of it contain.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log

from samner.knowledge.document import Cluster, Group, Refusal, cluster_document
from samner.knowledge.results import Extraction, Mention
from samner.knowledge.surfaces import shown

NAMES = ("same name", "acronym")  # rules whose surfaces are names of the entity wherever they stand


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """What mentions speak of. `name` is its fullest name, `votes` the summed score of each type, the best first."""

    id: str
    name: str
    surfaces: tuple[str, ...]
    archetype: str
    votes: tuple[tuple[str, float], ...]
    clusters: tuple[Cluster, ...]

    @property
    def label(self) -> str:
        return self.votes[0][0]

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the documents that mention it, each once."""
        return tuple(dict.fromkeys(cluster.document for cluster in self.clusters))

    @property
    def mention_count(self) -> int:
        return sum(len(cluster.mentions) for cluster in self.clusters)

    def rarity(self, documents: int) -> float:
        """ln(1 + documents / documents that mention it), for a corpus of so many."""
        return log(1 + documents / len(self.documents))


@dataclass(slots=True)
class Gathered:
    """The entities of a corpus, by first mention, and the joins that were refused."""

    entities: list[Entity]
    refusals: list[tuple[str, Refusal]] = field(default_factory=list)  # with the document, "" for the corpus


def gather(extractions: Iterable[Extraction]) -> Gathered:
    """The entities of these documents; the order of the documents decides the order of the entities alone."""
    clusters: list[Cluster] = []
    refusals: list[tuple[str, Refusal]] = []
    for extraction in extractions:
        done = cluster_document(extraction)
        clusters += done.clusters
        refusals += [(extraction.id, refusal) for refusal in done.refusals]
    doubtful = {**_acronyms_of_several(clusters), **_words_of_several(clusters)}
    refusals += [("", doubtful[key]) for key in sorted(doubtful)]
    joined = _joined(clusters, set(doubtful))
    return Gathered(_named(joined), refusals)


def _names_of(cluster: Cluster) -> list[Group]:
    return [group for group in cluster.groups if group.rule in NAMES]


def _acronyms_of_several(clusters: Sequence[Cluster]) -> dict[str, Refusal]:
    stands_for: dict[str, dict[str, str]] = defaultdict(dict)
    surface = {}
    for cluster in clusters:
        for group in cluster.groups:
            if group.rule == "acronym" and group.into is not None:
                stands_for[group.key][cluster.groups[0].key] = cluster.groups[0].surface
                surface[group.key] = group.surface
    return {
        key: Refusal("acronym", surface[key], tuple(names.values()))
        for key, names in stands_for.items()
        if len(names) > 1
    }


def _words_of_several(clusters: Sequence[Cluster]) -> dict[str, Refusal]:
    """Persons' single words, by key, that are part of two full names or more."""
    full: dict[str, dict[str, str]] = defaultdict(dict)
    alone: dict[str, str] = {}
    for cluster in clusters:
        for group in _names_of(cluster):
            if group.is_person and len(group.tokens) > 1:
                for word in {group.tokens[0], group.tokens[-1]}:
                    full[word][group.key] = group.surface
            elif group.is_person:
                alone[group.key] = group.surface
    return {
        key: Refusal("same name", surface, tuple(full[key].values()))
        for key, surface in alone.items()
        if len(full.get(key, {})) > 1
    }


def _joined(clusters: Sequence[Cluster], doubtful: set[str]) -> list[list[Cluster]]:
    """Clusters that share a trusted name and a kind, transitively: a union-find over clusters."""
    parent = list(range(len(clusters)))
    kinds = [(_best(c, "label"), _best(c, "archetype")) for c in clusters]

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    # A name together with a type, or with an archetype, belongs to the cluster that had it first.
    owner: dict[tuple[str, str, str], int] = {}
    for n, cluster in enumerate(clusters):
        label, archetype = kinds[n]
        for key in sorted({group.key for group in _names_of(cluster)} - doubtful):
            for mark in ((key, "label", label), (key, "archetype", archetype)):
                one, other = sorted((root(owner.setdefault(mark, n)), root(n)))
                parent[other] = one
    together: dict[int, list[Cluster]] = defaultdict(list)
    for n, cluster in enumerate(clusters):
        together[root(n)].append(cluster)
    return [together[n] for n in sorted(together)]


def _best(cluster: Cluster, what: str) -> str:
    return vote(cluster.mentions, what)[0][0]


def vote(mentions: Iterable[Mention], what: str) -> tuple[tuple[str, float], ...]:
    """The summed scores of the mentions' `label` or `archetype`, the best first, equal ones by name."""
    total: dict[str, float] = defaultdict(float)
    for mention in mentions:
        total[getattr(mention, what)] += mention.score
    ranked = sorted(total.items(), key=lambda item: (-round(item[1], 9), item[0]))
    return tuple((name, round(score, 6)) for name, score in ranked)


def _named(joined: Sequence[list[Cluster]]) -> list[Entity]:
    taken: Counter[str] = Counter()
    entities = []
    for clusters in joined:
        mentions = [m for cluster in clusters for m in cluster.mentions]
        archetype = vote(mentions, "archetype")[0][0]
        name = _name(clusters)
        slug = f"{_slug(archetype)}/{_slug(name)}"
        taken[slug] += 1
        id = slug if taken[slug] == 1 else f"{slug}~{taken[slug]}"
        surfaces = Counter(shown(m.text) for m in mentions)
        ranked = tuple(
            s for s, _ in sorted(surfaces.items(), key=lambda item: (-item[1], item[0])) if s != name
        )
        entities.append(Entity(id, name, ranked, archetype, vote(mentions, "label"), tuple(clusters)))
    return entities


def _name(clusters: Sequence[Cluster]) -> str:
    """The commonest writing of a full name: of the groups that nothing was joined to, not of their short forms."""
    counts = Counter(shown(m.text) for cluster in clusters for m in cluster.groups[0].mentions)
    return min(counts, key=lambda s: (-counts[s], s.isupper(), -len(s), s))


def _slug(text: str) -> str:
    """Letters and digits of any script, everything else a dash."""
    kept = "".join(c if c.isalnum() else "-" for c in text)
    return "-".join(part for part in kept.split("-") if part) or "-".join(f"u{ord(c):04x}" for c in text[:8])
