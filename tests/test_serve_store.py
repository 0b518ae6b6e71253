"""Stored schemas: names, room, concurrent writers, and a server killed while it stores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from samner.errors import FormatError, SamnerError
from samner.schema import as_schema, builtin_names, load_builtin
from samner.serve.problems import Problem
from samner.serve.store import SchemaStore
from samner.types import EntityType, Schema
from serving import SENTENCE, THREADS, Server, serving


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SchemaStore]:
    made = SchemaStore(tmp_path / "deep" / "schemas.db", most=5)
    yield made
    made.close()


def test_a_schema_comes_back_whole(store: SchemaStore, tmp_path: Path) -> None:
    kinds = [
        EntityType("größe 😀", "Ein Maß.", ("1 m",), 0.25, ("misc",)),
        EntityType("b\ud800", parent="größe 😀"),
    ]
    assert store.put("a/b.c_1-2", as_schema(kinds))
    again = SchemaStore(tmp_path / "deep" / "schemas.db", most=5)
    assert again.find("a/b.c_1-2") == Schema(tuple(kinds), "a/b.c_1-2")
    again.close()
    assert not store.put("a/b.c_1-2", as_schema(["other"]))
    assert store.get("a/b.c_1-2").names == ("other",)
    store.delete("a/b.c_1-2")
    assert store.find("a/b.c_1-2") is None


def test_builtin_ones_are_there_and_stay(store: SchemaStore) -> None:
    store.put("mine", as_schema(["a"]))
    assert store.names() == sorted([("mine", False), *((name, True) for name in builtin_names())])
    assert store.get("news") == load_builtin("news")
    for change in (lambda: store.put("news", as_schema(["a"])), lambda: store.delete("news")):
        assert status(change) == 409


def test_there_is_room_for_so_many(store: SchemaStore) -> None:
    for n in range(5):
        store.put(f"s{n}", as_schema(["a"]))
    assert status(lambda: store.put("s5", as_schema(["a"]))) == 409
    assert not store.put("s4", as_schema(["b"]))  # no new one
    store.delete("s0")
    assert store.put("s5", as_schema(["a"]))


def test_what_is_not_there(store: SchemaStore) -> None:
    for name in ("gone", "../x", "", "a//b", "'; DROP TABLE schemas; --", "a\ud800"):
        assert store.find(name) is None
        assert status(lambda name=name: store.get(name)) == 404
    assert status(lambda: store.delete("gone")) == 404


def status(call: object) -> int:
    with pytest.raises(Problem) as raised:
        call()  # type: ignore[operator]
    assert isinstance(raised.value.error, SamnerError)
    return raised.value.status


def test_names_are_paths_without_tricks(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = SchemaStore(tmp_path_factory.mktemp("names") / "s.db", most=10**6)

    @given(st.text(st.sampled_from("aZ0._-/ \n%é"), max_size=12))
    def check(name: str) -> None:
        parts = name.split("/")
        good = all(p and p[0] in "aZ0" and set(p) <= set("aZ0._-") for p in parts)
        if good:
            store.put(name, as_schema(["x"]))
            assert store.get(name).name == name
        else:
            assert status(lambda: store.put(name, as_schema(["x"]))) == 422

    check()
    store.close()


def test_many_writers_and_readers(store: SchemaStore) -> None:
    def write(n: int) -> None:
        for k in range(10):
            store.put(f"s{n}", as_schema([f"t{k}"]))
            assert store.find(f"s{n}") is not None

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(write, range(5)))
    assert all(store.get(f"s{n}").names == ("t9",) for n in range(5))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    for path in (tmp_path / "x.db", tmp_path, tmp_path / "x.db" / "y.db"):
        with pytest.raises(FormatError, match="--schemas"):
            SchemaStore(path, most=1)


class Clients:
    """Four clients that store and extract without pause until the server is gone."""

    def __init__(self) -> None:
        self.confirmed: dict[str, str] = {}
        self.statuses: set[int] = set()

    def run(self, server: Server, life: int) -> None:
        """Kill the server once ten more schemas were confirmed."""
        threads = [threading.Thread(target=self._one, args=(server.url, n, life)) for n in range(4)]
        for thread in threads:
            thread.start()
        enough = self._count + 10
        while self._count < enough and all(thread.is_alive() for thread in threads):
            threads[0].join(0.02)
        server.process.kill()
        for thread in threads:
            thread.join(30)

    _count = 0

    def _one(self, url: str, n: int, life: int) -> None:
        import httpx

        with httpx.Client(base_url=url, timeout=30) as http:
            for k in range(10_000):
                name, label = f"c{n}/{k % 20}", f"label {life} {k}"
                self.confirmed.pop(name, None)  # until the answer is here, the old or the new one is right
                try:
                    answer = http.put(f"/v1/schemas/{name}", json=[label])
                except httpx.HTTPError:
                    return
                self.statuses.add(answer.status_code)
                self.confirmed[name] = label
                self._count += 1
                try:
                    answer = http.post("/v1/extract", json={"text": SENTENCE, "schema": name})
                except httpx.HTTPError:
                    return
                self.statuses.add(answer.status_code)


@pytest.mark.extra
@pytest.mark.model
def test_a_killed_server_has_lost_nothing_that_it_confirmed(tmp_path: Path) -> None:
    """SIGKILL falls into the midst of the work, three times over; every schema that was answered is there."""
    httpx = pytest.importorskip("httpx")
    pytest.importorskip("fastapi")
    clients = Clients()
    for life in range(4):
        with serving(tmp_path, THREADS) as server:
            with httpx.Client(base_url=server.url) as http:
                for name, label in clients.confirmed.items():
                    assert [t["name"] for t in http.get(f"/v1/schemas/{name}").json()["types"]] == [label]
            if life < 3:
                clients.run(server, life)
    assert clients.statuses <= {200, 201}
    assert len(clients.confirmed) >= 8
