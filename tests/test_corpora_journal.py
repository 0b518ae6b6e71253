"""What a journal, a receipt and an output folder keep through a kill or a loss of power; no model."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from samner.corpora.folder import Folder, locked, write_whole
from samner.corpora.journal import Journal
from samner.corpora.receipts import Receipt, read_receipts, write_errors
from samner.corpora.stream import BEGINNING, Position
from samner.corpora.tally import SLOWEST, Tally
from samner.errors import FormatError, InputError

ENTITY = {"label": "city", "archetype": "location", "score": 0.61}


def chunk(journal: Journal, n: int) -> None:
    """The n-th chunk: two documents, one of which failed."""
    tally = Tally(documents=1, failed=1)
    tally.add([ENTITY])
    lines = [("R", json.dumps({"row": n})), ("E", json.dumps({"error": n}))]
    journal.append(lines, Position(0, 10 * (n + 1), 2 * (n + 1)), 2, 10, tally)


def content(journal: Journal) -> tuple[list[bytes], list[bytes], Position | None, int, int]:
    progress = journal.progress
    return (
        list(journal.lines("R")),
        list(journal.lines("E")),
        progress.after,
        progress.documents,
        progress.tally.types["city"],
    )


def test_a_journal_cut_anywhere_keeps_its_whole_chunks(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    ends = [0]
    for n in range(3):
        chunk(journal, n)
        ends.append(path.stat().st_size)
    journal.close()
    data = path.read_bytes()
    for cut in range(0, len(data) + 1, 31):
        path.write_bytes(data[:cut])
        kept = sum(end <= cut for end in ends) - 1
        journal = Journal(path)
        rows, errors, after, documents, cities = content(journal)
        assert rows == [b'{"row": %d}\n' % n for n in range(kept)]
        assert errors == [b'{"error": %d}\n' % n for n in range(kept)]
        assert after == (Position(0, 10 * kept, 2 * kept) if kept else None)
        assert (documents, cities) == (2 * kept, kept)
        for n in range(kept, 3):
            chunk(journal, n)
        journal.close()
        assert path.read_bytes() == data


def test_a_block_of_zeros_is_no_chunk(tmp_path: Path) -> None:
    """A loss of power may leave the length of a file, and not its bytes."""
    path = tmp_path / "j"
    journal = Journal(path)
    chunk(journal, 0)
    first = path.stat().st_size
    chunk(journal, 1)
    journal.close()
    data = bytearray(path.read_bytes())
    data[first + 5] ^= 1
    path.write_bytes(data)
    journal = Journal(path)
    assert journal.progress.documents == 2
    assert path.stat().st_size == first
    journal.close()
    path.write_bytes(data[:first] + bytes(300))
    journal = Journal(path)
    assert (journal.progress.documents, path.stat().st_size) == (2, first)
    journal.close()


def test_stretches_of_a_long_document_are_kept_until_it_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    chunk(journal, 0)
    journal.append_part([[0, 3, "Ada", "person", 0.123456789012345678, "person", [], []]])
    journal.append_part([])
    journal.close()
    journal = Journal(tmp_path / "j")
    assert journal.progress.parts == [[[0, 3, "Ada", "person", 0.123456789012345678, "person", [], []]], []]
    assert journal.progress.documents == 2
    chunk(journal, 1)
    journal.close()
    journal = Journal(tmp_path / "j")
    assert (journal.progress.parts, journal.progress.documents) == ([], 4)
    journal.close()


def test_a_second_worker_at_a_shard_has_a_journal_of_its_own(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j")
    chunk(first, 0)
    second = Journal(tmp_path / "j")
    assert second.progress.documents == 0
    chunk(second, 5)
    assert list(first.lines("R")) == [b'{"row": 0}\n']
    assert list(second.lines("R")) == [b'{"row": 5}\n']
    second.remove()
    first.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")

    def fails(file: object) -> None:
        file.write(b"new, but")  # type: ignore[attr-defined]
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(path, fails)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write_whole(path, lambda file: file.write(b"new"))
    assert path.read_text() == "new"


def test_a_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    folder.create()
    with (
        locked(folder),
        pytest.raises(InputError, match="no run is at work in"),
        locked(Folder(tmp_path / "out")),
    ):
        pass
    with locked(folder):
        pass


def test_receipts_come_in_order_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.create()
    for number in (11, 200_000, 2, 1_000_000):
        row = {"source": f"s{number}", "error": "E", "message": "m", "retryable": False}
        places = {"before": BEGINNING, "after": Position(0, 5, 1)}
        Receipt(number, BEGINNING, Position(1, 0, 0), Tally(failed=1), [row | places], "").write(folder)
    assert [receipt.shard for receipt in read_receipts(folder)] == [2, 11, 200_000, 1_000_000]
    assert write_errors(folder) == 4
    rows = [json.loads(line) for line in (tmp_path / "errors.jsonl").open()]
    assert [row["source"] for row in rows] == ["s2", "s11", "s200000", "s1000000"]
    assert set(rows[0]) == {"source", "error", "message", "retryable"}
    folder.receipt(2).write_text("{")
    with pytest.raises(FormatError, match=r"000002\.json; remove it"):
        list(read_receipts(folder))


def test_tallies_add_up_and_survive_json() -> None:
    one, two = Tally(), Tally(documents=3, seconds=1.5)
    one.add([ENTITY, ENTITY | {"score": 1.0}])
    two.add([ENTITY | {"label": "person"}])
    for n in range(2 * SLOWEST):
        (one if n % 2 else two).time(n / 10, f"d{n}", n)
    one.merge(two)
    assert (one.documents, one.entities) == (3, 3)
    assert one.types == {"city": 2, "person": 1}
    assert (one.scores[12], one.scores[19]) == (2, 1)
    assert [name for _, name, _ in one.slowest] == [f"d{n}" for n in range(2 * SLOWEST - 1, SLOWEST - 1, -1)]
    assert Tally.of(json.loads(json.dumps(one.to_dict()))) == one


def test_half_written_files_are_cleared_away(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.create()
    (tmp_path / f".shard-000000.jsonl.{os.getpid()}.part").write_text("half")
    (folder.state / ".000000.json.1.part").write_text("half")
    folder.clean()
    assert [p.name for p in tmp_path.rglob("*")] == [".state"]


def test_a_slow_disk_holds_nothing_up_and_a_failing_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own fsync, behind a gate; then one that fails as a broken disk does."""
    gate, sync = threading.Event(), os.fsync

    def slow(handle: int) -> None:
        assert gate.wait(30)
        sync(handle)

    monkeypatch.setattr("samner.corpora.journal.SYNC", 0.0)
    monkeypatch.setattr(os, "fsync", slow)
    journal = Journal(tmp_path / "j")
    for n in range(3):
        chunk(journal, n)  # would wait for ever
    gate.set()
    journal.close()
    assert content(Journal(tmp_path / "j"))[3] == 6

    def broken(_handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    journal = Journal(tmp_path / "k")
    chunk(journal, 0)
    journal._pool.shutdown()  # the sync has failed by now
    with pytest.raises(OSError, match="Input/output error"):
        chunk(journal, 1)
    journal.close()
