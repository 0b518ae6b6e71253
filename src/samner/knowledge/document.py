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

from samner.knowledge.acronyms import in_brackets, initials, letters_of, looks_like_acronym, short_for
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
    tokens: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = name_tokens(self.key)

    @property
    def first(self) -> int:
        return self.mentions[0].start

    @property
    def surface(self) -> str:
        return self.mentions[0].text

    @property
    def is_person(self) -> bool:
        return all(m.archetype == PERSON for m in self.mentions)


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
    expansions = _Expansions(groups, extraction.text)
    for group in groups:
        acronym = next((m.text for m in group.mentions if looks_like_acronym(m.text)), None)
        if acronym is not None:
            _join(group, "acronym", expansions.of(acronym, group), out)
    _join_persons([group for group in groups if group.is_person], out)
    by_root: dict[int, Cluster] = {}
    for group in sorted(groups, key=lambda g: g.into is not None):  # roots first
        root = _root(group)
        by_root.setdefault(id(root), Cluster(extraction.id, [])).groups.append(group)
    out.clusters = sorted(by_root.values(), key=lambda c: min((g.first, g.key) for g in c.groups))
    return out


def _join_persons(persons: Sequence[Group], out: Clustered) -> None:
    """Short names to full ones. Every rule wants the short name's last word in the full one, so only those are tried:
    a book names thousands of people."""
    with_word: dict[str, list[Group]] = {}
    for group in persons:
        for word in dict.fromkeys(group.tokens):
            with_word.setdefault(word, []).append(group)
    for rule, fits in _PERSON_RULES:
        for group in persons:
            if group.into is None and group.tokens:
                near = with_word[group.tokens[-1]]
                _join(group, rule, [full for full in near if _may_name(full, group, fits)], out)


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


class _Expansions:
    """Finds the names that an acronym may stand for, by their initials and by what brackets link."""

    def __init__(self, groups: Sequence[Group], text: str | None) -> None:
        self._text = text
        self._by_initials: dict[str, list[Group]] = {}
        self._by_edge: dict[int, list[tuple[Mention, Group]]] = {}
        for group in groups:
            for letters in initials(group.key):
                self._by_initials.setdefault(letters, []).append(group)
            for mention in group.mentions:
                for edge in {mention.start, mention.end}:
                    self._by_edge.setdefault(edge, []).append((mention, group))

    def of(self, acronym: str, group: Group) -> list[Group]:
        """One that brackets link with the acronym counts alone."""
        beside = [name for m in group.mentions for name in self._beside(m) if short_for(acronym, name.key)]
        names = self._by_initials.get(letters_of(acronym), [])
        return beside or [name for name in names if share_a_kind(group.mentions, name.mentions)]

    def _beside(self, acronym: Mention) -> list[Group]:
        """The groups with a mention that stands behind or before the acronym, one of the two in brackets."""
        before = self._by_edge.get(acronym.start - 2, [])
        behind = self._by_edge.get(acronym.end + 2, [])
        return [
            *(g for m, g in before if in_brackets(m.end, acronym.start, acronym.end, self._text)),
            *(g for m, g in behind if in_brackets(acronym.end, m.start, m.end, self._text)),
        ]


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
