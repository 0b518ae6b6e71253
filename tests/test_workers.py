"""Batches on threads: order, laziness, and the end of work that nobody waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, strategies as st

from samner.workers import Stopped, check_stopped, in_order, paired


@given(st.lists(st.integers(), max_size=40), st.integers(1, 5), st.integers(1, 4))
def test_results_come_in_order(items: list[int], size: int, threads: int) -> None:
    assert list(in_order(lambda some: [n * 2 for n in some], items, size, threads)) == [n * 2 for n in items]


def test_items_are_drawn_as_results_are_taken() -> None:
    drawn = []

    def numbers() -> Iterator[int]:
        for n in range(1000):
            drawn.append(n)
            yield n

    results = in_order(list, numbers(), 2, 2)
    next(results)
    assert len(drawn) < 20
    results.close()


def test_an_error_comes_out_in_its_place() -> None:
    def work(some: Sequence[int]) -> list[float]:
        return [1 / n for n in some]

    results = in_order(work, [1, 2, 0, 4], 1, 2)
    assert [next(results), next(results)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)


class Endless:
    """Work that never ends by itself."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, some: Sequence[int]) -> list[int]:
        if some[0] == 0:  # the first batch
            return list(some)
        self.begun.release()
        try:
            while True:
                check_stopped()
                time.sleep(0.001)
        finally:
            self.ended.release()


def test_work_that_nobody_waits_for_ends() -> None:
    work = Endless()
    results = in_order(work, range(10), 2, 2)
    assert next(results) == 0
    assert work.begun.acquire(timeout=10)
    results.close()  # waits for the pool: it would not return
    assert work.ended.acquire(timeout=10)


def test_so_does_work_within_work() -> None:
    inner = Endless()

    def outer(some: Sequence[int]) -> list[int]:
        return list(some) if some[0] == 0 else list(in_order(inner, range(1, 9), 2, 2))

    results = in_order(outer, range(10), 2, 2)
    assert next(results) == 0
    assert inner.begun.acquire(timeout=10)
    results.close()
    assert inner.ended.acquire(timeout=10)


def test_stopped_is_the_fault_of_no_item_and_stays_in_its_thread() -> None:
    assert not issubclass(Stopped, Exception)
    check_stopped()  # not on the thread that takes the results
    assert list(in_order(lambda some: list(some), range(6), 1, 2)) == list(range(6))
    check_stopped()


@given(st.lists(st.integers()))
def test_each_item_stands_beside_its_result(items: list[int]) -> None:
    assert list(paired(items, lambda some: in_order(lambda b: [n + 1 for n in b], some, 3, 2))) == [
        (n, n + 1) for n in items
    ]
