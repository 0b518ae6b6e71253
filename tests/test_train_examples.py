"""Training text comes in as words and mentions on words, whatever file it was in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from samner.errors import FormatError
from samner.train.examples import Example, make_example, read_corpus, read_public
from samner.train.ontology import EQUAL, TypeBook
from samner.types import Span


def corpus(folder: Path, name: str, passages: list[str], types: list[str]) -> tuple[list[Example], TypeBook]:
    (folder / f"{name}.tsv").write_text("\n".join(passages) + "\n", "utf-8")
    (folder / f"{name}.types.tsv").write_text("\n".join(types) + "\n", "utf-8")
    book = TypeBook()
    examples = list(read_corpus(folder, book))
    book.freeze()
    return examples, book


PASSAGE = "trains\t[[Ada Lovelace|Person]] took the [[Orient-Express|train]] to [[İzmir|city]]."
TYPES = [
    "Person\tperson\t\thuman\tA human being.",
    "train\tvehicle\tvehicle\t\tA train by name.",
    "city\tlocation\tplace\ttown, municipality\tA large town.",
    "place\tlocation\t\t\tAnywhere.",
]


def test_marks_become_words_and_mentions(tmp_path: Path) -> None:
    (example,), book = corpus(tmp_path, "travel", [PASSAGE], TYPES)
    assert example.text == "Ada Lovelace took the Orient-Express to İzmir."
    words = [example.text[w.start : w.end] for w in example.words]
    assert words == ["Ada", "Lovelace", "took", "the", "Orient", "-", "Express", "to", "İzmir", "."]
    assert example.mentions == ((0, 2, "/person"), (4, 7, "/train"), (8, 9, "/city"))
    assert (example.source, example.domain) == ("travel", "trains")
    assert example.closed is None
    assert example.exhaustive
    # a type that only serves as a broader one can be asked for, too
    assert set(book.keys) == {"/person", "/train", "/city", "/place"}
    assert book.entries["/city"].other_names == ["town", "municipality"]


def test_a_users_schema_is_closed_and_stands_by_itself(tmp_path: Path) -> None:
    passages = [
        "trips\t[[İzmir|city]] by [[train|train]]",
        "trips\tNothing here",
        "shops\t[[İzmir|city]]",
    ]
    (trip, empty, shop), book = corpus(tmp_path, "schemas-user", passages, TYPES)
    assert trip.closed == empty.closed == ("schemas-user:trips/city", "schemas-user:trips/train")
    assert shop.closed == ("schemas-user:shops/city",)
    assert not trip.exhaustive
    assert trip.mentions[0] == (0, 1, "schemas-user:trips/city")
    assert empty.mentions == ()
    assert set(book.keys) == {*trip.closed, *shop.closed}


def test_a_mark_inside_a_word_is_widened_to_it() -> None:
    example = make_example("the pre-war U.S.-made car", [(Span(14, 16), "/x")], "s", "d", None, True)
    assert [example.text[w.start : w.end] for w in example.words][4:6] == ["U", "."]
    assert example.mentions == ((6, 8, "/x"),)  # "S."
    inside = make_example("unbelievable", [(Span(2, 8), "/x")], "s", "d", None, True)
    assert inside.mentions == ((0, 1, "/x"),)


def test_a_mark_on_no_word_is_no_mention() -> None:
    assert make_example("a  b", [(Span(1, 3), "/x")], "s", "d", None, True).mentions == ()


def test_a_folder_without_a_corpus_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="make corpus"):
        list(read_corpus(tmp_path, TypeBook()))


LABELS = "PER\tperson\tperson\t\thuman\tA human being.\nLOC\tcity\tlocation\tplace\ttown\tA town.\nMISC\t-\n"


def public(folder: Path, rows: list[dict[str, object]], labels: str = LABELS) -> list[Example]:
    (folder / "train").mkdir()
    with gzip.open(folder / "train" / "mine.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    (folder / "mine.tsv").write_text(labels, "utf-8")
    return list(read_public(folder, "mine", folder / "mine.tsv", TypeBook(), True))


TOKENS = ["Ada", "'s", "New", "York-based", "firm", "Acme"]
SPANS = [[0, 0, "PER"], [2, 3, "LOC"], [5, 5, "MISC"]]


def test_a_public_sets_tokens_and_labels(tmp_path: Path) -> None:
    (example,) = public(tmp_path, [{"tokens": TOKENS, "spans": SPANS}])
    assert example.text == "Ada 's New York-based firm Acme"
    words = [example.text[w.start : w.end] for w in example.words]
    assert words == ["Ada", "'", "s", "New", "York", "-", "based", "firm", "Acme"]
    # the dropped label is a mention of unknown type, not nothing
    assert example.mentions == ((0, 1, "mine/person"), (3, 7, "mine/city"), (8, 9, ""))
    assert example.closed == ("mine/city", "mine/person")
    assert example.exhaustive


def test_a_set_with_domains_is_closed_by_domain(tmp_path: Path) -> None:
    people = {"tokens": ["Ada"], "spans": [[0, 0, "PER"]], "dom": "people"}
    places = {"tokens": ["York"], "spans": [[0, 0, "LOC"]], "dom": "places"}
    one, two = public(tmp_path, [people, places])
    assert (one.domain, one.closed) == ("people", ("mine/person",))
    assert (two.domain, two.closed) == ("places", ("mine/city",))


def test_two_labels_may_share_a_type(tmp_path: Path) -> None:
    labels = LABELS + "GPE\tcity\tlocation\t\tcapital\tA capital.\n"
    rows = [
        {"tokens": ["Rome", "Bari"], "spans": [[0, 0, "GPE"], [1, 1, "LOC"]]},
    ]
    (example,) = public(tmp_path, rows, labels)
    assert example.mentions == ((0, 1, "mine/city"), (1, 2, "mine/city"))


def test_a_table_with_a_cell_too_few_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"expected six cells, found 5 in .*mine.tsv:2"):
        public(tmp_path, [], "MISC\t-\nPER\tperson\tperson\t\tA human being.\n")


def test_the_corpus_in_the_repository_reads_whole() -> None:
    folder = Path(__file__).parents[1] / "corpus"
    book = TypeBook()
    examples = list(read_corpus(folder, book))
    assert len(examples) > 7000
    assert all(e.words for e in examples)
    marks = sum(text.read_text("utf-8").count("[[") for text in folder.glob("*.tsv"))
    assert sum(len(e.mentions) for e in examples) == marks  # no mark is lost
    for example in examples:
        assert "[[" not in example.text
        assert "]]" not in example.text
        assert all(0 <= f < e <= len(example.words) for f, e, _ in example.mentions)
        assert not example.closed or {k for _, _, k in example.mentions} <= set(example.closed)
    book.freeze()
    assert (book.relation.diagonal() == EQUAL).all()
    assert all("/" not in e.domain for e in examples)  # `name_of` parts a key at its first slash
