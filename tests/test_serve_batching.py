"""Requests of different clients to one model: batches, shared compilations, room, and who waits for whom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("prometheus_client")

from samner import Document, Failure, SchemaError
from samner.options import Options
from samner.schema import as_schema
from samner.serve.batching import Batcher, Task
from samner.serve.compiled import CompiledSchemas
from samner.serve.metrics import Metrics
from samner.serve.problems import Problem
from samner.serve.rate import Rate
from samner.serve.service import Held

if TYPE_CHECKING:
    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]
TEXTS = [f"Ada Lovelace wrote letter {n} to Charles Babbage in London." for n in range(40)]


def with_batcher(ner: SamNER, work: Callable[[Batcher, Metrics], Awaitable[Any]], **more: Any) -> Any:
    async def go() -> Any:
        metrics = Metrics()
        batcher = Batcher(ner, metrics, **{"wait": 0.002, "most": 8, "room": 100} | more)
        try:
            return await work(batcher, metrics)
        finally:
            batcher.close()

    return asyncio.run(go())


def figure(metrics: Metrics, name: str) -> float:
    return next(
        float(line.split()[1]) for line in metrics.text().decode().splitlines() if line.startswith(f"{name} ")
    )


def test_single_texts_of_many_clients_share_batches(ner: SamNER) -> None:
    schema = ner.compile(["person", "city"])

    async def work(batcher: Batcher, metrics: Metrics) -> tuple[list[Any], float]:
        futures = [batcher.submit([Document(text)], Task(schema, Options()))[0] for text in TEXTS]
        return await asyncio.gather(*futures), figure(metrics, "samner_batch_texts_count")

    results, batches = with_batcher(ner, work)
    assert results == ner.extract_batch(TEXTS, schema)
    assert 5 <= batches <= 15


def test_what_differs_is_never_mixed(ner: SamNER) -> None:
    first, second = ner.compile(["person"]), ner.compile(["city"])
    tasks = [
        Task(first, Options()),
        Task(second, Options()),
        Task(None, Options()),
        Task(first, Options(threshold=0.9)),
        Task(first, Options(), trace=True),
    ]

    async def work(batcher: Batcher, _: Metrics) -> list[Any]:
        order = [task for _ in range(4) for task in tasks]
        futures = [batcher.submit([Document(TEXTS[n])], task)[0] for n, task in enumerate(order)]
        return list(zip(order, await asyncio.gather(*futures), TEXTS, strict=False))

    for task, result, text in with_batcher(ner, work):
        expected = ner.extract(text, task.compiled, options=task.options)
        assert (result.entities if task.trace else result) == expected


def test_a_failure_stands_alone(ner: SamNER) -> None:
    """An error of one text, in a batch with others and in a trace."""

    class Odd(str):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, at: Any) -> str:
            raise ValueError("odd")

    async def work(batcher: Batcher, _: Metrics) -> list[Any]:
        documents = [Document(TEXTS[0]), Document(Odd("Ada")), Document(TEXTS[1])]
        futures = [f for t in (False, True) for f in batcher.submit(documents, Task(None, Options(), t))]
        return await asyncio.gather(*futures)

    results = with_batcher(ner, work)
    assert [isinstance(r, Failure) for r in results] == [False, True, False] * 2


def test_a_full_queue_refuses_and_recovers(ner: SamNER) -> None:
    async def work(batcher: Batcher, _: Metrics) -> None:
        documents = [Document(text) for text in TEXTS[:3]]
        with pytest.raises(Problem) as full:
            batcher.submit([*documents, Document("x")], Task(None, Options()))
        assert (full.value.status, full.value.error.retryable) == (503, True)
        futures = batcher.submit(documents, Task(None, Options()))
        assert not batcher.has_room
        await asyncio.gather(*futures)
        assert batcher.has_room

    with_batcher(ner, work, room=3)


def test_what_nobody_waits_for_is_not_worked_on(ner: SamNER) -> None:
    async def work(batcher: Batcher, metrics: Metrics) -> float:
        futures = batcher.submit([Document(text) for text in TEXTS[:7]], Task(None, Options()))
        for future in futures[1:]:
            future.cancel()
        await futures[0]
        return figure(metrics, "samner_batch_texts_sum")

    assert with_batcher(ner, work, wait=0.05) == 1


def test_a_long_text_keeps_no_short_one_waiting(ner: SamNER) -> None:
    long = " ".join(TEXTS * 20)

    async def work(batcher: Batcher, _: Metrics) -> list[str]:
        order: list[str] = []
        for name, text in (("long", long), *(("short", text) for text in TEXTS[:7])):
            future = batcher.submit([Document(text)], Task(None, Options()))[0]
            future.add_done_callback(lambda _, name=name: order.append(name))
        while len(order) < 8:
            await asyncio.sleep(0.01)
        return order

    assert with_batcher(ner, work) == ["short"] * 7 + ["long"]


def test_a_schema_is_compiled_once_for_all_who_want_it(ner: SamNER) -> None:
    async def work() -> None:
        metrics = Metrics()
        schemas = CompiledSchemas(ner, metrics, most=2, timeout=60, room=5)
        wanted = [as_schema(["person", "city"]) for _ in range(10)]
        assert len({id(c) for c in await asyncio.gather(*map(schemas.get, wanted))}) == 1
        held = await schemas.get(wanted[0])
        assert await schemas.get(as_schema(["city", "person"])) is not held  # a trace keeps the user's order
        assert await schemas.get(wanted[0]) is held
        await schemas.get(as_schema(["a", "b"]))  # no room for all: the least recently used goes
        assert await schemas.get(wanted[0]) is held
        impatient = asyncio.ensure_future(schemas.get(as_schema(["c"])))
        patient = asyncio.ensure_future(schemas.get(as_schema(["c"])))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await patient).schema.names == ("c",)
        for _ in range(2):  # a failure is not kept
            with pytest.raises(SchemaError):
                await schemas.get(as_schema({"a": {"archetypes": ["persn"]}}))
        schemas.close()

    before = threading.active_count()
    asyncio.run(work())
    assert threading.active_count() == before


def test_new_schemas_have_a_bound_and_a_time(ner: SamNER) -> None:
    async def work() -> None:
        schemas = CompiledSchemas(ner, Metrics(), most=1, timeout=60)
        many = [asyncio.ensure_future(schemas.get(as_schema([f"t{n}"]))) for n in range(3)]
        first, *others = await asyncio.gather(*many, return_exceptions=True)
        assert first.schema.names == ("t0",)  # type: ignore[union-attr]
        assert [(o.status, o.error.retryable) for o in others] == [(503, True)] * 2  # type: ignore[union-attr]
        assert (await schemas.get(as_schema(["t1"]))).schema.names == ("t1",)
        schemas.close()
        hasty = CompiledSchemas(ner, Metrics(), most=1, timeout=0.01)
        with pytest.raises(Problem) as late:
            await hasty.get(as_schema([f"a type number {n}" for n in range(300)]))
        assert late.value.status == 504
        hasty.close()

    asyncio.run(work())


def test_memory_has_a_bound() -> None:
    held = Held(10)
    assert held.take(50)  # alone, whatever its size: a limit of its own says how large one may be
    assert not held.take(1)
    held.give(50)
    assert held.take(6)
    assert held.take(4)
    assert not held.take(1)


def test_a_rate_fills_evenly() -> None:
    now = [0.0]
    rate = Rate(60, clock=lambda: now[0])
    rate.take(0, 60)
    for count, paid, wait in ((1, 0, "1"), (30, 0, "30"), (60, 1, "60")):
        with pytest.raises(Problem) as refused:
            rate.take(0, count, paid)
        assert refused.value.status == 429
        assert refused.value.headers["retry-after"] == wait  # until the whole can be paid for anew
    with pytest.raises(Problem, match="413"):  # never, however long it waits
        rate.take(0, 61, paid=1)
    rate.take(1, 60)  # another key
    now[0] = 30.0
    rate.take(0, 30)
    assert rate.seconds_until(0, 1) == pytest.approx(1)
    now[0] = 1000.0
    rate.take(0, 60)  # no more than a minute's worth is held
    assert rate.seconds_until(0, 1) > 0
    Rate(0).take(0, 10**9)
