"""scripts/sync_corpus.py: nothing that was not agreed on gets into the corpus."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts/sync_corpus.py"


def run(*args: str | Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, SCRIPT, *args], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def master(tmp_path: Path) -> Path:
    folder = tmp_path / "master"
    folder.mkdir()
    (folder / "small.tsv").write_text("towns\t[[Bath|town]] is old.\n", encoding="utf-8")
    (folder / "small.types.tsv").write_text("town\tlocation\tplace\t\tA town.\n", encoding="utf-8")
    (folder / "README.md").write_text("# Small\n", encoding="utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path: Path, master: Path) -> Path:
    """A synced copy of the master, with a licence of its own."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "LICENSE").write_text("CC0", encoding="utf-8")
    code, said = run(master, "--into", folder, "--update")
    assert (code, said.count("added: ")) == (0, 3)
    return folder


def test_the_corpus_of_the_checkout_is_as_its_sums_say() -> None:
    assert run() == (0, f"48 files, as {ROOT / 'corpus/SHA256SUMS'} says\n")


def test_a_second_time_changes_nothing(master: Path, corpus: Path) -> None:
    assert run(master, "--into", corpus) == (0, f"3 files, as {corpus / 'SHA256SUMS'} says\n")
    assert (corpus / "LICENSE").read_text("utf-8") == "CC0"


def test_a_damaged_copy_is_mended_from_the_master(master: Path, corpus: Path) -> None:
    (corpus / "small.tsv").write_text("towns\tBath is old.\n", encoding="utf-8")
    assert run("--into", corpus)[0] == 1
    assert "changed: small.tsv\n" in run(master, "--into", corpus)[1]
    assert (corpus / "small.tsv").read_bytes() == (master / "small.tsv").read_bytes()


def test_a_changed_master_is_refused_until_it_is_accepted(master: Path, corpus: Path) -> None:
    before = (corpus / "small.tsv").read_bytes()
    (master / "small.tsv").write_text("towns\t[[Bath|town]] is very old.\n", encoding="utf-8")
    code, said = run(master, "--into", corpus)
    assert code == 1
    assert "small.tsv: other content" in said
    assert "--update" in said
    assert (corpus / "small.tsv").read_bytes() == before
    assert run(master, "--into", corpus, "--update")[0] == 0
    assert run("--into", corpus)[0] == 0
    assert (corpus / "small.tsv").read_bytes() != before


def test_a_file_that_the_master_dropped_is_removed(master: Path, corpus: Path) -> None:
    (master / "README.md").unlink()
    assert "README.md: missing" in run(master, "--into", corpus)[1]
    code, said = run(master, "--into", corpus, "--update")
    assert (code, "removed: README.md" in said) == (0, True)
    assert not (corpus / "README.md").exists()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("small.tsv", "towns\t[[Bath|city]] is old.\n", "small.tsv:1: type 'city' is not defined"),
        ("small.tsv", "towns\t[[Bath|town] is old.\n", "small.tsv:1: broken mark"),
        ("small.tsv", "x\tBath\nx\t[[Bath|town]]\n", "small.tsv:2: broken mark or repeated passage"),
        ("small.tsv", "no tab\n", "small.tsv:1: want DOMAIN<TAB>TEXT"),
        ("small.types.tsv", "town\tplace\t\t\tA town.\n", "small.types.tsv:1: want type, archetype"),
        ("more.tsv", "x\ty\n", "more.types.tsv: missing"),
    ],
)
def test_a_faulty_master_is_refused_even_with_update(
    master: Path, corpus: Path, name: str, content: str, fault: str
) -> None:
    before = (corpus / "SHA256SUMS").read_bytes()
    (master / name).write_text(content, encoding="utf-8")
    code, said = run(master, "--into", corpus, "--update")
    assert (code, fault in said) == (1, True)
    assert (corpus / "SHA256SUMS").read_bytes() == before


def test_a_missing_folder_is_one_line(tmp_path: Path, corpus: Path) -> None:
    code, said = run(tmp_path / "nowhere", "--into", corpus)
    assert code == 1
    assert "no corpus file" in said
    assert "Traceback" not in said
