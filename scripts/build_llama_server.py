"""Build llama.cpp's server and libraries for the tests, once, for the processor only.

The source is the one inside llama-cpp-python's source distribution, so that server, libraries and Python binding are of
the same revision, and a package index is all the network that this needs. The result lies in $SAMNER_BUILD or in the
user's cache folder; its path is printed. cmake and a C++ compiler must be
there; it takes about seven minutes on two cores.

    python scripts/build_llama_server.py
    # The binding then needs no build of its own; the tests let it find the libraries.
    CMAKE_ARGS=-DLLAMA_BUILD=OFF pip install $(python scripts/build_llama_server.py --requirement)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "0.3.36"
PACKAGE = f"llama-cpp-python[server]=={VERSION}"
SERVER = "llama-server.exe" if os.name == "nt" else "llama-server"
JOBS = os.environ.get("SAMNER_BUILD_JOBS", "2")
OFF = ("GGML_NATIVE", "GGML_OPENMP", "LLAMA_OPENSSL", "LLAMA_BUILD_UI", "LLAMA_USE_PREBUILT_UI")
OFF += ("LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_APP")
ON = ("BUILD_SHARED_LIBS", "LLAMA_BUILD_COMMON", "LLAMA_BUILD_TOOLS", "LLAMA_BUILD_SERVER")
ON += ("CMAKE_BUILD_WITH_INSTALL_RPATH",)  # so that the folder can be moved


def place() -> Path:
    """The folder of the server and its libraries, built or not."""
    base = os.environ.get("SAMNER_BUILD")
    return (Path(base) if base else Path.home() / ".cache" / "samner") / f"llama-{VERSION}"


def main() -> None:
    if "--requirement" in sys.argv:
        print(PACKAGE)
        return
    done = place()
    if not (done / SERVER).exists():
        with tempfile.TemporaryDirectory() as folder:
            built = build(source(Path(folder)), Path(folder) / "build")
            part = done.with_name(f"{done.name}.{os.getpid()}")
            shutil.copytree(built, part, symlinks=True)
            shutil.rmtree(done, ignore_errors=True)
            part.rename(done)
    print(done)


def source(folder: Path) -> Path:
    """llama.cpp's tree, unpacked in `folder`."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python"]
    subprocess.run([*pip, "--dest", str(folder), PACKAGE], check=True, stdout=sys.stderr)
    (archive,) = folder.glob("llama_cpp_python-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / f"llama_cpp_python-{VERSION}" / "vendor" / "llama.cpp"


def build(tree: Path, folder: Path) -> Path:
    """The folder with what was built. Little optimisation: the tests' models are tiny, the compiler is not."""
    flags = [f"-D{name}=OFF" for name in OFF] + [f"-D{name}=ON" for name in ON]
    flags += [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
        "-DCMAKE_INSTALL_RPATH=$ORIGIN",
    ]
    ninja = ["-G", "Ninja"] if shutil.which("ninja") else []
    nice = ["nice", "-n", "15"] if shutil.which("nice") else []
    for command in (
        ["cmake", *ninja, "-S", str(tree), "-B", str(folder), *flags],
        ["cmake", "--build", str(folder), "--target", "llama-server", "--parallel", JOBS],
    ):
        subprocess.run([*nice, *command], check=True, stdout=sys.stderr)
    return folder / "bin"


if __name__ == "__main__":
    main()
