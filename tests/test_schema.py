"""From what users write to a checked schema, and the errors on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from samner.errors import SchemaError
from samner.schema import (
    SchemaLike,
    as_schema,
    builtin_names,
    check_archetypes,
    load_builtin,
    parse_labels,
    read_schema,
)
from samner.types import EntityType, Schema

BAND = EntityType("band", "A group.", ("Queen",), 0.4, ("organization",), "group")
GROUP = EntityType("group")


def test_every_form_gives_the_same_schema() -> None:
    raw = {"definition": "A group.", "examples": ["Queen"], "threshold": 0.4, "archetypes": ["organization"]}
    raw["parent"] = "group"
    forms: list[SchemaLike] = [
        Schema((BAND, GROUP)),
        [BAND, "group"],
        [{"name": "band", **raw}, {"name": "group"}],
        {"band": raw, "group": None},
        {"types": [{"name": "band", **raw}, "group"]},
        {"types": {"band": raw, "group": ""}},
        iter([BAND, GROUP]),
    ]
    for form in forms:
        assert as_schema(form).types == (BAND, GROUP)


def test_names_and_definitions_of_a_mapping() -> None:
    assert as_schema({"a": "First.", "b": "Second."}).types == (
        EntityType("a", "First."),
        EntityType("b", "Second."),
    )
    assert as_schema({"types": "A kind of thing."}).names == ("types",)


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, unique_by=str.strip))
def test_names_survive_from_python(names: list[str]) -> None:
    assert as_schema(names).names == tuple(names)


@given(st.dictionaries(st.text(min_size=1).filter(str.strip), st.text(), min_size=1))
def test_names_survive_json(types: dict[str, str]) -> None:
    distinct = {name.strip(): (name, definition) for name, definition in types.items()}
    content = json.dumps({"types": [{"name": n, "definition": d} for n, d in distinct.values()]})
    document = json.loads(content)
    assert [(t.name, t.definition) for t in as_schema(document)] == list(distinct.values())


YAML_FORMS = [
    ("types:\n- {name: band, definition: A group.}\n- name: song\n", [("band", "A group."), ("song", "")]),
    ("band: A group.\nsong:\n", [("band", "A group."), ("song", "")]),
    ("- band\n- {name: song}\n", [("band", ""), ("song", "")]),
    (
        "no: Norway\n1984: A year.\nnull: Nothing.\n",
        [("no", "Norway"), ("1984", "A year."), ("null", "Nothing.")],
    ),
    (
        "- yes\n- 2020-01-01\n- ' Musik & Tanz '\n- 音楽\n",
        [(n, "") for n in ("yes", "2020-01-01", " Musik & Tanz ", "音楽")],
    ),
    ("\ufeffband: A group.", [("band", "A group.")]),
    ('["band", "song"]', [("band", ""), ("song", "")]),
]


@pytest.mark.parametrize(("content", "expected"), YAML_FORMS)
def test_yaml_forms(tmp_path: Path, content: str, expected: list[tuple[str, str]]) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(content, encoding="utf-8")
    assert [(t.name, t.definition) for t in as_schema(path)] == expected
    assert as_schema(str(path)) == as_schema(path)


def test_a_file_may_say_more_about_itself(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "name: mine\ndescription: Mine.\nlicence: CC0-1.0\ntypes:\n- {name: band, gold: grp}\n"
        "catch_all: {name: rest, definition: All else.}\n"
    )
    read = read_schema(path)
    assert (read.schema.name, read.schema.names) == ("mine", ("band",))
    assert (read.about["description"], read.type_about["band"]) == ("Mine.", {"gold": "grp"})
    assert read.catch_all == EntityType("rest", "All else.")


def bad(content: str, suffix: str, *messages: str) -> Any:
    return pytest.param(content, suffix, messages, id=f"{content[:24]!r}{suffix}")


@pytest.mark.parametrize(
    ("content", "suffix", "messages"),
    [
        bad("", ".yaml", "empty file", "s.yaml"),
        bad("[]", ".yaml", "at least one type", "s.yaml"),
        bad("types:\n", ".yaml", "at least one type"),
        bad("just words", ".yaml", "list or mapping"),
        bad("types: [", ".yaml", "valid YAML", "s.yaml:"),
        bad("a: 1\nb: 2\na: 3\n", ".yaml", "'a' repeated", "s.yaml:3"),
        bad("- a\n- 'a '\n", ".yaml", "'a ' repeated", "s.yaml:2"),
        bad("- a\n- ''\n", ".yaml", "empty label", "s.yaml:2"),
        bad("- a\n-\n", ".yaml", "empty label", "s.yaml:2"),
        bad("types:\n- {name: a, defintion: x}\n", ".yaml", "did you mean 'definition'", "s.yaml:2"),
        bad("typos: x\ntypes: [a]\n", ".yaml", "'typos' at", "did you mean 'types'", "s.yaml:1"),
        bad("types:\n- {nam: a}\n", ".yaml", "a name for each type", "s.yaml:2"),
        bad("a: {threshold: 1.5}\n", ".yaml", "from 0 to 1", "'a'", "s.yaml:1"),
        bad("a: {threshold: yes}\n", ".yaml", "from 0 to 1"),
        bad("a: {threshold: .nan}\n", ".yaml", "from 0 to 1"),
        bad("a: {parent: bnd}\nband:\n", ".yaml", "did you mean 'band'", "s.yaml:1"),
        bad("a: {parent: b}\nb: {parent: c}\nc: {parent: b}\n", ".yaml", "b -> c -> b"),
        bad("a: {parent: a}\n", ".yaml", "a -> a"),
        bad("a: {examples: Queen}\n", ".yaml", "a list as examples"),
        bad("a: {examples: ['']}\n", ".yaml", "non-empty strings"),
        bad("a: [b, c]\n", ".yaml", "a string as definition"),
        bad("a: !!python/object/apply:os.system [ls]\n", ".yaml", "the tag", "s.yaml:1"),
        bad("a: &x {definition: b}\nc: *x\n", ".yaml", "alias", "s.yaml:"),
        bad("a: b\n---\nc: d\n", ".yaml", "valid YAML"),
        bad("? [a, b]\n: c\n", ".yaml", "a word as key"),
        bad("[" * 5000, ".yaml", "s.yaml"),
        bad("[" * 100_000, ".json", "s.json"),
        bad('{"a": 1, "a": 2}', ".json", "'a' repeated", "s.json"),
        bad('{"a":\n 1,,}', ".json", "valid JSON", "s.json:2"),
        bad("[1984]", ".json", "the label 1984", "in quotes"),
        bad('{"a": 5}', ".json", "a string as definition"),
        bad("null", ".json", "empty file"),
    ],
)
def test_bad_files_name_the_place_and_the_remedy(
    tmp_path: Path, content: str, suffix: str, messages: tuple[str, ...]
) -> None:
    path = tmp_path / f"s{suffix}"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        as_schema(path)
    for message in messages:
        assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_in_another_encoding_is_named_with_the_offset(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("größe: x".encode("latin-1"))
    with pytest.raises(SchemaError, match=r"byte 0xf6 at offset 2 of .*s\.yaml"):
        as_schema(path)


@pytest.mark.parametrize("missing", ["nowhere.yaml", "nowhere/at/all.json"])
def test_a_missing_file_is_named(missing: str) -> None:
    with pytest.raises(SchemaError, match=missing):
        as_schema(missing)


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([], "at least one type"),
        (["a", "a"], "'a' repeated"),
        (["a", 7], "the label 7"),
        ([None], "empty label"),
        (["  "], "empty label"),
        ([EntityType("a", threshold=-0.1)], "from 0 to 1"),
        (Schema(()), "at least one type"),
        (5, "a list or mapping"),
        (b"abc", "a list or mapping"),
        ("person", r'\["person"\]'),
        ({"a": {"name": "b"}}, "one name"),
        ({"a": {"threshold": True}}, "from 0 to 1"),
        ({"a": {"threshold": 10**400}}, "from 0 to 1"),
    ],
)
def test_bad_python_values(types: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        as_schema(types)


def test_a_very_long_definition_is_kept() -> None:
    definition = "word " * 10_000
    assert as_schema({"a": definition}).types[0].definition == definition


def test_a_long_chain_of_parents_is_fine() -> None:
    chain: dict[str, Any] = {str(n): {"parent": str(n + 1)} for n in range(3000)} | {"3000": {}}
    assert len(as_schema(chain)) == 3001


def test_labels_from_the_command_line() -> None:
    assert parse_labels("a, b c ,d").names == ("a", "b c", "d")
    for labels, message in [("", "empty label"), ("a,,b", "empty label"), ("a, a", "repeated")]:
        with pytest.raises(SchemaError, match=message):
            parse_labels(labels)


def test_builtin_schemas_all_load_with_definitions() -> None:
    assert {f"crossner/{d}" for d in ("ai", "literature", "music", "politics", "science")} <= set(
        builtin_names()
    )
    for name in builtin_names():
        schema = load_builtin(name)
        assert len(schema) > 0, name
        assert all(kind.definition.strip() for kind in schema), name
        assert as_schema(name) == schema


def test_an_unknown_builtin_is_suggested() -> None:
    with pytest.raises(SchemaError, match="did you mean 'crossner/music'"):
        load_builtin("crosner/music")
    with pytest.raises(SchemaError, match="did you mean 'crossner/music'"):
        as_schema("crossner/musik")


def test_unknown_archetypes() -> None:
    schema = as_schema({"band": {"archetypes": ["organisation"]}})
    check_archetypes(schema, ["organisation"])
    with pytest.raises(
        SchemaError, match="'organisation' as archetype of 'band'; did you mean 'organization'"
    ):
        check_archetypes(schema, ["person", "organization"])
