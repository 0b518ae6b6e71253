"""Development tasks: what is right, what is wrong, and what nobody can judge."""

from __future__ import annotations

from samner.train.development import OPEN_TYPES, Task, development_tasks
from samner.train.examples import Example, make_example
from samner.train.ontology import TypeBook
from samner.train.split import Split
from samner.types import Span
from tiny import book_of, open_type

# Twelve types fill the schema of an open domain; `poet`, `movie` and `river` are too rare to be asked for.
COMMON = ["person", "writer", "film", "city", *(f"kind{n}" for n in range(8))]
BOOK = book_of(
    open_type("writer", broader="person"),
    open_type("poet", broader="writer, person"),
    open_type("film", others="movie"),
    open_type("movie", others="film"),
    *(open_type(name) for name in (*COMMON, "river") if name not in ("writer", "film")),
    ("schemas-shop:s", "person", "person", "", "", "A person."),
    ("schemas-shop:s", "buyer", "person", "person", "", "Who pays."),
    ("schemas-slots:t", "price", "misc", "", "", "How much."),
)


def passage(
    *keys: str, source: str = "c", domain: str = "x", closed: tuple[str, ...] | None = None
) -> Example:
    """Words w0 w1 ..., word n marked with key n."""
    text = " ".join(f"w{n}" for n in range(len(keys)))
    at, spans = 0, []
    for n, key in enumerate(keys):
        size = len(f"w{n}")
        spans.append((Span(at, at + size), key))
        at += size + 1
    return make_example(text, spans, source, domain, closed, closed is None)


def tasks(*examples: Example, unseen: frozenset[str] = frozenset(), book: TypeBook = BOOK) -> list[Task]:
    return development_tasks(Split([], list(examples), unseen), book)


def said(task: Task, n: int = 0) -> dict[str, str | None]:
    """The right label of each word; None where it is doubtful; words that are neither are left out."""
    text = task.texts[n]
    assert not task.gold[n].keys() & task.doubtful[n]
    found = {text[slice(*span)]: label for span, label in task.gold[n].items()}
    return found | {text[slice(*span)]: None for span in task.doubtful[n]}


def test_an_open_domain_is_asked_for_its_commonest_types() -> None:
    often = passage(*(f"/{name}" for name in COMMON))
    (task,) = tasks(often, often, passage("/poet", "/movie", "/river"))
    assert len(COMMON) == OPEN_TYPES
    assert set(task.schema.names) == set(COMMON)
    assert task.schema.types[task.schema.names.index("city")].definition == "What city means."
    assert (task.name, task.group) == ("c/x", "domains")


def test_the_right_label_is_the_narrowest_that_holds() -> None:
    often = passage(*(f"/{name}" for name in COMMON))
    (task,) = tasks(often, often, passage("/poet", "/movie", "/river", "/person", "/writer"))
    assert said(task, 2) == {
        "w0": "writer",  # not person
        "w1": "film",  # by its other name
        # w2 is a river: nothing in the schema, so saying anything is wrong
        "w3": None,  # a person may be a writer
        "w4": "writer",
    }
    assert said(task, 0)["w2"] == "film"
    assert said(task, 0)["w0"] is None


def test_of_two_equal_types_the_marked_one_is_right() -> None:
    (task,) = tasks(passage("/movie", "/film"))
    assert said(task) == {"w0": "movie", "w1": "film"}


def test_a_pair_that_nobody_can_judge_is_doubtful() -> None:
    book = book_of(open_type("alloy"), open_type("metal", others="alloy"))
    (task,) = tasks(passage("/alloy", "/metal"), book=book)
    assert said(task) == {"w0": None, "w1": None}


def test_in_a_users_schema_every_mark_is_exact() -> None:
    closed = ("schemas-shop:s/buyer", "schemas-shop:s/person")
    (task,) = tasks(
        passage(
            "schemas-shop:s/person", "schemas-shop:s/buyer", source="schemas-shop", domain="s", closed=closed
        )
    )
    assert (task.name, task.group) == ("schemas-shop/s", "schemas")
    assert task.schema.names == ("buyer", "person")
    assert said(task) == {"w0": "person", "w1": "buyer"}


def test_slots_are_a_group_of_their_own_and_tasks_have_an_order() -> None:
    slots = passage(
        "schemas-slots:t/price", source="schemas-slots", domain="t", closed=("schemas-slots:t/price",)
    )
    made = tasks(slots, passage("/city", domain="b"), passage("/city", domain="a"))
    assert [(t.name, t.group) for t in made] == [
        ("c/a", "domains"),
        ("c/b", "domains"),
        ("schemas-slots/t", "slots"),
    ]


def test_unseen_types_are_named() -> None:
    (task,) = tasks(passage("/city", "/film"), unseen=frozenset({"/film", "/poet"}))
    assert task.unseen == {"film"}
