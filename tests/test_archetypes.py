"""The shipped archetypes and the reading of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from samner.archetypes import load
from samner.errors import FormatError

PAPER = {
    *("person", "organization", "location", "biology", "medicine", "food", "vehicle", "creative_work"),
    *("event", "artifact", "computer_science", "political", "science", "misc"),
}


def test_the_shipped_set_is_the_papers_fourteen_and_time() -> None:
    names = [archetype.name for archetype in load()]
    assert len(names) == len(set(names))
    assert set(names) == PAPER | {"time"}


def test_every_shipped_archetype_can_be_shown_and_linked() -> None:
    shown = load()
    assert len({archetype.colour for archetype in shown}) == len(shown)
    assert all(len(archetype.definition.split()) >= 10 and archetype.kinds for archetype in shown)
    assert all(archetype.anchors for archetype in shown)


def test_a_users_own_set(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("archetypes:\n- name: spell\n  definition: A magic formula.\n")
    (spell,) = load(path)
    assert (spell.name, spell.definition, spell.kinds) == ("spell", "A magic formula.", ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "archetypes"),
        ("archetypes: []", "archetypes"),
        ("archetypes:\n- spell", "mine.yaml:2"),
        ("archetypes:\n- name: a\n", "definition"),
        ("archetypes:\n- {name: a, definition: b, color: '#FFFFFF'}", "did you mean 'colour'"),
        ("archetypes:\n- {name: a, definition: b, colour: red}", "#RRGGBB"),
        ("archetypes:\n- {name: a, definition: b}\n- {name: a, definition: c}", "'a' again at .*mine.yaml:3"),
        ("archetypes:\n- {name: a, definition: b, kinds: c}", "kinds"),
        ("archetypes:\n- {name: a, definition: b, anchors: [c]}", "anchors"),
        ("archetypes: [", "valid YAML"),
    ],
)
def test_a_bad_file_is_an_error_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(FormatError, match=message):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"nowhere\.yaml"):
        load(tmp_path / "nowhere.yaml")
