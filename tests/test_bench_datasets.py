"""The readers: what they return for small files written here, what they refuse, and the original counts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from samner.bench.datasets import (
    DOMAINS,
    TEST_SENTENCES,
    GoldDocument,
    GoldEntity,
    read_crossner,
    read_gold,
)
from samner.errors import FormatError

SHARED = Path(os.environ.get("SAMNER_DATA", Path(__file__).parents[2] / "shared" / "data")) / "crossner"


def write(folder: Path, text: str, name: str = "ai.dev.txt") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_sentence_is_tokens_joined_by_one_space(tmp_path: Path) -> None:
    write(
        tmp_path,
        "Ada\tB-person\nLovelace\tI-person\nwrote\tO\n.\tO\n\nBayes\tB-algorithm\nBabbage\tB-person\n\n",
    )
    first, second = read_crossner(tmp_path, "ai", "dev")
    assert first == GoldDocument("Ada Lovelace wrote .", (GoldEntity(0, 12, "person"),))
    assert first.text[0:12] == "Ada Lovelace"
    assert second.entities == (GoldEntity(0, 5, "algorithm"), GoldEntity(6, 13, "person"))


def test_adjacent_mentions_of_one_type_stay_two(tmp_path: Path) -> None:
    write(tmp_path, "A\tB-song\nB\tB-song\nC\tI-song\n")
    assert read_crossner(tmp_path, "ai", "dev")[0].entities == (
        GoldEntity(0, 1, "song"),
        GoldEntity(2, 5, "song"),
    )


def test_last_sentence_needs_no_blank_line_and_blank_runs_are_one(tmp_path: Path) -> None:
    write(tmp_path, "\n\nA\tO\n\n \n\nB\tO")
    assert [d.text for d in read_crossner(tmp_path, "ai", "dev")] == ["A", "B"]


def test_equal_sentences_are_both_kept(tmp_path: Path) -> None:
    write(tmp_path, "A\tB-song\n\nA\tB-song\n")
    assert len(read_crossner(tmp_path, "ai", "dev")) == 2


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    write(tmp_path, "\ufeffA\tB-song\r\n\r\nB\tO\r\n")
    assert read_crossner(tmp_path, "ai", "dev")[0] == GoldDocument("A", (GoldEntity(0, 1, "song"),))


def test_folder_above_the_files_will_do(tmp_path: Path) -> None:
    (tmp_path / "crossner").mkdir()
    write(tmp_path / "crossner", "A\tO\n")
    assert len(read_crossner(tmp_path, "ai", "dev")) == 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("A\tO\nB\n", 2, "TOKEN<TAB>TAG"),
        ("A\tO\tO\n", 1, "TOKEN<TAB>TAG"),
        ("\tO\n", 1, "TOKEN<TAB>TAG"),
        ("two words\tO\n", 1, "TOKEN<TAB>TAG"),
        ("A\tperson\n", 1, "B-TYPE"),
        ("A\tB-\n", 1, "B-TYPE"),
        ("A\tO\n\nB\tI-person\n", 3, "B-person"),
        ("A\tB-song\nB\tI-person\n", 2, "B-person"),
        ("A\tB-song\n\nB\tI-song\n", 3, "I-song after O"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, text: str, line: int, reason: str) -> None:
    write(tmp_path, text)
    with pytest.raises(FormatError) as caught:
        read_crossner(tmp_path, "ai", "dev")
    assert f"{tmp_path / 'ai.dev.txt'}:{line}" in str(caught.value)
    assert reason in str(caught.value)


def test_wrong_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "ai.dev.txt").write_bytes("A\tO\nJosé\tO\n".encode("latin-1"))
    with pytest.raises(FormatError, match=r"ai\.dev\.txt:2"):
        read_crossner(tmp_path, "ai", "dev")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"music\.dev\.txt"):
        read_crossner(tmp_path, "music", "dev")


def test_a_test_part_of_another_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "A\tO\n", "ai.test.txt")
    with pytest.raises(FormatError, match="431"):
        read_crossner(tmp_path, "ai", "test")


@pytest.mark.skipif(not SHARED.is_dir(), reason="no CrossNER folder here")
@pytest.mark.parametrize("domain", DOMAINS)
def test_original_files(domain: str) -> None:
    documents = read_crossner(SHARED, domain, "test")
    assert len(documents) == TEST_SENTENCES[domain]
    begun = sum("\tB-" in line for line in (SHARED / f"{domain}.test.txt").read_text("utf-8").splitlines())
    assert sum(len(d.entities) for d in documents) == begun
    for document in documents:
        for entity in document.entities:
            surface = document.text[entity.start : entity.end]
            assert surface == surface.strip() != ""


def gold_file(folder: Path, *rows: object) -> Path:
    path = folder / "gold.jsonl"
    path.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8"
    )
    return path


def entity(start: object, end: object, label: object = "person", **more: object) -> dict[str, object]:
    return {"start": start, "end": end, "label": label, **more}


def test_gold_lines(tmp_path: Path) -> None:
    rows = [
        {"text": "Ada wrote", "entities": [entity(0, 3, text="Ada")], "id": 7},
        "",
        {"text": "", "entities": []},
    ]
    assert read_gold(gold_file(tmp_path, *rows), {"person"}) == [
        GoldDocument("Ada wrote", (GoldEntity(0, 3, "person"),)),
        GoldDocument("", ()),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "a syntax error"),
        ("[]", '"text"'),
        ({"text": 3, "entities": []}, '"text"'),
        ({"text": "Ada"}, '"entities"'),
        ({"text": "Ada", "entities": [1]}, "no object"),
        ({"text": "Ada", "entities": [entity(0, 4)]}, "outside 0..3"),
        ({"text": "Ada", "entities": [entity(-1, 2)]}, "outside"),
        ({"text": "Ada", "entities": [entity(2, 2)]}, "outside"),
        ({"text": "Ada", "entities": [entity(0.0, 2)]}, "whole numbers"),
        ({"text": "Ada", "entities": [entity(False, True)]}, "whole numbers"),
        ({"text": "Ada", "entities": [entity(0, 3, " ")]}, "no name"),
        ({"text": "Ada", "entities": [entity(0, 3, "band")]}, "not in the schema (person)"),
        ({"text": "Ada", "entities": [entity(0, 3), entity(0, 3)]}, "twice"),
        ({"text": "é Ada", "entities": [entity(3, 5, text="Ada")]}, "'Ada' but 'da' at 3..5"),
    ],
)
def test_bad_gold_line_is_named_with_its_reason(tmp_path: Path, row: object, reason: str) -> None:
    path = gold_file(tmp_path, {"text": "ok", "entities": []}, row)
    with pytest.raises(FormatError) as caught:
        read_gold(path, {"person"})
    assert f"{path}:2" in str(caught.value)
    assert reason in str(caught.value)


def test_all_bad_lines_are_counted(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"gold\.jsonl:1 .and 2 more bad lines"):
        read_gold(gold_file(tmp_path, "{", "{", "{"))


def test_gold_without_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="at least one"):
        read_gold(gold_file(tmp_path, ""))


def test_gold_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"absent\.jsonl"):
        read_gold(tmp_path / "absent.jsonl")


TOKEN = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=4).filter(
    lambda t: not any(c.isspace() for c in t) and not t.startswith("\ufeff")
)
MENTION = st.tuples(st.sampled_from(["", "song", "band"]), st.lists(TOKEN, min_size=1, max_size=3))


@given(st.lists(st.lists(MENTION, min_size=1, max_size=4), min_size=1, max_size=4))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, list[str]]]]
) -> None:
    """Any sequence of typed and untyped runs of tokens comes back with the surfaces that were written."""
    lines, wanted = [], []
    for runs in sentences:
        for label, tokens in runs:
            marks = [f"B-{label}"] + [f"I-{label}"] * len(tokens) if label else ["O"] * len(tokens)
            lines += [f"{token}\t{mark}" for token, mark in zip(tokens, marks, strict=False)]
        lines.append("")
        wanted.append([(label, " ".join(tokens)) for label, tokens in runs if label])
    folder = write(tmp_path_factory.mktemp("crossner"), "\n".join(lines))
    documents = read_crossner(folder, "ai", "dev")
    assert [[(e.label, d.text[e.start : e.end]) for e in d.entities] for d in documents] == wanted
