"""llama.cpp's own server with a tiny random model, for tests: `scripts/build_llama_server.py` builds it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tiny_llm import tiny_gguf

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
from build_llama_server import SERVER, place


def use_built_libraries() -> None:
    """Let a llama-cpp-python that was installed without libraries take those that were built with the server."""
    found = find_spec("llama_cpp")
    if found and found.origin and not (Path(found.origin).parent / "lib").exists() and place().exists():
        os.environ.setdefault("LLAMA_CPP_LIB_PATH", str(place()))


@contextmanager
def llama_server(folder: Path, seed: int = 0) -> Iterator[str]:
    """The base URL of a server; skips the test where none was built."""
    program = place() / SERVER
    if not program.exists():
        pytest.skip("no llama-server: run python scripts/build_llama_server.py")
    pytest.importorskip("gguf")
    port = free_port()
    more = ["--ctx-size", "32768", "--parallel", "4", "--threads", "1", "--no-webui"]
    command = [str(program), "--model", str(tiny_gguf(folder, seed)), "--port", str(port), *more]
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as child,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/health", child)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            child.kill()


def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(url: str, child: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert child.poll() is None, "llama-server ended: see server.log"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(url)
