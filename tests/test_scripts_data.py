"""scripts/fetch_data.py: copies only what has the right sum, and says where to get what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

SCRIPTS = Path(__file__).parent.parent / "scripts"
SETS = SCRIPTS.parent / "src/samner/train/licences.yaml"
GIVEN = {
    "train/wnut17.jsonl.gz": b"rows",
    "crossner/ai.test.txt": b"AI\tB-field\n",
    "crossner/LICENSE": b"MIT",
}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out like the data folder, whose sums are those that the script knows."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import fetch_data
    from sums import sha256, write_sums

    folder = tmp_path / "source"
    for path, content in GIVEN.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    write_sums(tmp_path / "sums", {path: sha256(folder / path) for path in GIVEN})
    monkeypatch.setattr(fetch_data, "SUMS", tmp_path / "sums")
    return folder


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: str | Path
) -> tuple[int, str, str]:
    import fetch_data

    monkeypatch.setattr(sys, "argv", ["fetch_data.py", *map(str, args)])
    return (fetch_data.main(), *capsys.readouterr())


BOTH = ("--set", "wnut17", "--set", "crossner")


def test_copies_what_is_right(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(monkeypatch, capsys, tmp_path / "dest", "--from", source, *BOTH)
    assert (code, err) == (0, "")
    assert "wnut17: WNUT-17, emerging and rare entities, CC-BY-4.0: there\n" in out
    for path, content in GIVEN.items():
        assert (tmp_path / "dest" / path).read_bytes() == content


def test_other_content_is_not_copied(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "train/wnut17.jsonl.gz").write_bytes(b"other rows")
    code, out, err = run(monkeypatch, capsys, tmp_path / "dest", "--from", source, *BOTH)
    assert code == 1
    assert "train/wnut17.jsonl.gz: other content" in err
    assert "wnut17: WNUT-17, emerging and rare entities, CC-BY-4.0: MISSING" in out
    assert not (tmp_path / "dest/train").exists()
    assert (tmp_path / "dest/crossner/ai.test.txt").exists()  # the good ones come all the same


def test_a_missing_set_comes_with_directions(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dest = tmp_path / "dest"
    code, out, _ = run(monkeypatch, capsys, dest, "--set", "wnut17")
    assert code == 1
    assert "from https://github.com/leondz/emerging_entities_17" in out
    assert f"put it at {dest / 'train/wnut17.jsonl.gz'}, as " in out


def test_a_set_made_by_oneself_counts_and_is_told_apart(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "train/wnut17.jsonl.gz").write_bytes(b"own rows")
    code, out, _ = run(monkeypatch, capsys, source, "--set", "wnut17")
    assert code == 0
    assert "not the file that the shipped weights were trained on" in out


def test_a_download_is_kept_only_with_the_right_sum(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import fetch_data

    web = tmp_path / "web"
    web.mkdir()
    monkeypatch.setattr(fetch_data, "CROSSNER", f"{web.as_uri()}/{{domain}}.{{part}}")
    (web / "ai.test").write_bytes(b"damaged")
    code, _, err = run(monkeypatch, capsys, tmp_path / "dest", "--set", "crossner")
    assert code == 1
    assert "other content by now" in err
    assert not any((tmp_path / "dest/crossner").iterdir())
    (web / "ai.test").write_bytes(GIVEN["crossner/ai.test.txt"])
    code, out, _ = run(monkeypatch, capsys, tmp_path / "dest", "--set", "crossner")
    assert (code, "crossner: CrossNER, MIT: there" in out) == (0, True)


def test_every_set_has_its_files_and_every_file_its_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import fetch_data
    from sums import read_sums

    sums, sets = read_sums(fetch_data.SUMS), fetch_data.known_sets()
    files = [fetch_data.files_of(name, sums) for name in sets]
    assert all(files)
    assert sorted(path for of_set in files for path in of_set) == sorted(sums)
    assert set(sets) == {
        n for row in yaml.safe_load(SETS.read_text("utf-8"))["sets"] for n in row["names"]
    } | {"crossner"}
