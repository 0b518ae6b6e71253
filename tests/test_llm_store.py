"""The cache of LLM answers: keys, threads, processes, forks, kills and damage."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from samner.errors import FormatError
from samner.llms.cached import cached
from samner.llms.store import NAME, Held, Store, key_of
from samner.ports import Prompt, Reply, Usage, Weighed


def prompt(user: str, system: str = "s", answer: dict[str, object] | None = None) -> Prompt:
    return Prompt(system, user, {"type": "object"} if answer is None else answer, "p/1")


class Echo:
    """Answers with the prompt's own text, fails on "bad", and counts what it was asked."""

    id = "echo t=0"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        self.asked += [p.user for p in prompts]
        return [OSError("gone") if p.user == "bad" else Reply(f'"{p.user}"', Usage(1, 7, 3)) for p in prompts]

    def weigh(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[Weighed | Exception]:
        self.asked += [p.user for p in prompts]
        return [
            OSError("gone")
            if p.user == "bad"
            else Weighed(np.full(len(c), 1 / len(c), np.float32), Usage(1, 9))
            for p, c in zip(prompts, choices, strict=True)
        ]


def test_what_was_answered_once_costs_nothing(tmp_path: Path) -> None:
    llm = Echo()
    first = cached(llm, Store(tmp_path)).ask([prompt("a"), prompt("b"), prompt("a")])
    again = cached(llm, Store(tmp_path)).ask([prompt("b"), prompt("c"), prompt("a")])
    assert llm.asked == ["a", "b", "c"]
    assert [r.text for r in first] == ['"a"', '"b"', '"a"']
    assert [r.text for r in again] == ['"b"', '"c"', '"a"']
    free, paid = Usage(from_cache=1), Usage(1, 7, 3)
    assert [r.usage for r in first] == [paid, paid, free]
    assert [r.usage for r in again] == [free, paid, free]


def test_an_error_stays_in_its_place_and_is_asked_again(tmp_path: Path) -> None:
    llm = Echo()
    for _ in range(2):
        one, bad, two = cached(llm, Store(tmp_path)).ask([prompt("a"), prompt("bad"), prompt("b")])
        assert (one.text, str(bad), two.text) == ('"a"', "gone", '"b"')
    assert llm.asked == ["a", "bad", "b", "bad"]


def test_weights_are_kept_to_the_last_bit(tmp_path: Path) -> None:
    llm = Echo()
    asked = [prompt("a"), prompt("bad"), prompt("a"), prompt("a")], [["x"] * 3, ["x"], ["x"] * 3, ["x"] * 7]
    first = cached(llm, Store(tmp_path)).weigh(*asked)
    again = cached(llm, Store(tmp_path)).weigh(*asked)
    assert llm.asked == ["a", "bad", "a", "bad"]
    assert str(first[1]) == str(again[1]) == "gone"
    for n in (0, 2, 3):
        assert again[n].shares.dtype == first[n].shares.dtype == np.float32
        assert (again[n].shares == first[n].shares).all()
    assert [len(first[n].shares) for n in (0, 2, 3)] == [3, 3, 7]
    free, paid = Usage(from_cache=1), Usage(1, 9)
    assert [first[n].usage for n in (0, 2, 3)] == [paid, free, paid]
    assert [again[n].usage for n in (0, 2, 3)] == [free, free, free]


@pytest.mark.parametrize(
    "other",
    [
        ("m2", prompt("u"), None),
        ("m", prompt("u2"), None),
        ("m", prompt("u", "s2"), None),
        ("m", prompt("", "su"), None),
        ("m", prompt("u", answer={"type": "array"}), None),
        ("m", prompt("u"), ["x"]),
    ],
)
def test_all_that_decides_an_answer_is_in_its_key(other: tuple[str, Prompt, list[str] | None]) -> None:
    assert key_of("m", prompt("u")) == key_of("m", prompt("u"))
    assert key_of(*other) != key_of("m", prompt("u"))


def test_any_text_has_a_key_of_its_own() -> None:
    texts = ["", "\x00", "\ud800", "é", "e\u0301", "😀", '"', "\\"]
    assert len({key_of("m", prompt(text)) for text in texts}) == len(texts)


def _write(folder: Path, name: str) -> None:
    store = Store(folder)
    for n in range(50):
        store.put(key_of(name, prompt(str(n))), name, Held(f"{name} {n}"))


def test_threads_and_processes_write_at_once(tmp_path: Path) -> None:
    processes = [
        multiprocessing.get_context("spawn").Process(target=_write, args=(tmp_path, f"p{n}"))
        for n in range(3)
    ]
    for process in processes:
        process.start()
    shared = Store(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: shared.put(key_of("t", prompt(str(n))), "t", Held(f"t {n}")), range(50)))
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert [row[:2] for row in shared.contents()] == [("p0", 50), ("p1", 50), ("p2", 50), ("t", 50)]
    assert all(shared.get(key_of("p1", prompt(str(n)))) == Held(f"p1 {n}") for n in range(50))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_its_own_connection(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(b"1", "m", Held("parent's"))
    child = os.fork()
    if not child:
        fine = store.get(b"1") == Held("parent's")
        store.put(b"2", "m", Held("child's"))
        os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store.get(b"2") == Held("child's")
    assert pickle.loads(pickle.dumps(store)).get(b"2") == Held("child's")


def test_what_was_put_outlives_a_kill(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from samner.llms.store import Held, Store\n"
        f"Store(Path({str(tmp_path)!r})).put(b'k', 'm', Held('kept')); print('put', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "put\n"
        child.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    assert Store(tmp_path).get(b"k") == Held("kept")


def test_a_damaged_cache_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"this is no database" * 100)
    with pytest.raises(FormatError, match=r"expected a cache of LLM answers, found .*; delete the file"):
        Store(tmp_path).contents()
    with pytest.warns(UserWarning, match="cache.*: expected a cache of LLM answers") as warned:
        (reply,) = cached(Echo(), Store(tmp_path)).ask([prompt("a")])
    assert len(warned) == 2  # reading and writing
    assert reply.text == '"a"'


@pytest.mark.skipif(os.name != "posix", reason="no such modes here")
def test_answers_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "new")
    store.put(b"k", "m", Held("Angela Merkel"))
    modes = {file.name: file.stat().st_mode & 0o077 for file in (tmp_path / "new").iterdir()}
    assert NAME in modes
    assert set(modes.values()) == {0}


def test_the_cache_is_counted_and_cleared(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.contents() == []
    assert store.clear() == 0
    assert not store.file.exists()
    cached(Echo(), store).ask([prompt("a"), prompt("b")])
    store.learn("server", {"format": "plain"})
    assert store.contents() == [("echo t=0", 2, 14, 6)]
    assert store.dialect("server") == {"format": "plain"}
    assert store.clear() == 2
    assert (store.contents(), store.dialect("server")) == ([], None)


def test_answers_are_kept_as_they_come(tmp_path: Path) -> None:
    class Breaks(Echo):
        def replies(self, prompts: Sequence[Prompt]) -> object:
            yield 1, Reply("1", Usage())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached(Breaks(), Store(tmp_path)).ask([prompt("a"), prompt("b")])
    llm = Echo()
    assert [r.text for r in cached(llm, Store(tmp_path)).ask([prompt("a"), prompt("b")])] == ['"a"', "1"]
    assert llm.asked == ["a"]
