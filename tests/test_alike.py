"""How a schema lies on the archetypes, from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samner.alike import Pair, alike, map_schema, open_engine, overlaps
from samner.archetypes import Archetype, load
from samner.cli.main import run
from samner.schema import as_schema
from samner.types import EntityType, Schema

pytestmark = pytest.mark.model


def test_types_that_mean_nearly_the_same_come_first_and_declared_ones_not() -> None:
    engine = open_engine(None, None, 1)
    types = {
        "singer": "A person who sings.",
        "vocalist": "A person who sings.",
        "river": "A stream of water.",
    }
    mapped = map_schema(engine, as_schema(types))
    assert [{p.first, p.second} for p in mapped.pairs] == [{"singer", "vocalist"}]
    assert dict(mapped.best(mapped.shares[2]))["location"] > 0.8
    assert mapped.shares.sum(axis=1) == pytest.approx(1)
    related = Schema(
        (
            EntityType("singer", "A person who sings."),
            EntityType("vocalist", "A person who sings.", parent="singer"),
        )
    )
    assert alike(engine.compile(related), 0.8) == []


def test_advice_names_the_parent_where_one_looks_broader() -> None:
    assert Pair("artist", "musician", 0.931, None).advice == (
        "definitions of `artist` and `musician` are 0.93 alike: say in each what the other is not"
    )
    said = Pair("artist", "musician", 0.93, "artist").advice
    assert "`musician` looks like a kind of `artist`" in said
    assert "`parent: artist`" in said


def test_archetypes_that_repeat_each_other_are_found() -> None:
    engine = open_engine(None, None, 1)
    assert overlaps(engine, load()) == []
    twice = [Archetype("place", "A place on a map."), Archetype("site", "A place on a map.")]
    assert len(overlaps(engine, twice)) == 1


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = run(["archetypes", *args])
    return (code, *capsys.readouterr())


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "show")
    assert (code, out.count("\n")) == (0, 15)
    code, out, _ = call(capsys, "show", "food", "--json")
    assert json.loads(out)[0]["anchors"]["wordnet"] == "oewn-00021445-n"
    code, _, err = call(capsys, "show", "foood")
    assert code == 2
    assert "did you mean 'food'" in err


def test_map_and_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = call(capsys, "map", "crossner/music", "--json")
    found = json.loads(out)
    assert code == 0
    assert max(found["types"]["band"], key=found["types"]["band"].get) == "organization"
    code, out, _ = call(capsys, "map", "--labels", "singer,vocalist")
    assert "say in each" in out or "parent" in out
    kinds = tmp_path / "kinds.yaml"
    kinds.write_text(
        "archetypes:\n- {name: who, definition: A human being.}\n- {name: where, definition: A place.}\n"
    )
    code, out, _ = call(capsys, "check", "--labels", "sailor,engineer", "--set", str(kinds), "--json")
    assert json.loads(out)["unused"] == ["where"]
    assert call(capsys, "map")[0] == 2
    assert call(capsys, "check", "no such")[0] == 2
