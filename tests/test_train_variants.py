"""Changes to a passage keep its marks true; a type is written as users write it."""

from __future__ import annotations

import random

from hypothesis import given, strategies as st

from samner.train.ontology import TypeEntry
from samner.train.variants import Passage, Surfaces, crop, lowered, plural, styled, type_text


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    """Words that are all different but for full stops, with flat mentions; mention n is of type n."""
    words = [f"w{n}" if draw(st.integers(0, 5)) else "." for n in range(draw(st.integers(1, 60)))]
    mentions, at = [], 0
    while at < len(words) and len(mentions) < 8:
        first = at + draw(st.integers(0, 6))
        last = first + draw(st.integers(1, 3))
        if last <= len(words):
            mentions.append((first, last, len(mentions)))
        at = last
    return Passage(words, mentions, None, True)


@given(passages(), st.integers(1, 30), st.integers(0, 99))
def test_a_crop_is_a_run_of_words_with_its_own_marks(passage: Passage, longest: int, seed: int) -> None:
    made = crop(passage, longest, 0.3, random.Random(seed))
    assert 0 < len(made.words) <= len(passage.words)
    runs = [
        at
        for at in range(len(passage.words) - len(made.words) + 1)
        if passage.words[at : at + len(made.words)] == made.words
    ]
    of_type = {t: passage.words[f:e] for f, e, t in passage.mentions}
    assert all(made.words[f:e] == of_type[t] for f, e, t in made.mentions)
    # every mention that lies in the run is kept, so that no true mention is taught as none
    kept = {t for _, _, t in made.mentions}
    assert any(
        kept == {t for f, e, t in passage.mentions if at <= f and e <= at + len(made.words)} for at in runs
    )


@given(passages(), st.integers(1, 30), st.integers(0, 99))
def test_a_crop_between_sentences_cuts_no_mention(passage: Passage, longest: int, seed: int) -> None:
    made = crop(passage, longest, 0, random.Random(seed))
    if len(made.words) < 2 * longest:  # only a sentence of twice the length is cut inside
        words = {word for word in made.words if word != "."}
        for first, last, type_ in passage.mentions:
            inside = [w in words for w in passage.words[first:last] if w != "."]
            assert all(inside) or not any(inside), type_


def test_a_short_passage_may_stay_whole() -> None:
    passage = Passage(["a", "b", "c", "d", "e", ".", "f", "g", "h", "i", "j", "."], [], None, True)
    assert crop(passage, 20, 1.0, random.Random(1)) == passage
    sizes = {len(crop(passage, 20, 0.0, random.Random(n)).words) for n in range(20)}
    assert sizes == {6, 12}


def test_swapped_mentions_keep_their_types() -> None:
    passages = [
        Passage(["Ada", "met", "Bob"], [(0, 1, 5), (2, 3, 5)], None, True),
        Passage(["in", "New", "York", "City", ",", "Zoë"], [(1, 4, 7), (5, 6, 5)], None, True),
        Passage(["unknown", "thing"], [(0, 2, -1)], None, True),
    ]
    surfaces = Surfaces(passages)
    of_type = {5: {("Ada",), ("Bob",), ("Zoë",)}, 7: {("New", "York", "City")}, -1: {("unknown", "thing")}}
    seen = set()
    for seed in range(30):
        for passage in passages:
            made = surfaces.swap(passage, 0.5, random.Random(seed))
            assert [t for _, _, t in made.mentions] == [t for _, _, t in passage.mentions]
            between = {"met", "in", ","} & set(passage.words)
            assert between <= set(made.words)
            for first, last, type_ in made.mentions:
                assert tuple(made.words[first:last]) in of_type[type_]
                seen.add(tuple(made.words[first:last]))
            if passage.mentions[0][2] == -1:
                assert made.words == passage.words
    assert ("Zoë",) in seen
    assert any(surfaces.swap(passages[0], 1.0, random.Random(n)).words[0] == "Zoë" for n in range(9))


def test_a_longer_swap_moves_the_marks_behind_it() -> None:
    of_two = Passage(["New", "York", ",", "Ada"], [(0, 2, 1), (3, 4, 2)], None, True)
    surfaces = Surfaces([Passage(["San", "Juan", "de", "Puerto"], [(0, 4, 1)], None, True)])
    made = surfaces.swap(of_two, 1.0, random.Random(1))
    assert made.words == ["San", "Juan", "de", "Puerto", ",", "Ada"]
    assert made.mentions == [(0, 4, 1), (5, 6, 2)]


def test_nested_mentions_are_not_swapped() -> None:
    nested = Passage(["Bank", "of", "Ada"], [(0, 3, 1), (2, 3, 2)], None, True)
    assert Surfaces([nested]).swap(nested, 1.0, random.Random(1)) == nested


def test_lowered_words_keep_the_marks() -> None:
    passage = Passage(["Ada", "Ltd"], [(0, 2, 1)], (1,), False)
    assert lowered(passage) == Passage(["ada", "ltd"], [(0, 2, 1)], (1,), False)


def test_names_as_programs_write_them() -> None:
    made = {styled("musical work", random.Random(n)) for n in range(40)}
    assert made == {"musical_work", "musicalwork", "musical-work", "musical works"}


def test_plurals() -> None:
    wanted = {"city": "cities", "day": "days", "class": "classes", "church": "churches", "box": "boxes"}
    assert {name: plural(name) for name in wanted} == wanted


def test_a_type_is_written_in_many_ways_and_means_the_same() -> None:
    entry = TypeEntry("/song", "song", ["A tune.", "A piece."], ["track"], [], ["creative_work"])
    texts = [type_text(entry, random.Random(n), 0.4) for n in range(400)]
    names = {text.split(":")[0] for text in texts}
    assert names == {"song", "track", "songs"}
    assert {text.split(": ")[1] for text in texts if ":" in text} == {"A tune.", "A piece."}
    alone = sum(":" not in text for text in texts) / len(texts)
    assert 0.3 < alone < 0.5
    assert ":" not in type_text(TypeEntry("/song", "song"), random.Random(1), 0.0)
