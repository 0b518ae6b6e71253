"""Which mentions are gathered into one entity, and which are left apart."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from extractions import ENGINES, LETTERS, marked
from samner.knowledge.acronyms import looks_like_acronym, stands_for
from samner.knowledge.corpus import gather
from samner.knowledge.document import cluster_document
from samner.knowledge.explain import explain
from samner.knowledge.results import Extraction, Mention
from samner.knowledge.surfaces import normal


def together(text: str) -> list[list[str]]:
    """The surfaces of each cluster of more than one mention, by position."""
    clusters = cluster_document(marked("d", text)).clusters
    held = [sorted(cluster.mentions, key=lambda m: m.start) for cluster in clusters]
    return [[m.text for m in mentions] for mentions in held if len(mentions) > 1]


@pytest.mark.parametrize(
    ("one", "other", "archetype"),
    [
        ("The Beatles", "Beatles'", "organization"),
        ("O’Brien", "O'BRIEN", "person"),
        ("President Jimmy Carter", "Jimmy Carter", "person"),
        ("W.B. Yeats", "W. B. Yeats", "person"),
        ("Siemens AG", "Siemens", "organization"),
        ("U.S.", "US", "location"),
        ("Jean–Luc\nPonty", "Jean-Luc Ponty", "person"),
        ("“Kid A”", "Kid A", "creative_work"),
    ],
)
def test_writings_of_one_name(one: str, other: str, archetype: str) -> None:
    assert together(f"[{one}|{archetype}] or [{other}|{archetype}]") == [[one, other]]


@pytest.mark.parametrize(
    "text",
    [
        "[Washington|person] came to [Washington|location].",
        "[Mr Bennet|person] and [Mrs Bennet|person].",
        "[Siemens|organization] and [Siemens Healthineers|organization].",
        "[Lovelace|person] was the name of [Ada Lovelace|person].",  # before the full name it may be another
        "[Carl Sagan|person], [Linda Salzman Sagan|person] and [Sagan|person].",
        "[Martin Luther King Jr.|person] and [Martin Luther King Sr.|person].",
        "[Bank of England|organization], [Bureau of Elections|organization], the [BOE|organization].",
        "[Berlin|location] and [Irving Berlin|person].",
        "[Elizabeth Bennet|person] and [Mr Bennet|person].",
        "[US|location] and [Ultra Sound|medicine].",
    ],
)
def test_what_stays_apart(text: str) -> None:
    assert together(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[Ada Lovelace|person], and [Lovelace|person]", ["Ada Lovelace", "Lovelace"]),
        ("[Vincent van Gogh|person], then [van Gogh|person]", ["Vincent van Gogh", "van Gogh"]),
        ("[Lise Meitner|person], to friends [Lise|person]", ["Lise Meitner", "Lise"]),
        ("[William Butler Yeats|person] ([W. B. Yeats|person])", ["William Butler Yeats", "W. B. Yeats"]),
        ("[Mr Darcy|person] ... [Darcy|person]", ["Mr Darcy", "Darcy"]),
        ("[Martin Luther King Jr.|person], [King|person]", ["Martin Luther King Jr.", "King"]),
        ("[European Space Agency|organization], [ESA|organization]", ["European Space Agency", "ESA"]),
        ("[ESA|organization] is the [European Space Agency|organization]", ["ESA", "European Space Agency"]),
        (
            "[Bank of England|organization], the [BoE|organization] or [BOE|organization]",
            ["Bank of England", "BoE", "BOE"],
        ),
        ("[John F. Kennedy|person], [JFK|person]", ["John F. Kennedy", "JFK"]),
        ("the [Royal Mint|artifact] ([RM|organization])", ["Royal Mint", "RM"]),
    ],
)
def test_short_names_of_a_full_one(text: str, found: list[str]) -> None:
    assert together(text) == [found]


def test_kinds_are_joined_by_type_or_by_archetype() -> None:
    text = "[Voyager 1|spacecraft|vehicle], [Voyager 1|spacecraft|artifact], [Voyager 1|probe|artifact]."
    assert together(text) == [["Voyager 1"] * 3]


def test_an_acronym_in_brackets_counts_before_one_far_away() -> None:
    text = "[Bureau of Elections|organization], [Bank of England|organization] ([BOE|organization])"
    assert together(text) == [["Bank of England", "BOE"]]


def test_the_corpus_joins_names_and_no_parts_of_names() -> None:
    entities = gather([LETTERS, ENGINES]).entities
    by_name = {(e.name, e.documents): e for e in entities}
    assert by_name["Charles Babbage", ("letters", "engines")].mention_count == 3
    assert by_name["Royal Astronomical Society", ("letters", "engines")].surfaces == ("RAS",)
    assert by_name["London", ("letters", "engines")].surfaces == ("LONDON",)
    assert by_name["Ada Lovelace", ("letters",)].mention_count == 2
    assert by_name["Lovelace", ("engines",)].mention_count == 1


def test_names_of_several_are_not_trusted_across_documents() -> None:
    found = gather(
        [
            marked("a", "[American Airlines|organization] ([AA|organization])"),
            marked("b", "[Alcoholics Anonymous|organization] ([AA|organization])"),
            marked("c", "[AA|organization]. [John Smith|person]"),
            marked("d", "[Smith|person]. [Eve Smith|person]"),
            marked("e", "[Smith|person], [AA|organization]"),
        ]
    )
    assert [e.mention_count for e in found.entities] == [2, 2, 1, 1, 1, 1, 1, 1]
    assert [e.id for e in found.entities if e.name == "Smith"] == ["person/Smith", "person/Smith~2"]
    lines = list(explain(found))
    assert lines[0] == "10 mentions, 8 entities"
    assert "a: 'AA' -> 'American Airlines', acronym of 'American Airlines'" in lines
    assert "across documents: 'Smith' left apart, same name of several: 'John Smith', 'Eve Smith'" in lines


def test_the_type_is_voted_by_score() -> None:
    mentions = (
        Mention(0, 2, "X1", "probe", 0.9, "vehicle"),
        Mention(3, 5, "X1", "ship", 0.5, "vehicle"),
        Mention(6, 8, "X1", "ship", 0.6, "vehicle"),
    )
    (entity,) = gather([Extraction("d", "d", None, mentions)]).entities
    assert entity.votes == (("ship", 1.1), ("probe", 0.9))
    assert entity.label == "ship"


WORDS = st.sampled_from(
    ["Ada", "Lovelace", "Ada Lovelace", "A. Lovelace", "RAS", "Royal A Society", "Royal", ""]
)
KINDS = st.sampled_from(["person", "organization", "location"])


@given(st.lists(st.tuples(WORDS, KINDS), max_size=12), st.randoms())
def test_every_mention_is_in_one_entity_whatever_the_order(rows: list[tuple[str, str]], random) -> None:  # type: ignore[no-untyped-def]
    mentions, at = [], 0
    for surface, kind in rows:
        if surface:
            mentions.append(Mention(at, at + len(surface), surface, kind, 0.5, kind))
            at += len(surface) + 1
    shuffled = list(mentions)
    random.shuffle(shuffled)

    def partition(held: list[Mention]) -> list[list[Mention]]:
        entities = gather([Extraction("d", "d", None, tuple(held))]).entities
        return [sorted((m for c in e.clusters for m in c.mentions), key=lambda m: m.start) for e in entities]

    found = partition(mentions)
    assert sorted((m for held in found for m in held), key=lambda m: m.start) == mentions
    assert partition(shuffled) == found


@given(st.text(min_size=1))
def test_the_normal_form_is_never_empty_and_its_own_normal_form_in_case(surface: str) -> None:
    assert normal(surface)
    assert normal(surface) == normal(surface).casefold()


def test_acronyms() -> None:
    assert [
        s for s in ("NASA", "U.N.", "R2D2", "PCs", "Nasa", "A", "1999", "ABCDEFGHI") if looks_like_acronym(s)
    ] == [
        "NASA",
        "U.N.",
        "R2D2",
        "PCs",
    ]
    assert stands_for("BBC", "British Broadcasting Corporation")
    assert stands_for("DOE", "Department of Energy")
    assert stands_for("DE", "Department of Energy")
    assert not stands_for("BBC", "Broadcasting")
    assert not stands_for("BC", "British Broadcasting Corporation")
