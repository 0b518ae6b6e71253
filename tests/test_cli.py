"""The command line: what it takes for a text, its errors and exit codes, and, with the model, what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from samner import __version__
from samner.cli.extract import looks_like_a_file, read_arguments
from samner.cli.main import run
from samner.cli.output import open_output
from samner.schema import as_schema, builtin_names, load_builtin
from samner.types import Document, Failure

PROGRAM = [sys.executable, "-c", "from samner.cli import main; main()"]
SENTENCE = "Ada Lovelace wrote to Charles Babbage in London."


def call(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, stdout, stderr; stderr must be whole lines that each begin with the program's name."""
    code = run(list(args))
    out, err = capsys.readouterr()
    assert all(line.startswith("samner: ") for line in err.splitlines())
    return code, out, err


@pytest.mark.parametrize("argument", ["notes.txt", "data/x", "C:\\x", "a.b.jsonl", "./x", "schema.yaml"])
def test_a_mistyped_file_name_is_no_text(argument: str) -> None:
    assert looks_like_a_file(argument)
    (read,) = read_arguments([argument], "utf-8")
    assert isinstance(read, Failure)
    assert argument in str(read.error)


@pytest.mark.parametrize(
    "argument", ["Ada", "Ada wrote notes.txt today", "U.S.", "3.14", "either/or is a book", ""]
)
def test_other_arguments_are_texts(argument: str) -> None:
    assert list(read_arguments([argument], "utf-8")) == [Document(argument)]


def test_an_argument_that_exists_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Ada").write_text("in a file")
    assert list(read_arguments(["Ada", "Ada wrote"], "utf-8")) == [
        Document("in a file", "Ada"),
        Document("Ada wrote"),
    ]


@pytest.mark.parametrize(
    ("args", "messages"),
    [
        (["extract"], ["Missing argument", "samner extract --help"]),
        (["extract", "x"], ["--labels or --schema", "neither"]),
        (["extract", "x", "--labels", "a", "--schema", "b"], ["both"]),
        (["extract", "x", "--all", "--labels", "a"], ["--all alone"]),
        (["extract", "x", "--labels", "a,,b"], ["empty label"]),
        (["extract", "x", "--labels", "a,a"], ["'a' repeated"]),
        (["extract", "x", "--schema", "crossner/musik"], ["did you mean 'crossner/music'", "--labels"]),
        (["extract", "x", "--schema", "gone.yaml"], ["gone.yaml"]),
        (
            ["extract", "x", "--labels", "a", "--format", "xml"],
            ["'xml'", "table, json, jsonl, html, conll, markup"],
        ),
        (["extract", "x", "--labels", "a", "--threshold", "1.5"], ["from 0 to 1"]),
        (["extract", "x", "--labels", "a", "--threshold", "nan"], ["from 0 to 1"]),
        (["extract", "x", "--labels", "a", "--overlap", "best"], ["longest-first"]),
        (["extract", "x", "--labels", "a", "--encoding", "utf-9"], ["utf-9", "latin-1"]),
        (["extract", "x", "--labels", "a", "--explain", "--format", "conll"], ["--explain"]),
        (["extract", "x", "--labels", "a", "--threads", "0"], ["--threads"]),
        (["extract", "x", "--treshold", "1"], ["--treshold", "--threshold"]),
        (["extrct"], ["No such command", "extrct"]),
        (["schema", "show", "crosner/music"], ["did you mean 'crossner/music'"]),
        (["schema", "check", "nosuch.yaml"], ["a built-in name", "'nosuch.yaml'"]),
        (["schema", "check", "crosner/music"], ["did you mean 'crossner/music'"]),
        (["train", "nosuch.yaml"], ["expected a recipe", "nosuch.yaml"]),
        (["extract", "x", "--labels", "a", "-o", "/"], ["a file to write", "the folder /"]),
        (["extract", "x", "--labels", "a", "-o", "/no/such/x.txt"], ["none at /no/such", "make it first"]),
        (["eval"], ["Missing argument"]),
        (["eval", "gold.jsonl"], ["--labels or --schema"]),
        (["bench", "crossner"], ["--data"]),
        (["bench", "crossner", "--data", "x", "--ablate", "explorr"], ["explorr", "explorer, anchor"]),
        (["bench", "speed", "--peer", "glinr"], ["glinr", "gliner"]),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    args: list[str], messages: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(*args, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    for message in messages:
        assert message in err


def test_a_broken_schema_file_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("types:\n- {name: a, treshold: 1}\n")
    code, _, err = call("extract", "x", "--schema", str(path), capsys=capsys)
    assert code == 1
    assert f"{path}:2" in err
    assert "did you mean 'threshold'" in err


@pytest.mark.parametrize(
    ("args", "shown"),
    [(["--help"], "extract"), ([], "extract"), (["schema"], "show"), (["bench"], "crossner")],
)
def test_help(args: list[str], shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(*args, capsys=capsys)
    assert code == 0
    assert shown in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("--version", capsys=capsys)
    assert code == 0
    assert out.startswith("samner 0.")


@pytest.mark.parametrize(
    "flags",
    [["--gate", "0"], ["--llm-budget", "5"], ["--repair"], ["--llm-share", "4"], ["--llm-set", "seed=1"]],
)
def test_what_is_for_an_llm_is_not_passed_over(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "Ada", "--labels", "person", *flags]) == 2
    assert f"expected --llm-model with {flags[0]}" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "samner", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["samner", __version__])
    assert subprocess.run([sys.executable, "-m", "samner", "nonsense"], capture_output=True).returncode == 2


def test_schema_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    _, listed, _ = call("schema", "list", capsys=capsys)
    assert [line.split()[0] for line in listed.splitlines()] == list(builtin_names())
    code, shown, _ = call("schema", "show", "crossner/music", capsys=capsys)
    assert code == 0
    for kind in load_builtin("crossner/music"):
        assert f"{kind.name}: {kind.definition}" in shown


@pytest.mark.parametrize("name", builtin_names())
def test_a_shown_schema_reads_back(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = call("schema", "show", name, "--yaml", capsys=capsys)
    path = tmp_path / "s.yaml"
    path.write_text(shown, encoding="utf-8")
    assert as_schema(path) == load_builtin(name)
    assert yaml.safe_load(shown)["types"]


def test_schema_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, odd = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "odd.yaml"
    good.write_text("person:\nband: A group.\n")
    bad.write_text("- a\n- a\n")
    odd.write_text("a: {archetypes: [persn]}\n")
    code, out, err = call("schema", "check", str(bad), str(good), str(odd), capsys=capsys)
    assert code == 1
    assert out == f"{good}: 2 types, 1 without a definition\n"
    first, second = err.splitlines()
    assert f"{bad}:2" in first
    assert str(odd) in second
    assert "did you mean 'person'" in second
    assert call("schema", "check", str(good), capsys=capsys)[0] == 0


def test_schema_check_takes_folders_and_built_in_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("person:\n")
    (tmp_path / "notes.txt").write_text("- a\n- a\n")
    code, out, err = call("schema", "check", str(tmp_path), "news", capsys=capsys)
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == [str(tmp_path / "a.yaml"), "news"]
    code, _, err = call("schema", "check", str(tmp_path / "nothing"), capsys=capsys)
    assert code == 2
    assert "a folder of them or a built-in name" in err


def test_a_bad_gold_file_is_named_before_a_model_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"text": "x"}\n')
    code, _, err = call("eval", str(gold), "--labels", "a", "--model", "nowhere", capsys=capsys)
    assert code == 1
    assert f"{gold}:1" in err


def test_output_appears_only_when_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail_half_way() -> None:
        with open_output(path) as out:
            out.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert path.read_text() == "old"
    assert (tmp_path / "out.txt.part").read_text() == "half"
    assert "out.txt.part" in capsys.readouterr().err
    with open_output(path) as out:
        out.write("é\n")
    assert path.read_bytes() == b"\xc3\xa9\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.txt"]


def test_output_to_a_device_leaves_the_device() -> None:
    with open_output(Path(os.devnull)) as out:
        out.write("x")
    assert not Path(os.devnull).is_file()


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen([*PROGRAM, "schema", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(30) == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "schema", "list"], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"samner: No space left on device; make room, and run the same command again\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_ctrl_c_is_one_line_and_130(tmp_path: Path) -> None:
    fifo = tmp_path / "schema.yaml"
    os.mkfifo(fifo)
    process = subprocess.Popen([*PROGRAM, "schema", "check", str(fifo)], stderr=subprocess.PIPE)
    with fifo.open("wb"):  # the program has opened it too and waits for what comes
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"samner: interrupted\n")


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_among_long_documents_does_not_wait_for_them(tmp_path: Path) -> None:
    """Reading these takes minutes; what goes on when the user gives up ends with the passage that is read."""
    for n in range(8):
        (tmp_path / f"{n}.txt").write_text("Ada Lovelace wrote to Charles Babbage in London. " * 6_000)
    short = tmp_path / "0.jsonl"
    short.write_text('{"text": "Ada wrote."}\n' * 2)
    command = [*PROGRAM, "extract", str(short), *(str(tmp_path / f"{n}.txt") for n in range(8))]
    process = subprocess.Popen(
        [*command, "--labels", "person", "--threads", "2", "--format", "jsonl", "--batch-size", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'{"id"')  # the others are being read
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - begun < 20  # a second, and more where the machine is busy
    finally:
        process.kill()
    assert process.returncode == 130
    assert err.endswith(b"samner: interrupted\n")


def test_ascii_terminals_and_closed_outputs_are_no_traceback() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*PROGRAM, "schema", "show", "größe"], env=env, capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert b"gr\\xf6\\xdfe" in done.stderr
    closed = subprocess.run(
        f'"{sys.executable}" -c "from samner.cli import main; main()" schema list >&- 2>&-',
        shell=True,
        timeout=30,
        check=False,
    )
    assert closed.returncode == 0


# With the shipped model.

TYPES = ["--labels", "person,city"]


@pytest.mark.model
@pytest.mark.parametrize("format", ["table", "json", "jsonl", "html", "conll", "markup"])
def test_extract_in_every_format(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("extract", SENTENCE, *TYPES, "--format", format, capsys=capsys)
    assert code == 0
    for name in ("Lovelace", "Babbage", "London"):
        assert name in out
    assert "person" in out


@pytest.mark.model
def test_good_documents_come_out_beside_bad_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary, lines = tmp_path / "b.txt", tmp_path / "l.jsonl"
    binary.write_bytes(b"\0\1")
    lines.write_text(
        json.dumps({"text": SENTENCE, "id": "one"}) + "\n{bad\n" + json.dumps({"tokens": SENTENCE.split()})
    )
    paths = [str(binary), str(lines), str(tmp_path / "gone.txt")]
    code, out, err = call("extract", *paths, *TYPES, "--format", "jsonl", capsys=capsys)
    assert code == 1
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in rows] == ["one", f"{lines}:3"]
    for row in rows:
        assert {"start", "end", "text", "label", "score", "archetype"} <= set(row["entities"][0])
        assert all(row["text"][e["start"] : e["end"]] == e["text"] for e in row["entities"])
    assert rows[1]["entities"][0]["first_token"] == 0
    assert len(err.splitlines()) == 3
    assert f"{lines}:2" in err


@pytest.mark.model
def test_explain_shows_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call("extract", SENTENCE, *TYPES, "--explain", capsys=capsys)
    assert out.index("1 discovery") < out.index("2 mediation") < out.index("3 calibration")
    _, out, _ = call("extract", SENTENCE, *TYPES, "--explain", "--format", "jsonl", capsys=capsys)
    assert set(json.loads(out)["trace"]) == {"text", "discovery", "mediation", "calibration"}
    strict = ("--explain", "--format", "jsonl", "--threshold", "1")
    _, out, _ = call("extract", SENTENCE, *TYPES, *strict, capsys=capsys)
    rows = json.loads(out)["trace"]["calibration"]
    assert rows
    assert all(row["decision"].startswith("does not come out") for row in rows)


@pytest.mark.model
def test_all_needs_no_types(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("extract", SENTENCE, "--all", "--format", "jsonl", capsys=capsys)
    entities = json.loads(out)["entities"]
    assert code == 0
    assert {"person", "location"} <= {e["label"] for e in entities}


@pytest.mark.model
def test_a_file_may_be_its_own_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(SENTENCE)
    code, out, _ = call("extract", str(path), *TYPES, "-f", "markup", "-o", str(path), capsys=capsys)
    assert (code, out) == (0, "")
    assert "[Ada Lovelace](person)" in path.read_text()


@pytest.mark.model
def test_eval_json_has_the_promised_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"text": SENTENCE, "entities": [{"start": 0, "end": 12, "label": "person"}]}))
    code, out, _ = call("eval", str(gold), *TYPES, "--json", capsys=capsys)
    report = json.loads(out)
    assert code == 0
    assert {"f1", "precision", "recall", "span_f1", "typing_accuracy", "types"} <= set(report)
    assert report["recall"] == 1.0
    code, out, _ = call("eval", str(gold), *TYPES, capsys=capsys)
    assert code == 0
    assert "strict" in out


@pytest.mark.model
def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("info", capsys=capsys)
    assert code == 0
    assert "onnxruntime" in out
    assert len(json.loads(call("info", "--json", capsys=capsys)[1])["sha256"]) == 64


@pytest.mark.model
def test_a_missing_model_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call("extract", "x", *TYPES, "--model", "./nowhere", capsys=capsys)
    assert code == 1
    assert "nowhere" in err
    assert err.count("\n") == 1
