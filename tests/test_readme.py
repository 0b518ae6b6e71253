"""The README's examples run and show what they say; the results it shows are held by test_bench_readme.

A python or sh block is run, unless `<!-- not run -->` stands before it; a text block right after it is its output, in
which white space is loose and a figure with decimals may be off by 0.3 (scores are the model's, and models change).
`<!-- file: NAME -->` before a block makes it a file of the folder that all examples run in.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(
    r"(?:<!-- ([^>]*) -->\n)?^```(\w+)\n(.*?)^```$(\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL
)
FIGURE = re.compile(r"\d+\.\d+")


class Example(NamedTuple):
    mark: str
    language: str
    source: str
    output: str | None


def examples(text: str) -> Iterator[Example]:
    for mark, language, source, _, output in BLOCK.findall(text):
        yield Example(mark, language, source, output or None)


def alike(shown: str, said: str) -> bool:
    """Word for word the same, figures with decimals nearly."""
    mine, its = shown.split(), said.split()
    return len(mine) == len(its) and all(_near(a, b) for a, b in zip(mine, its, strict=True))


def _near(shown: str, said: str) -> bool:
    if FIGURE.fullmatch(shown) and FIGURE.fullmatch(said):
        return abs(float(shown) - float(said)) <= 0.3
    return shown == said


def test_the_rules_of_these_tests() -> None:
    text = "<!-- not run -->\n```sh\na\n```\n\n```python\nb\n```\n\n```text\nc 0.50\n```\n\nd\n\n```text\ne\n```\n"
    assert list(examples(text)) == [
        Example("not run", "sh", "a\n", None),
        Example("", "python", "b\n", "c 0.50\n"),
        Example("", "text", "e\n", None),
    ]
    assert alike("x  0.50\ny", "x 0.79 y\n")
    assert not alike("x 0.50", "x 0.81")
    assert not alike("0 5 Nokia", "0 6 Nokia")
    assert not alike("x", "x y")


def _shell(source: str, folder: Path) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    surroundings = os.environ | {"PATH": path, "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", source],
        capture_output=True,
        text=True,
        cwd=folder,
        env=surroundings,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def run_examples(page: Path, folder: Path) -> int:
    """Run the examples of a page in a folder, and compare what they say; the number of those run."""
    names: dict[str, object] = {}
    run = 0
    for example in examples(page.read_text("utf-8")):
        if example.mark == "not run":
            continue
        if example.mark.startswith("file: "):
            (folder / example.mark.removeprefix("file: ")).write_text(example.source, encoding="utf-8")
            continue
        if example.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(example.source, page.name, "exec"), names)
            said = out.getvalue()
        elif example.language == "sh":
            said = _shell(example.source, folder)
        else:
            pytest.fail(f"a block that is neither run nor the output of one: {example.source!r}")
        run += 1
        assert alike(example.output or "", said), f"{example.source}\nshown:\n{example.output}\nsaid:\n{said}"
    return run


@pytest.mark.model
def test_every_example_runs_and_shows_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert run_examples(ROOT / "README.md", tmp_path) > 10
    assert (tmp_path / "out.jsonl").stat().st_size > 0
    assert (tmp_path / "report.json").stat().st_size > 0


def test_links_lead_somewhere() -> None:
    links = re.findall(
        r"\]\(((?!http)[^)#]+\.?\w*)\)",
        re.sub(r"```.*?```", "", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL),
    )
    assert {"CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"} <= set(links)
    assert [link for link in links if not (ROOT / link).exists()] == []
