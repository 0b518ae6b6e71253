"""Imports point downwards, and importing the package costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import samner

ROOT = Path(samner.__file__).parent

# A module may import those of earlier rows, and what shares its own name (its package). A row of one name is a layer
# of its own; names in one row know nothing of each other.
LAYERS = [
    ["errors", "readable", "workers"],
    ["types"],
    ["strict", "offsets", "locate", "options"],
    ["archetypes", "schema_rules", "passages"],
    ["schema", "reading", "ports"],
    ["given", "writing", "llms"],
    ["knowledge", "formats"],
    ["discovery", "mediation", "calibration", "engines", "extractors"],
    ["trace"],
    ["pipeline", "client"],
    ["corpora", "alike"],
    ["discover", "integrations", "serve"],
    ["bench"],
    ["train"],
    ["adapt", "distill"],
    ["cli"],
    ["__main__"],
]
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}
HEAVY = ("numpy", "onnxruntime", "tokenizers", "torch", "transformers", "yaml", "rich", "typer")


def imported(path: Path) -> Iterator[str]:
    """The modules of samner that a file imports anywhere in it, as names below `samner`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import, written out it can be searched for"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "samner"
                else [node.module or ""]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("samner."))


def test_imports_point_downwards() -> None:
    faults = []
    for path in sorted(ROOT.rglob("*.py")):
        own = path.relative_to(ROOT).with_suffix("").parts[0]
        if own == "__init__":
            continue
        assert own in RANK, f"give samner.{own} its row in LAYERS"
        upward = [n for n in imported(path) if n != own and RANK.get(n, -1) >= RANK[own]]
        faults += [f"{path.relative_to(ROOT)} imports samner.{name}" for name in upward]
    assert faults == []


def test_the_rule_sees_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "stage.py"
    path.write_text("def late():\n    from samner.pipeline import SamNER\n    import samner.bench.metrics\n")
    assert list(imported(path)) == ["pipeline", "bench"]


def python(code: str) -> str:
    """What a new interpreter prints. Times are of the processor: a busy machine is no fault of the package."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_importing_the_package_brings_nothing_heavy() -> None:
    code = f"import sys, samner; print([m for m in {HEAVY} if m in sys.modules])"
    assert python(code) == "[]"


def test_importing_the_package_is_quick() -> None:
    code = "import time; t = time.process_time(); import samner; print(time.process_time() - t)"
    assert min(float(python(code)) for _ in range(3)) < 0.2


def test_the_help_brings_no_model_and_is_quick() -> None:
    code = (
        "import sys, time; t = time.process_time(); from samner.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(time.process_time() - t, 'onnxruntime' in sys.modules, 'numpy' in sys.modules)"
    )
    lasts = [python(code).splitlines()[-1].split() for _ in range(3)]
    assert min(float(seconds) for seconds, *_ in lasts) < 0.3
    assert lasts[0][1:] == ["False", "False"]
