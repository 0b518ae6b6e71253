"""Training batches: which passages come together, which types are asked of them, and what is known of each pair."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from samner.engines.embedded.words import WordPieces
from samner.train.arrays import pad, text_arrays
from samner.train.examples import Example
from samner.train.ontology import BROADER, EQUAL, NEGATIVE, UNKNOWN, TypeBook
from samner.train.recipe import BatchConfig
from samner.train.variants import Passage, Surfaces, crop, lowered, type_text

Array = NDArray[Any]
Held: TypeAlias = Any  # an array, or a tensor


@dataclass(frozen=True)
class Batch:
    """Arrays of one step. B texts, P pieces, W words, M marked spans, K types.

    relation [M, K] holds what is known of a marked span and a type; known [B, K] tells for which types an unmarked
    span is a negative; kept [B, K] is the sub-schema that each text is asked for.
    Arrays as made; tensors once `losses.on` has put them on a device.
    """

    ids: Held
    shapes: Held
    mask: Held
    first: Held
    last: Held
    words: Held
    exhaustive: Held
    mention: Held  # [M, 3]: text, first word, last word (inclusive)
    relation: Held
    known: Held
    kept: Held
    broader: Held  # [K, K]: column is broader than row
    types: list[int]
    type_ids: Held
    type_mask: Held
    mention_archetypes: Held  # [M, A]
    type_archetypes: Held  # [K, A]


class Source:
    """Passages of one kind, drawn by group (a domain, a user schema) so that neighbours share types."""

    def __init__(self, name: str, passages: Sequence[Passage], groups: Sequence[str], grouped: bool) -> None:
        self.name, self.passages, self.grouped = name, list(passages), grouped
        members: dict[str, list[int]] = defaultdict(list)
        for n, group in enumerate(groups):
            members[group].append(n)
        self.groups = list(members.values())
        self.surfaces = Surfaces(self.passages)

    def draw(self, rng: random.Random) -> Iterator[Passage]:
        """Endless passages: whole groups one after another, or single passages."""
        while True:
            if not self.grouped or rng.random() < 0.35:
                yield from (self.passages[rng.randrange(len(self.passages))] for _ in range(8))
                continue
            # the weight of a group is its size, as if passages were drawn
            group = self.groups[self._pick(rng)]
            yield from (self.passages[n] for n in rng.sample(group, min(10, len(group))))

    def _pick(self, rng: random.Random) -> int:
        if not hasattr(self, "_sizes"):
            self._sizes = np.cumsum([len(g) for g in self.groups]).tolist()
        n: int = int(np.searchsorted(self._sizes, rng.random() * self._sizes[-1], side="right"))
        return min(n, len(self.groups) - 1)


def to_passage(example: Example, book: TypeBook) -> Passage:
    words = [example.text[w.start : w.end] for w in example.words]
    mentions = [(f, e, book.index[k] if k else -1) for f, e, k in example.mentions]
    closed = None if example.closed is None else tuple(book.index[k] for k in example.closed)
    return Passage(words, mentions, closed, example.exhaustive)


class BatchMaker:
    """Makes batches from weighted sources; the same seed gives the same batches."""

    def __init__(
        self,
        sources: Sequence[tuple[Source, float]],
        book: TypeBook,
        pieces: WordPieces,
        archetypes: Sequence[str],
        config: BatchConfig,
        seed: int,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.sources, self.book, self.pieces, self.config = list(sources), book, pieces, config
        self.seed, self.rng = seed, random.Random(seed)
        self.archetypes = [self._archetypes(e.archetypes, archetypes) for e in book.list]
        self.siblings = self._siblings(hidden)
        used = Counter(t for s, _ in sources for p in s.passages for _, _, t in p.mentions if t >= 0)
        open_types = [t for t, _ in used.most_common() if not book.list[t].scope]
        self.general = open_types[:80]
        self.open_types = open_types

    @staticmethod
    def _archetypes(found: Sequence[str], names: Sequence[str]) -> NDArray[np.float32]:
        counts = Counter(found)
        row = np.array([counts[name] for name in names], np.float32)
        return row / max(1.0, float(row.sum()))

    def _siblings(self, hidden: frozenset[str]) -> dict[int, list[int]]:
        """Types that share the nearest broader type, for each open type that may be asked for."""
        under: dict[str, list[int]] = defaultdict(list)
        for n, entry in enumerate(self.book.list):
            if not entry.scope and entry.broader and entry.key not in hidden:
                under[entry.broader[0]].append(n)
        return {n: members for members in under.values() for n in members}

    def batch(self) -> Batch:
        """Draw a source, fill the piece budget, choose the types, and say what is known."""
        rng, config = self.rng, self.config
        source = rng.choices([s for s, _ in self.sources], [w for _, w in self.sources])[0]
        lower = rng.random() < config.lowercase
        passages: list[Passage] = []
        total = 0
        for passage in source.draw(rng):
            passage = crop(passage, config.longest, config.keep_whole, rng)
            if rng.random() < config.swap:
                passage = source.surfaces.swap(passage, 0.5, rng)
            if lower:
                passage = lowered(passage)
            size = sum(len(self.pieces.word(word)) for word in passage.words) + 2
            if size > 250:
                continue
            total += size
            if total > config.pieces:
                break
            passages.append(passage)
        if not passages:
            return self.batch()
        types = self._types(passages)
        return self._arrays(passages, types, schema=source.grouped and passages[0].closed is not None)

    def _types(self, passages: Sequence[Passage]) -> list[int]:
        """The types asked in this batch: marked ones, general ones, siblings and a few at random."""
        rng, limit = self.rng, self.config.asked
        marked = sorted({t for p in passages for _, _, t in p.mentions if t >= 0})
        if passages[0].closed is not None:
            asked = sorted({t for p in passages for t in p.closed or ()})
            if len(asked) <= limit:
                return asked
            rng.shuffle(marked)
            rest = sorted(set(asked) - set(marked))
            rng.shuffle(rest)
            return sorted((marked[: limit - 8] + rest)[:limit])
        rng.shuffle(marked)
        chosen = dict.fromkeys(marked[: int(limit * 0.62)])
        near = [s for t in list(chosen) for s in self.siblings.get(t, ())]
        chosen.update(dict.fromkeys(rng.sample(near, min(9, len(near)))))
        chosen.update(dict.fromkeys(rng.sample(self.general, min(8, len(self.general)))))
        limit = min(limit, len({*chosen, *self.open_types}))
        while len(chosen) < limit:
            chosen[self.open_types[rng.randrange(len(self.open_types))]] = None
        return sorted(list(chosen)[:limit])

    def _arrays(self, passages: list[Passage], types: list[int], schema: bool) -> Batch:
        texts = text_arrays([p.words for p in passages], self.pieces, [self._hidden(p) for p in passages])
        closed = [None if p.closed is None else set(p.closed) for p in passages]
        known = np.array([[c is None or t in c for t in types] for c in closed], bool)
        mention, relation, archetypes = self._marked(passages, types, known)
        type_rows = [self._type_pieces(t) for t in types]
        type_ids, type_mask = pad(type_rows, self.pieces.pad)
        between = self.book.relation[np.ix_(types, types)]
        return Batch(
            *texts,
            exhaustive=np.array([p.exhaustive for p in passages]),
            mention=mention,
            relation=relation,
            known=known,
            kept=self._kept(len(passages), len(types), schema),
            broader=between == BROADER,
            types=types,
            type_ids=type_ids,
            type_mask=type_mask,
            mention_archetypes=archetypes,
            type_archetypes=np.stack([self.archetypes[t] for t in types]),
        )

    def _kept(self, texts: int, types: int, schema: bool) -> Array:
        """A random sub-schema for each text: this teaches `none of these` and which type wins beside which."""
        rate = np.ones((texts, 1))
        some = np.array(
            [self.rng.random() < (self.config.subschema if not schema else 0.3) for _ in range(texts)]
        )
        rate[some, 0] = [self.rng.uniform(0.1, 0.9) for _ in range(int(some.sum()))]
        draw = np.array([self.rng.random() for _ in range(texts * types)]).reshape(texts, types)
        return draw < rate

    def _type_pieces(self, t: int) -> list[int]:
        text = type_text(self.book.list[t], self.rng, self.config.name_only)
        ids = self.pieces.sentence(text)[: self.config.type_pieces - 2]
        return [self.pieces.cls, *ids, self.pieces.sep]

    def _hidden(self, passage: Passage) -> set[int]:
        """The words of the mentions that are masked, so that the context must tell."""
        return {
            n
            for first, end, _ in passage.mentions
            if self.rng.random() < self.config.mask
            for n in range(first, end)
        }

    def _marked(self, passages: list[Passage], types: list[int], known: Array) -> tuple[Array, Array, Array]:
        """Marked spans (several labels of one span together), their relation to the types, their archetypes."""
        spans: dict[tuple[int, int, int], list[int]] = {}
        for b, passage in enumerate(passages):
            for first, end, t in passage.mentions:
                spans.setdefault((b, first, end - 1), []).append(t)
        relation = np.full((len(spans), len(types)), UNKNOWN, np.int8)
        archetypes = np.zeros((len(spans), len(self.archetypes[0])), np.float32)
        for n, ((b, _, _), marks) in enumerate(spans.items()):
            marks = [t for t in marks if t >= 0]
            if not marks:
                continue
            each = self.book.relation[np.ix_(marks, types)]
            archetypes[n] = np.mean([self.archetypes[t] for t in marks], axis=0)
            closed = passages[b].closed is not None
            if closed:  # marked with the most specific type that fits: a narrower one is known to be wrong
                each = np.where((each == EQUAL) | (each == BROADER), each, NEGATIVE)
            best = np.full(len(types), NEGATIVE, np.int8)
            for verdict in (UNKNOWN, BROADER, EQUAL):
                best[(each == verdict).any(axis=0)] = verdict
            relation[n] = np.where(known[b], best, UNKNOWN)
        mention = np.array(list(spans), np.int64).reshape(-1, 3)
        return mention, relation, archetypes
