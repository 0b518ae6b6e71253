"""`samner run` with the shipped model: rows, errors, resume, retry, refusals; JSON Lines in and out, the core alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from corpus_runs import LABELS, command, lines_file, rows_of, run_to_the_end, run_until_chunk
from llm_rules import Rules, by_mention
from samner import LLMUse, SamNER
from samner.bench.corpora_state import final_bytes
from samner.bench.workload import texts
from samner.cli.main import run as samner
from samner.corpora import Limits, Options, run
from samner.corpora.stream import Position
from samner.corpora.tally import Tally
from samner.errors import InputError

pytestmark = pytest.mark.model
TYPES = LABELS.split(",")


def small(**more: object) -> Options:
    return Options(limits=Limits(15, 1 << 20), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, ner: SamNER) -> Path:
    """The folder of an undisturbed run over in.jsonl beside it: 40 documents, four of them bad, three shards."""
    folder = tmp_path_factory.mktemp("whole")
    run([lines_file(folder / "in.jsonl", 40)], folder / "out", ner, TYPES, options=small())
    return folder / "out"


def test_rows_are_what_extract_gives(whole: Path, ner: SamNER) -> None:
    rows = rows_of(whole)
    assert [row["id"] for row in rows] == [f"d{n}" for n in range(40) if n % 10 != 9]
    assert [row["source"].rsplit(":", 1)[1] for row in rows] == [str(n + 1) for n in range(40) if n % 10 != 9]
    for row in rows:
        assert row["entities"] == [entity.to_dict() for entity in ner.extract(row["text"], TYPES)]
        assert all(row["text"][e["start"] : e["end"]] == e["text"] for e in row["entities"])
        assert row["model"] == ner.info.hash[:16]
        assert row["schema"] == ner.compile(TYPES).schema.fingerprint[:16]
    assert sum(len(row["entities"]) for row in rows) > 40


def test_a_shard_ends_at_its_limit_and_bad_lines_count(whole: Path) -> None:
    lengths = [len(path.read_text().splitlines()) for path in sorted(whole.glob("shard-*"))]
    assert lengths == [14, 13, 9]  # of 15, 15 and 10 lines, in which one, two and one are broken
    errors = [json.loads(line) for line in (whole / "errors.jsonl").open()]
    assert [error["source"].rsplit(":", 1)[1] for error in errors] == ["10", "20", "30", "40"]
    assert all(error["error"] == "FormatError" and "syntax error" in error["message"] for error in errors)


def test_the_report_counts_what_the_shards_hold(whole: Path) -> None:
    report = json.loads((whole / "report.json").read_text())
    entities = [entity for row in rows_of(whole) for entity in row["entities"]]
    assert (report["documents"], report["failed"], report["entities"]) == (36, 4, len(entities))
    assert dict(report["types"]) == {name: sum(e["label"] == name for e in entities) for name in TYPES}
    assert sum(report["scores"]) == len(entities)
    assert sum(count for _, count in report["archetypes"]) == len(entities)
    assert len(report["slowest"]) == 10
    assert "36 documents, " in (whole / "report.txt").read_text()


@pytest.mark.parametrize(("chunks", "shards"), [(1, 0), (2, 1)])
def test_a_killed_run_goes_on_to_the_same_bytes(
    whole: Path, tmp_path: Path, chunks: int, shards: int
) -> None:
    """Killed with a shard's chunk in the journal and nothing else of that shard; a chunk here is a whole shard."""
    source, out = whole.parent / "in.jsonl", tmp_path / "out"
    limits = ("--shard-documents", "15")
    run_until_chunk(chunks, [source], out, *limits)
    assert len(list(out.glob("shard-*"))) == shards
    assert (out / ".state" / f"{shards:06d}.journal").stat().st_size
    assert not (out / "report.txt").exists()
    assert (out / "errors.jsonl").exists()  # it fills shard by shard
    done = run_to_the_end([source], out, *limits)
    assert done.returncode == 1  # four documents failed
    assert "36 documents" in done.stdout
    assert done.stderr == ""  # no bar without a terminal
    assert final_bytes(out) == final_bytes(whole)


def test_a_disk_that_is_full_loses_nothing(whole: Path, tmp_path: Path) -> None:
    """Writing fails in the middle of the run, as the system lets no file grow any further."""
    source, out = whole.parent / "in.jsonl", tmp_path / "out"
    arguments = command([source], out, "--shard-documents", "15")
    failed = subprocess.run(
        ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *arguments], capture_output=True, text=True, timeout=600
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("samner: ")
    assert failed.stderr.endswith(
        "File too large; raise the limit on the size of files (ulimit -f), and run the same command again\n"
    )
    assert not list(out.glob(".*.part"))
    assert run_to_the_end([source], out, "--shard-documents", "15").returncode == 1
    assert final_bytes(out) == final_bytes(whole)


class Stopped(Exception):
    """Stands for whatever ends a run between two chunks."""


def stop_after(chunks: int) -> object:
    def watch(_tally: Tally, _position: Position) -> None:
        nonlocal chunks
        chunks -= 1
        if chunks < 0:
            raise Stopped

    return watch


def test_stopped_at_every_chunk_it_still_finishes(tmp_path: Path, ner: SamNER) -> None:
    source = lines_file(tmp_path / "in.jsonl", 100)
    run([source], tmp_path / "whole", ner, TYPES)
    stops = 0
    while True:
        try:
            outcome = run([source], tmp_path / "out", ner, TYPES, watch=stop_after(1))  # type: ignore[arg-type]
            break
        except Stopped:
            stops += 1
    assert stops == 3  # the first chunk of each is new: 32, 64, 96 and 100 documents
    assert outcome.total.documents == 90
    assert final_bytes(tmp_path / "out") == final_bytes(tmp_path / "whole")
    assert not list((tmp_path / "out" / ".state").glob("*.journal"))


def test_a_finished_run_reads_nothing_again(whole: Path, tmp_path: Path, ner: SamNER) -> None:
    seen: list[Tally] = []
    outcome = run(
        [whole.parent / "in.jsonl"], whole, ner, TYPES, options=small(), watch=lambda t, _: seen.append(t)
    )
    assert [tally.documents for tally in seen] == [36]  # what was done before, told once
    assert outcome.before.documents == outcome.total.documents == 36


def test_without_a_schema_every_entity_comes_out(tmp_path: Path, ner: SamNER) -> None:
    (tmp_path / "a.txt").write_text("Ada Lovelace wrote to Charles Babbage in London.")
    run([tmp_path / "a.txt"], tmp_path / "out", ner, None, options=Options(text=False))
    (row,) = rows_of(tmp_path / "out")
    assert "text" not in row
    assert row["schema"] == "every"
    assert [e["text"] for e in row["entities"]] == ["Ada Lovelace", "Charles Babbage", "London"]


def test_retry_reads_the_failed_ones_alone(tmp_path: Path, ner: SamNER) -> None:
    """A document fails while a file is away; brought back, a retry gives what a run without the fault gives."""
    for n in range(5):
        (tmp_path / f"{n}.txt").write_text(texts()[n])
    inputs = [str(tmp_path / f"{n}.txt") for n in range(5)]
    run(inputs, tmp_path / "whole", ner, TYPES)
    from samner.corpora.sources import find_sources

    sources = find_sources(inputs)
    away = tmp_path / "2.txt"
    away.rename(tmp_path / "away")
    outcome = run(sources, tmp_path / "out", ner, TYPES)
    assert (outcome.total.documents, outcome.total.failed) == (4, 1)
    (error,) = [json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").open()]
    assert error["source"] == str(away)
    assert "No such file" in error["message"]
    again = run(sources, tmp_path / "out", ner, TYPES, retry_errors=True)
    assert (again.total.documents, again.total.failed) == (4, 1)  # it fails again, and nothing is lost
    (tmp_path / "away").rename(away)
    mended = run(sources, tmp_path / "out", ner, TYPES, retry_errors=True)
    assert (mended.total.documents, mended.total.failed, mended.before.documents) == (5, 0, 4)
    assert final_bytes(tmp_path / "out") == final_bytes(tmp_path / "whole")
    assert mended.total.entities == sum(len(row["entities"]) for row in rows_of(tmp_path / "out"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": ["person", "town"]}, ["the schema", "-city", "+town"]),
        ({"options": small(text=False)}, ["the options", "text true -> false"]),
        ({"source": "lines added"}, ["the input files"]),
    ],
)
def test_another_run_is_refused(
    whole: Path, tmp_path: Path, ner: SamNER, change: dict[str, object], said: list[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes((whole.parent / "in.jsonl").read_bytes()[:2000])
    out = tmp_path / "out"
    run([source], out, ner, TYPES, options=small())
    before = final_bytes(out)
    if "source" in change:
        source.write_bytes(source.read_bytes() + b"{}\n")
    with pytest.raises(InputError) as refused:
        run([source], out, ner, change.get("schema", TYPES), options=change.get("options", small()))  # type: ignore[arg-type]
    assert all(part in str(refused.value) for part in [*said, "choose another --out"])
    assert final_bytes(out) == before


def test_the_command_line_says_what_is_wrong(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = str(whole.parent / "in.jsonl"), str(tmp_path / "out")
    for args, said in (
        ([source, "--out", out], "expected --labels or --schema"),
        ([source, "--out", out, "--all", "--labels", "a"], "--all alone"),
        ([source, "--out", out, "--labels", "a", "--format", "xml"], "jsonl"),
        ([str(tmp_path / "gone.txt"), "--out", out, "--labels", "a"], "nothing at"),
        ([source, "--out", out, "--labels", "a", "--workers", "2"], "--ray beside --workers"),
        ([source, source, "--out", out, "--labels", "a"], "twice"),
        ([source, "--out", str(whole), "--labels", "a"], "choose another --out"),
        ([source, "--out", source, "--labels", "a"], "a folder to write to"),
    ):
        assert samner(["run", *args]) == 2
        assert said in capsys.readouterr().err
    assert not Path(out).exists()


def test_a_long_document_is_kept_stretch_by_stretch(
    tmp_path: Path, ner: SamNER, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at every stretch, a document that takes longer than any run may last is still read, as in one go."""
    from samner.corpora.journal import Journal

    text = "\n".join(texts())
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "b.txt").write_text(texts()[0])
    write, room = Journal.append_part, 0

    def stopping(self: Journal, part: list[object]) -> None:
        nonlocal room
        if room == 0:
            raise KeyboardInterrupt
        room -= 1
        write(self, part)

    monkeypatch.setattr(Journal, "append_part", stopping)
    stops = 0
    while True:
        room = 2
        try:
            run([tmp_path / "a.txt", tmp_path / "b.txt"], tmp_path / "out", ner, TYPES)
            break
        except KeyboardInterrupt:
            stops += 1
    assert stops >= 2
    first, second = rows_of(tmp_path / "out")
    assert first["entities"] == [entity.to_dict() for entity in ner.extract(text, TYPES)]
    assert second["id"] == str(tmp_path / "b.txt")


def test_a_language_model_is_counted_and_named(tmp_path: Path) -> None:
    """The hybrid engine on an LLM made of rules: its answers are the labels, and the report tells what it cost."""
    (tmp_path / "a.txt").write_text("Angela Merkel met Emmanuel Macron of the CDU in Berlin.")
    (tmp_path / "b.txt").write_text("Siemens is based in Munich.")
    (tmp_path / "c.txt").write_bytes(b"\0")
    llm = Rules(by_mention({"CDU": "city", "Berlin": "person", "Munich": "company"}))
    ner = SamNER(engine="hybrid", llm=llm, use=LLMUse(gate=None), cache_dir=False, threads=2)
    options = Options(llm={"gate": None})
    outcome = run([tmp_path], tmp_path / "out", ner, TYPES, options=options, prices=(1.0, 2.0))
    found = {e["text"]: e["label"] for row in rows_of(tmp_path / "out") for e in row["entities"]}
    assert (found["CDU"], found["Berlin"], found["Munich"]) == ("city", "person", "company")
    assert (outcome.total.documents, outcome.total.failed) == (2, 1)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["usage"]["requests"] == len(llm.asked) == 2
    tokens = report["usage"]["tokens_in"] * 1.0 + report["usage"]["tokens_out"] * 2.0
    assert report["usage"]["money"] == pytest.approx(tokens / 1_000_000) != 0
    assert report["events"]["calibrator: answered"] >= 3
    assert "language model" in outcome.text
    with pytest.raises(InputError, match="the language model or how it is asked"):
        run([tmp_path], tmp_path / "out", ner, TYPES, options=Options(llm={"gate": 0.5}))
