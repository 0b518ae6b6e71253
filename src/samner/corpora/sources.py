"""What the arguments of a run stand for: files, in a fixed order, here or behind any URL that fsspec opens."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samner.errors import InputError, MissingExtraError, SamnerError

KINDS = {
    **dict.fromkeys((".txt", ".md", ".markdown", ".text"), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".jsonl", ".ndjson"), "lines"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    ".parquet": "parquet",
    ".arrow": "arrow",
}
PACKED = (".gz", ".bz2", ".xz", ".zst")
_STAMPS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the input. `name` is its path or URL, `kind` the reader's name, `size` its bytes (0: not told),
    `stamp` whatever tells one version of it from the next."""

    name: str
    kind: str
    size: int
    stamp: str

    @property
    def packed(self) -> str:
        """The suffix of its compression, or ""."""
        suffix = os.path.splitext(self.name)[1].lower()
        return suffix if suffix in PACKED else ""


def find_sources(arguments: Iterable[str]) -> list[Source]:
    """The files that paths, folders, globs and URLs stand for; those of a folder or glob sorted by name.

    A folder stands for the files in it of a known kind, hidden ones passed over. Raises InputError for an argument
    that stands for no file, and for a file named twice.
    """
    return once([source for argument in arguments for source in _of_argument(argument)])


def once(sources: list[Source]) -> list[Source]:
    """The sources, if none is among them twice; InputError otherwise."""
    seen: set[str] = set()
    for source in sources:
        if source.name in seen:
            raise InputError("every file once", f"{source.name} twice", "name it once")
        seen.add(source.name)
    return sources


def fingerprint(sources: Sequence[Source]) -> str:
    """SHA-256 of names, sizes and stamps: positions in the input mean something only while this stays."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(repr(tuple(asdict(source).values())).encode())
    return digest.hexdigest()


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError("fsspec", "corpora") from None
    try:
        return url_to_fs(url)  # type: ignore[no-any-return]
    except (ImportError, ValueError) as error:  # a protocol of another package, or of none
        raise InputError("a URL that fsspec opens", f"{url}: {error}", "install what it names") from None


def _of_argument(argument: str) -> list[Source]:
    try:
        found = list(_remote(argument) if "://" in argument else _local(argument))
    except SamnerError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise InputError(
            "a readable input", f"{argument}: {error}", "check the name and the access"
        ) from None
    if not found:
        raise InputError(
            f"files ending in {', '.join(KINDS)}, or these with {', '.join(PACKED)}",
            f"none at {argument}",
            "check the path, or name a file",
        )
    return found


def _local(argument: str) -> Iterator[Source]:
    if os.path.isfile(argument):
        yield _local_file(argument, kind_of(argument) or "text")
    elif os.path.isdir(argument):
        yield from (_local_file(name, kind) for name, kind in _known(_walk(argument)))
    elif glob.has_magic(argument):
        names = (n for n in glob.glob(argument, recursive=True) if os.path.isfile(n))
        yield from (_local_file(name, kind) for name, kind in _known(names))
    elif os.path.lexists(argument):
        raise InputError("a file or folder", f"{argument}, which is neither", "name what holds the texts")
    else:
        raise InputError("a file, folder, glob or URL", f"nothing at {argument}", "check the name")


def _local_file(name: str, kind: str) -> Source:
    about = os.stat(name)
    return Source(name, kind, about.st_size, str(about.st_mtime_ns))


def _walk(folder: str) -> Iterator[str]:
    """Linked folders may form a loop: they are passed over, as hidden ones are."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(root, name) for name in names if not name.startswith("."))


def _remote(url: str) -> Iterator[Source]:
    fs, path = filesystem(url)
    if glob.has_magic(path) and not fs.exists(path):
        names = fs.glob(path)
    elif fs.isfile(path):
        yield _remote_file(fs, path, kind_of(path.split("?")[0]) or "text")
        return
    else:
        fs.info(path)  # raises what is wrong where there is nothing
        names = (n for n in fs.find(path) if not any(p.startswith(".") for p in n[len(path) :].split("/")))
    yield from (_remote_file(fs, name, kind) for name, kind in _known(names))


def _remote_file(fs: Any, path: str, kind: str) -> Source:
    about = fs.info(path)
    stamp = next((str(about[key]) for key in _STAMPS if about.get(key)), "")
    return Source(fs.unstrip_protocol(path), kind, about.get("size") or 0, stamp)


def _known(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The files of a known kind, sorted, with it; of a Hugging Face `datasets` folder its data, not its caches."""
    for name in sorted(names):
        kind = kind_of(name)
        if kind is not None and not (kind == "arrow" and Path(name).name.startswith("cache-")):
            yield name, kind


def kind_of(name: str) -> str | None:
    """The reader for a file of that name, None where its suffix says nothing."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix in PACKED:
        suffix = os.path.splitext(stem)[1]
    return KINDS.get(suffix)
