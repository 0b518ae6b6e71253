"""Readers without a model: what each source holds, from any place on, and what becomes of a bad one."""

from __future__ import annotations

import bz2
import gzip
import http.server
import json
import lzma
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samner.corpora.readers import Fields
from samner.corpora.sources import Source, find_sources, fingerprint
from samner.corpora.stream import BEGINNING, Item, Limits, Position, items, shard_items, windows
from samner.errors import FormatError, InputError, MissingExtraError, SamnerError

TEXTS = ["Zoë saw Ōsaka.", 'He said "no",\nthen left.', "Third.", "東京 is large.", "The last one."]
ROWS = [{"id": f"r{n}", "text": text} for n, text in enumerate(TEXTS)]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
CSV = "id,text\n" + "".join('{},"{}"\n'.format(r["id"], r["text"].replace('"', '""')) for r in ROWS)


def read(sources: list[Source], start: Position = BEGINNING, fields: Fields = Fields()) -> list[Item]:  # noqa: B008
    return list(items(sources, start, fields))


def loaded(found: list[Item]) -> list[tuple[str, str]]:
    documents = [item.load() for item in found]
    return [(document.id or "", document.text) for document in documents]


def zst(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("zstandard").compress(data)
    return packed


def parquet(path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([{"n": 1, **row} for row in ROWS]), path, row_group_size=2)


def arrow(path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pylist(ROWS)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


FILES: dict[str, Callable[[Path], object]] = {
    "a.jsonl": lambda path: path.write_bytes(b"\xef\xbb\xbf" + JSONL),
    "a.jsonl.gz": lambda path: path.write_bytes(gzip.compress(JSONL)),
    "a.jsonl.bz2": lambda path: path.write_bytes(bz2.compress(JSONL)),
    "a.ndjson.xz": lambda path: path.write_bytes(lzma.compress(JSONL)),
    "a.csv": lambda path: path.write_bytes(b"\xef\xbb\xbf" + CSV.encode()),
    "a.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.replace("\n", "\r\n").encode())),
    "a.tsv": lambda path: path.write_text(CSV.replace(",", "\t", 1).replace(',"', '\t"'), encoding="utf-8"),
}
EXTRA: dict[str, Callable[[Path], object]] = {
    "a.jsonl.zst": lambda path: path.write_bytes(zst(JSONL)),
    "a.parquet": parquet,
    "a.arrow": arrow,
}


@pytest.mark.parametrize("name", [*FILES, *(pytest.param(n, marks=pytest.mark.extra) for n in EXTRA)])
def test_every_row_is_read_and_from_any_place_on(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    (FILES | EXTRA)[name](path)
    sources = find_sources([str(path)])
    found = read(sources)
    expected = [
        (row["id"], row["text"].replace("\n", "\r\n") if ".csv.gz" in name else row["text"]) for row in ROWS
    ]
    assert loaded(found) == expected
    assert [item.name for item in found] == [f"{path}:{n + 1}" for n in range(5)]
    for n, item in enumerate(found):
        assert loaded(read(sources, item.before)) == expected[n:]
        assert read(sources, item.after)[:1] == [] or read(sources, item.after)[0].name == found[n + 1].name
    assert [i.size for i in read(sources, found[2].before)] == [i.size for i in found[2:]]


def test_text_files_and_folders_come_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.TXT", ".hidden.txt", "x.png", "sub/.git/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = find_sources([str(tmp_path)])
    assert [Path(source.name).name for source in found] == ["a.md", "b.txt", "c.TXT"]
    assert [text for _, text in loaded(read(found))] == ["a.md", "b.txt", "sub/c.TXT"]
    assert find_sources([f"{tmp_path}/*.txt"]) == [found[1]]
    assert find_sources([str(tmp_path / "**")])[:2] == found[:2]
    with pytest.raises(InputError, match=r"b\.txt twice"):
        find_sources([str(tmp_path), str(tmp_path / "b.txt")])
    with pytest.raises(InputError, match="none at"):
        find_sources([str(tmp_path / "*.csv")])
    with pytest.raises(InputError, match=r"nothing at .*gone; check the name"):
        find_sources([str(tmp_path / "gone")])


def test_the_fingerprint_sees_a_change(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    before = fingerprint(find_sources([str(tmp_path)]))
    assert before == fingerprint(find_sources([str(tmp_path)]))
    (tmp_path / "a.txt").write_text("two")
    assert before != fingerprint(find_sources([str(tmp_path)]))


def test_fields_have_the_names_that_the_user_gives(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "Ada.", "key": 7}\n{"text": "no body"}\n')
    (tmp_path / "b.csv").write_text("key,body\nk,Bob.\n")
    fields = Fields("body", "key")
    first, second, third = read(find_sources([str(tmp_path)]), fields=fields)
    assert loaded([first, third]) == [("7", "Ada."), ("k", "Bob.")]
    with pytest.raises(FormatError, match=r"'body', found text at .*a\.jsonl:2; name .* --text-field"):
        second.load()
    (bad,) = read(find_sources([str(tmp_path / "b.csv")]))
    with pytest.raises(FormatError, match="a column 'text', found key, body"):
        bad.load()


def test_a_bad_row_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "one"}\n{"text": "\xe9"}\n\n[1]\n{"text": "two"}\n')
    (tmp_path / "b.csv").write_bytes(b'text\none\n\xe9\n"two"\n')
    found = read(find_sources([str(tmp_path)]))
    said = []
    for item in found:
        try:
            said.append(item.load().text)
        except SamnerError as error:
            said.append(error.found.split(" at ")[0])
    assert said == ["one", "byte 0xe9", "list", "two", "one", "bytes that are none", "two"]
    assert (
        loaded(read(find_sources([str(tmp_path / "b.csv")]), fields=Fields(encoding="latin-1")))[1][1] == "é"
    )


def test_a_source_that_breaks_off_leaves_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(JSONL * 1000)[:-30])
    (tmp_path / "b.txt").write_text("after it")
    found = read(find_sources([str(tmp_path)]))
    assert found[-1].load().text == "after it"
    assert found[-2].name.endswith("a.jsonl.gz")
    assert found[-2].after == Position(1, 0, 0)
    with pytest.raises(FormatError, match="EOFError"):
        found[-2].load()
    wide = read(find_sources([str(tmp_path / "a.jsonl.gz")]), fields=Fields(encoding="utf-16"))
    with pytest.raises(FormatError, match="convert the file to UTF-8"):
        wide[0].load()


def test_shards_and_windows_end_at_their_limits(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(JSONL * 20)
    found = read(find_sources([str(tmp_path)]))
    assert len(list(shard_items(found, Limits(7, 10**6)))) == 7
    assert len(list(shard_items(found, Limits(7, 10**6), documents=5))) == 2
    assert list(shard_items(found, Limits(7, 10**6), documents=7)) == []
    by_size = list(shard_items(found, Limits(100, 200)))
    assert sum(item.size for item in by_size) >= 200 > sum(item.size for item in by_size[:-1])
    assert list(shard_items(found, Limits(1, 1), stop=found[12].before)) == found[:12]
    cut = list(windows(found, Limits(32, 1000)))
    assert [item for window in cut for item in window] == found
    assert all(len(window) <= 32 for window in cut)


@pytest.mark.extra
def test_html_is_read_as_its_visible_text(tmp_path: Path) -> None:
    pytest.importorskip("inscriptis")
    page = "<html><head><title>T</title><style>b{}</style></head><body><p>Zoë &amp; <b>A</b>da</p><script>x</script>"
    (tmp_path / "a.html").write_text(page + "<ul><li>Ōsaka</ul>", encoding="utf-8")
    (tmp_path / "b.htm").write_bytes(b'<meta charset="latin-1"><p>Zo\xeb</p>')
    (tmp_path / "c.html").write_bytes(b"")
    texts = [text for _, text in loaded(read(find_sources([str(tmp_path)])))]
    assert texts[0].split() == ["Zoë", "&", "Ada", "*", "Ōsaka"]
    assert texts[1].strip() == "Zoë"
    assert texts[2] == ""


@pytest.mark.extra
def test_a_dataset_saved_by_hugging_face_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    whole = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict({"test": whole.select([3, 4]), "train": whole.select([0, 1, 2])}).save_to_disk(
        tmp_path / "d"
    )
    found = read(find_sources([str(tmp_path / "d")]))
    assert loaded(found) == [(f"r{n}", TEXTS[n]) for n in (3, 4, 0, 1, 2)]


@pytest.mark.extra
def test_a_damaged_table_is_one_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in ("a.parquet", "b.arrow"):
        (tmp_path / name).write_bytes(b"no such thing at all")
        (bad,) = read(find_sources([str(tmp_path / name)]))
        with pytest.raises(FormatError, match="write the file anew"):
            bad.load()
    parquet(tmp_path / "c.parquet")
    (bad,) = read(find_sources([str(tmp_path / "c.parquet")]), fields=Fields("body"))
    with pytest.raises(FormatError, match="a column 'body', found n, id, text"):
        bad.load()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A real web server on the loopback that offers `tmp_path`."""
    handler = lambda *args: _Quiet(*args, directory=str(tmp_path))  # noqa: E731
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.extra
def test_urls_are_read_through_fsspec(tmp_path: Path, site: str) -> None:
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(JSONL))
    (tmp_path / "b.jsonl").write_bytes(JSONL)
    sources = find_sources([f"{site}/a.jsonl.gz", f"{site}/b.jsonl", f"file://{tmp_path}/*.gz"])
    assert [source.kind for source in sources] == ["lines"] * 3
    found = read(sources)
    assert loaded(found) == [(row["id"], row["text"]) for row in ROWS] * 3
    assert loaded(read(sources, found[7].before)) == loaded(found)[7:]
    with pytest.raises(InputError, match="gone"):
        find_sources([f"{site}/gone.jsonl"])
    with pytest.raises(InputError, match=r"a readable input, found http://127.0.0.1:1/a.txt: "):
        find_sources(["http://127.0.0.1:1/a.txt"])
    with pytest.raises(InputError, match="nosuch"):
        find_sources(["nosuch://x/y.txt"])


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    for name in ("pyarrow", "fsspec", "fsspec.core", "inscriptis", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'samner\[corpora\]'"):
        find_sources(["s3://bucket/a.txt"])
    for name in ("a.parquet", "b.html", "c.jsonl.zst"):
        (tmp_path / name).write_bytes(b"x")
    for item in read(find_sources([str(tmp_path)])):
        with pytest.raises(MissingExtraError):
            item.load()


def test_a_torn_or_mislabelled_archive_is_told_with_what_to_do(tmp_path: Path) -> None:
    packed = gzip.compress(b"Ada Lovelace in London. " * 50)
    (tmp_path / "a.txt.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "b.txt.gz").write_bytes(b"not packed at all")
    (tmp_path / "c.jsonl.gz").write_bytes(b"nor is this")
    found = read(find_sources([str(tmp_path)]))
    assert len(found) == 3
    for item in found:
        with pytest.raises(FormatError, match=f" in {item.source}; mend the file or leave it out"):
            item.load()
    (tmp_path / "a.txt.gz").unlink()
    with pytest.raises(InputError, match=r"a.txt.gz: No such file or directory; check the name"):
        found[0].load()


@pytest.mark.extra
def test_damage_inside_a_table_keeps_the_rows_before_it(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"Row {n}." for n in range(3000)]}), file, row_group_size=1000)
    start = pq.ParquetFile(file).metadata.row_group(1).column(0).dictionary_page_offset
    data = bytearray(file.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    file.write_bytes(data)
    *good, bad = read(find_sources([str(file)]))
    assert [item.load().text for item in good] == [f"Row {n}." for n in range(len(good))]
    assert len(good) >= 768  # whole batches of the first group
    with pytest.raises(FormatError) as told:
        bad.load()
    assert str(told.value).endswith(f" in {file}; mend the file or leave it out")
    assert "\n" not in str(told.value)
