"""Documents from files, and failures in the place of bad ones."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from samner.errors import InputError
from samner.reading import check_encoding, read_documents
from samner.types import Document, Failure


def texts(*paths: str | Path, encoding: str = "utf-8") -> list[str]:
    """The texts of documents, and the messages of failures after a "!"."""
    read = read_documents(paths, encoding)
    return [d.text if isinstance(d, Document) else f"!{d.error}" for d in read]


def only_error(*paths: str | Path, encoding: str = "utf-8") -> str:
    (message,) = texts(*paths, encoding=encoding)
    assert message.startswith("!")
    assert "\n" not in message
    return message


def test_a_text_file_is_one_document_with_its_path_as_id(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"One.\r\nTwo \xc3\xa9.\n")
    assert list(read_documents([path])) == [Document("One.\r\nTwo é.\n", str(path))]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_empty_document(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert list(read_documents([path])) == [Document("", str(path))]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    for name in ("a.txt", "a.jsonl"):
        (tmp_path / name).write_bytes(b'\xef\xbb\xbf{"text": "x"}')
    assert texts(tmp_path / "a.txt", tmp_path / "a.jsonl") == ['{"text": "x"}', "x"]


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "One.", "id": "first"}\n\n{"tokens": ["Ada", "wrote"], "extra": 1}\n{"text": "x", "id": 7}\n'
        '{"text": "y", "id": null}'
    )
    first, second, third, last = read_documents([path])
    assert first == Document("One.", "first")
    assert second == Document.from_tokens(["Ada", "wrote"], f"{path}:3")
    assert third == Document("x", "7")
    assert last == Document("y", f"{path}:5")


BAD_LINES = [
    (b"{nope", "a syntax error"),
    (b"[1]", "a JSON object a line, found list"),
    (b'{"txt": "x"}', "neither at"),
    (b'{"text": null, "tokens": ["a"]}', "neither at"),
    (b'{"tokens": ["a", ""]}', "neither at"),
    (b'{"text": "x", "id": [1]}', "as id"),
    (b'{"text": "\xff"}', "byte 0xff at offset 10"),
    (b"[" * 100_000, "a JSON object"),
    (b'{"text": "x", "n": ' + b"9" * 5000 + b"}", ""),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_line_is_a_failure_in_its_place(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    before, bad, after = texts(path)
    assert (before, after) == ("before", "after")
    assert bad.startswith("!")
    assert message in bad
    assert f"{path}:2" in bad


def test_a_surrogate_escape_in_json_is_kept_for_the_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "a\ud800b"}')
    assert texts(path) == ["a\ud800b"]


def test_folders_are_recursive_sorted_and_take_known_suffixes(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.MD", "a/k.jsonl", "c.png", ".hidden.txt", ".git/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"text": "line"}' if name.endswith("jsonl") else name)
    os.symlink(tmp_path, tmp_path / "a" / "loop")
    assert texts(tmp_path) == ["line", "a/z.MD", "b.txt"]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in only_error(tmp_path)


def test_stdin_is_one_document() -> None:
    assert list(read_documents(["-"], stdin=io.BytesIO(b"Ada\nwrote."))) == [Document("Ada\nwrote.", "-")]


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\x89PNG\x00\x01", "a NUL byte at offset 4"), ("text".encode("utf-16"), "--encoding utf-16")],
)
def test_a_binary_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = only_error(path)
    assert message in error
    assert str(path) in error


def test_another_encoding_names_the_offset_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Größe".encode("latin-1"))
    error = only_error(path)
    assert f"byte 0xf6 at offset 2 of {path}" in error
    assert "--encoding" in error
    assert texts(path, encoding="latin-1") == ["Größe"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-32", "UTF8"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text, lines = tmp_path / "a.txt", tmp_path / "a.jsonl"
    text.write_bytes("Größe".encode(encoding))
    lines.write_bytes('{"text": "é"}\n{"text": "\u00e8"}'.encode(encoding))
    assert texts(text, lines, encoding=encoding) == ["Größe", "é", "è"]


def test_the_names_of_encodings() -> None:
    assert check_encoding("latin-1") == "latin-1"
    for name in ("utf-9", "hex", "rot13", ""):
        with pytest.raises(InputError, match="text encoding"):
            check_encoding(name)


def test_a_missing_file_is_a_failure_and_the_rest_comes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("here")
    missing, here = read_documents([tmp_path / "gone.txt", path])
    assert isinstance(missing, Failure)
    assert missing.id == str(tmp_path / "gone.txt")
    assert "No such file" in str(missing.error)
    assert here == Document("here", str(path))


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("here")

    def paths() -> Iterator[Path]:
        yield path
        raise AssertionError("read ahead")

    assert len(list(islice(read_documents(paths()), 1))) == 1
