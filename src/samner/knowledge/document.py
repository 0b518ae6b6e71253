"""Mentions of one document gathered into clusters, each mention in one of them.

| rule | joins |
| --- | --- |
| `same name` | surfaces with one normal form and of one kind: the same type or the same archetype |
| `acronym` | an acronym and the one name of the document with these initials, of one kind |
|           | or, of any kind, the name that brackets link with it and that has its letters in order |
| `last name` | the end of a person's name and the one full name before it that ends so |
| `first name` | the first word of a person's name and the one full name before it that begins so |
| `initials` | a person's name and the one that spells its initials out |

Where several names would do, none is taken: two persons made one are worse than one person in two places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from samner.knowledge.acronyms import in_brackets, looks_like_acronym, short_for, stands_for
from samner.knowledge.names import family_part, given_part, initials_of, name_tokens, without_title
from samner.knowledge.results import Extraction, Mention
from samner.knowledge.surfaces import normal

PERSON = "person"


@dataclass(slots=True, eq=False)
class Group:
    """Mentions of one normal form that share types or archetypes. `into` is the group of the fuller name that it was
    joined to, by `rule`."""

    key: str
    mentions: list[Mention]
    into: Group | None = None
    rule: str = "same name"

    @property
    def first(self) -> int:
        return self.mentions[0].start

    @property
    def surface(self) -> str:
        return self.mentions[0].text

    @property
    def is_person(self) -> bool:
        return all(m.archetype == PERSON for m in self.mentions)

    @property
    def tokens(self) -> tuple[str, ...]:
        return name_tokens(self.key)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A join that was not made, because several names would do."""

    rule: str
    surface: str
    names: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Cluster:
    """One entity as one document speaks of it: the group of the fullest name first, then those joined to it."""

    document: str
    groups: list[Group]

    @property
    def mentions(self) -> list[Mention]:
        return [mention for group in self.groups for mention in group.mentions]


@dataclass(slots=True)
class Clustered:
    """The clusters of a document, by first mention, and the joins that were refused."""

    clusters: list[Cluster]
    refusals: list[Refusal] = field(default_factory=list)


def cluster_document(extraction: Extraction) -> Clustered:
    """Gather the mentions of a document (see the module for the rules). The order of the mentions does not matter."""
    groups = _same_name(sorted(extraction.mentions, key=lambda m: (m.start, m.end, m.label)))
    out = Clustered([])
    for group in groups:
        acronym = next((m.text for m in group.mentions if looks_like_acronym(m.text)), None)
        if acronym is not None:
            _join(group, "acronym", _expansions(acronym, group, groups, extraction.text), out)
    persons = [group for group in groups if group.is_person]
    for rule, fits in _PERSON_RULES:
        for group in persons:
            if group.into is None:
                _join(group, rule, [g for g in persons if _may_name(g, group, fits)], out)
    by_root: dict[int, Cluster] = {}
    for group in sorted(groups, key=lambda g: g.into is not None):  # roots first
        root = _root(group)
        by_root.setdefault(id(root), Cluster(extraction.id, [])).groups.append(group)
    out.clusters = sorted(by_root.values(), key=lambda c: min((g.first, g.key) for g in c.groups))
    return out


def mention_key(mention: Mention) -> str:
    """The normal form of a mention: that of its surface, for a person without titles such as President."""
    if mention.archetype != PERSON:
        return normal(mention.text, mention.archetype)
    return without_title(normal(mention.text.replace(".", ". ")))


def share_a_kind(one: Iterable[Mention], other: Sequence[Mention]) -> bool:
    """Does any mention of the one share its type or its archetype with any of the other?"""
    labels, archetypes = {m.label for m in other}, {m.archetype for m in other}
    return any(m.label in labels or m.archetype in archetypes for m in one)


_PERSON_RULES: tuple[tuple[str, Callable[[Sequence[str], Sequence[str]], bool]], ...] = (
    ("initials", initials_of),
    ("last name", family_part),
    ("first name", given_part),
)


def _same_name(mentions: Sequence[Mention]) -> list[Group]:
    by_key: dict[str, list[Group]] = {}
    for mention in mentions:
        groups = by_key.setdefault(key := mention_key(mention), [])
        alike = [group for group in groups if share_a_kind([mention], group.mentions)]
        if not alike:
            groups.append(Group(key, [mention]))
            continue
        first, *others = alike
        for other in others:  # this mention shows that they are one
            first.mentions += other.mentions
            groups.remove(other)
        first.mentions.append(mention)
        first.mentions.sort(key=lambda m: (m.start, m.end))
    return sorted((g for groups in by_key.values() for g in groups), key=lambda g: (g.first, g.key))


def _expansions(acronym: str, of: Group, groups: Sequence[Group], text: str | None) -> list[Group]:
    """The names that the acronym of a group may stand for; one that brackets link with it counts alone."""
    beside = [g for g in groups if short_for(acronym, g.key) and _bracketed(of, g, text)]
    return beside or [
        g for g in groups if stands_for(acronym, g.key) and share_a_kind(of.mentions, g.mentions)
    ]


def _bracketed(acronym: Group, name: Group, text: str | None) -> bool:
    """Does the one stand in brackets behind the other, in either order?"""
    pairs = [(a, n) for a in acronym.mentions for n in name.mentions]
    return any(
        in_brackets(n.end, a.start, a.end, text) or in_brackets(a.end, n.start, n.end, text) for a, n in pairs
    )


def _may_name(full: Group, short: Group, fits: Callable[[Sequence[str], Sequence[str]], bool]) -> bool:
    return full is not short and full.first < short.first and fits(short.tokens, full.tokens)


def _join(group: Group, rule: str, names: Sequence[Group], out: Clustered) -> None:
    roots = list({id(_root(name)): _root(name) for name in names}.values())
    if len(roots) == 1 and roots[0] is not group:
        group.into, group.rule = roots[0], rule
    elif len(roots) > 1:
        out.refusals.append(Refusal(rule, group.surface, tuple(root.surface for root in roots)))


def _root(group: Group) -> Group:
    while group.into is not None:
        group = group.into
    return group
