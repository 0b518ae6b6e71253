"""`samner convert` as a user meets it: what it says, what it writes, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from samner.cli.convert import NAMES
from samner.formats import FORMATS
from test_cli import PROGRAM, call

EXTRAS = ("spacy", "datasets")  # formats that need a library
ROWS = [
    {
        "id": "a",
        "text": "Ada met Bob.",
        "entities": [{"start": 0, "end": 3, "label": "person", "score": 0.9}],
    },
    {"text": "Nobody.", "entities": []},
]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_the_help_names_every_format() -> None:
    assert NAMES.split(", ") == list(FORMATS)


def test_a_conversion_says_what_was_lost(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.conll"
    code, said, err = call("convert", str(gold), str(out), capsys=capsys)
    assert code == 0
    assert said == f"{out}: 2 documents, 1 mention\n"
    assert err == (
        "samner: conll cannot hold: ids of texts: 1, scores: 1, "
        "texts whose white space is not one space between tokens: 2\n"
    )
    assert out.read_text().startswith("Ada\tB-person\nmet\tO\n")
    assert list(tmp_path.glob("*.part")) == []


def test_a_bad_line_costs_itself_alone(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with gold.open("a") as file:
        file.write('{"text": "Ada"}\n{"text": "Eve", "entities": []}\n')
    out = tmp_path / "out"
    code, said, err = call("convert", str(gold), str(out), "--to", "doccano", capsys=capsys)
    assert code == 1
    assert said == f"{out}: 3 documents, 1 mention, 1 could not be read\n"
    assert f'{gold}:3: no list "entities"' in err
    assert len(out.read_text().splitlines()) == 3


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in EXTRAS])
@pytest.mark.parametrize("content", ["", "\n \n", "{\n", "\x00\x01"])
def test_nothing_read_is_an_error_and_writes_nothing(
    content: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_comes_of(content, name, tmp_path, capsys)


@pytest.mark.extra
@pytest.mark.parametrize("name", EXTRAS)
def test_nothing_read_writes_nothing_by_a_library_either(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(name)
    nothing_comes_of("{\n", name, tmp_path, capsys)


def nothing_comes_of(content: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out"
    path.write_text(content)
    code, said, err = call("convert", str(path), str(out), "--to", name, capsys=capsys)
    assert (code, said) == (1, "")
    assert str(path) in err
    assert "internal error" not in err
    assert not out.exists()
    assert not out.with_name("out.part").exists()


def test_nothing_is_overwritten_unless_told(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.conll"
    out.write_text("mine")
    code, _, err = call("convert", str(gold), str(out), capsys=capsys)
    assert code == 2
    assert "--force" in err
    assert out.read_text() == "mine"
    assert call("convert", str(gold), str(out), "--force", capsys=capsys)[0] == 0
    assert out.read_text() != "mine"
    assert call("convert", str(gold), str(gold), "--force", capsys=capsys)[0] == 0
    assert [json.loads(line)["text"] for line in gold.read_text().splitlines()] == ["Ada met Bob.", "Nobody."]


def test_a_folder_is_never_overwritten(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "kept.txt").write_text("mine")
    for name in ("brat", "conll"):
        code, _, err = call("convert", str(gold), str(folder), "--to", name, "--force", capsys=capsys)
        assert code == 2
        assert "the folder" in err
    assert [path.name for path in folder.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize(
    ("args", "messages"),
    [
        (["{gold}"], ["Missing argument"]),
        (["{gold}", "out"], ["--to", "label-studio"]),
        (["{gold}", "out.json", "--to", "labelstudio"], ["did you mean 'label-studio'"]),
        (["{gold}", "out.conll", "--from", "xml"], ["'xml'", "jsonl"]),
        (["absent.jsonl", "out.conll"], ["none at absent.jsonl"]),
        (
            ["{gold}", "no/such/folder/out.conll"],
            ["expected a folder to write out.conll to", "no/such/folder"],
        ),
        (["{gold}", "out.conll", "--texts", "{gold}"], ["--from csv", "jsonl"]),
        (["{gold}", "out.conll", "--from", "csv"], ["--texts PATH"]),
        (["{gold}", "out.conll", "--from", "csv", "--texts", "absent"], ["nothing at absent"]),
        (["{gold}", "out.conll", "--too", "csv"], ["--to"]),
        (["{gold}", "-", "--to", "brat"], ["a folder for brat"]),
        (["-", "out.conll", "--from", "datasets"], ["a folder for datasets"]),
        (["-", "out.conll"], ["--from"]),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    gold: Path,
    args: list[str],
    messages: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call("convert", *(arg.format(gold=gold) for arg in args), capsys=capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    for message in messages:
        assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["gold.jsonl"]


@pytest.mark.parametrize("name", ["spacy", "datasets"])
def test_a_missing_extra_is_named(
    name: str, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    code, _, err = call("convert", str(gold), str(tmp_path / "out"), "--to", name, capsys=capsys)
    assert code == 1
    assert f"pip install 'samner[{name}]'" in err
    assert list(tmp_path.iterdir()) == [gold]


def test_csv_and_back(gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, back = tmp_path / "e.csv", tmp_path / "back.jsonl"
    assert call("convert", str(gold), str(table), capsys=capsys)[0] == 0
    code, _, err = call("convert", str(table), str(back), "--texts", str(gold), capsys=capsys)
    assert (code, err) == (0, "")
    first, second = (json.loads(line) for line in back.read_text().splitlines())
    assert first == ROWS[0] | {
        "entities": [{"start": 0, "end": 3, "text": "Ada", "label": "person", "score": 0.9}]
    }
    assert second == ROWS[1]


@pytest.mark.model
def test_what_extract_writes_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text of the command line has no id, which is written as null: `convert`, `extract` and `eval` take it."""
    found, out = tmp_path / "found.jsonl", tmp_path / "out.jsonl"
    labels = ("--labels", "person,city")
    assert (
        call("extract", "Ada wrote from Rome.", *labels, "-f", "jsonl", "-o", str(found), capsys=capsys)[0]
        == 0
    )
    row = json.loads(found.read_text())
    assert row["id"] is None
    assert call("convert", str(found), str(out), capsys=capsys)[1] == f"{out}: 1 document, 2 mentions\n"
    assert json.loads(out.read_text()) == {key: value for key, value in row.items() if key != "id"}
    code, again, _ = call("extract", str(found), *labels, "-f", "jsonl", capsys=capsys)
    assert (code, json.loads(again)["entities"]) == (0, row["entities"])
    code, report, _ = call("eval", str(found), *labels, "--json", capsys=capsys)
    assert (code, json.loads(report)["f1"]) == (0, 1.0)


def test_a_folder_where_a_file_should_be_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder where a file should be, or another format's file, is an error that names it."""
    for name in FORMATS:
        if name in ("brat", "datasets", "csv", "spacy"):
            continue
        code, _, err = call(
            "convert", str(tmp_path), str(tmp_path / "o.jsonl"), "--from", name, capsys=capsys
        )
        assert code == 1
        assert str(tmp_path) in err


def test_standard_input_and_output(gold: Path) -> None:
    line = f"{PROGRAM[0]} -c 'from samner.cli import main; main()' convert"
    script = (
        f"cat {gold} | {line} - - --from jsonl --to doccano | {line} /dev/stdin - --from doccano --to jsonl"
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["Ada met Bob.", "Nobody."]
    assert "samner: -: 2 documents, 1 mention\n" in done.stderr


def test_a_bad_line_of_standard_input_is_named(gold: Path) -> None:
    command = [*PROGRAM, "convert", "-", "-", "--from", "jsonl", "--to", "doccano"]
    done = subprocess.run(command, input=gold.read_text() + "{", capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "at -:3;" in done.stderr
    assert len(done.stdout.splitlines()) == 2
