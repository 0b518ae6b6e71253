"""The load bench: its clients, its figures, and a small run against a real server."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest
from rich.console import Console

from samner.bench import load
from samner.bench.report import markdown
from samner.bench.serve import PROTOCOL, figures, run
from samner.bench.serve_rows import print_serve, serve_rows

ROUND = {"seconds": 2.0, "cpu_s": 3.0, "spans": [4, 6], "peak_rss_mb": 1.0}
MACHINE = {"load_before": 0.0, "machine": {"processor": "a", "cores": 2}, "version": "0"}


def result(entities: int = 10, errors: int = 0) -> dict[str, Any]:
    under = load.Load(4.0, [0.01] * 99 + [0.5], entities, errors)
    more = {"clients": 16, "threads": 2, "texts": "bundled sentences", "sentences": 100, "protocol": PROTOCOL}
    made = figures([(ROUND, under, 3.25)] * 3, 100)
    return made | more | {"benchmark": "serve", "model": {"hash": "ab" * 32}} | MACHINE


def test_figures_are_those_of_the_protocol() -> None:
    made = result()
    assert (made["requests_per_second"], made["in_process_per_second"], made["ratio"]) == (25, 50, 0.5)
    assert made["cpu_ms_around_the_model"] == pytest.approx(2.5)
    assert made["median_ms"] == pytest.approx(10)
    assert made["p99_ms"] > 10
    assert (made["errors"], made["entities_equal"]) == (0, True)
    wrong = result(entities=9, errors=1)
    assert (wrong["errors"], wrong["entities_equal"]) == (3, False)
    assert ("as many entities as in one process", "NO", "") in serve_rows(wrong)


def test_the_table_for_people_and_for_the_docs() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    print_serve(result(), console)
    said = console.export_text()
    assert "2.50 ms" in said
    table = markdown([("serve", result())])
    assert "| 16 clients, 2 threads | figure | lowest to highest |" in table
    assert "| ratio of the two | 50% | 50 to 50 |" in table
    assert "*cpu ms around the model*" in table


def test_clients_count_what_is_no_good_answer() -> None:
    answers = [
        (200, {"results": [{"entities": [1, 2]}]}),
        (200, {"results": [{"error": {}}]}),
        (503, {"error": {}}),
    ]

    async def serve() -> load.Load:
        left = iter(answers)

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.lower().partition(b"content-length: ")[2].split()[0])
                assert json.loads(await reader.readexactly(size)) == {"text": "é"}
                status, body = next(left)
                data = json.dumps(body).encode()
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)

        server = await asyncio.start_server(one, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        under = await load.under_load(url, [load.request(url, "/x", {"text": "é"})] * 3, 1)
        server.close()
        return under

    under = asyncio.run(serve())
    assert (under.entities, under.errors, len(under.latencies)) == (2, 2, 3)


@pytest.mark.extra
@pytest.mark.model
def test_a_small_run() -> None:
    pytest.importorskip("fastapi")
    made = run(texts=30, rounds=1, clients=4, threads=2)
    assert (made["errors"], made["entities_equal"]) == (0, True)
    assert made["sentences"] >= 30
    assert 0 < made["median_ms"] <= made["p99_ms"]
    assert made["cpu_ms_a_request"] > made["cpu_ms_around_the_model"]
