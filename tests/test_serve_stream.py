"""`POST /v1/stream`: order, faults in their places, back-pressure, constant memory, and what ends a stream early."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from samner.cli.main import run  # noqa: E402
from serving import SENTENCE, THREADS, TYPES, Server, serving  # noqa: E402

if TYPE_CHECKING:
    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]
KIND = {"Content-Type": "application/x-ndjson"}
LIMITS = ("--max-body", "20000", "--max-characters", "5000", "--timeout", "30")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), [*THREADS, *LIMITS]) as running:
        yield running


def lines(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def ask(server: Server, *rows: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/stream", content=lines(*rows), headers=KIND, timeout=60)


def test_it_says_what_the_command_line_says(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": f"{SENTENCE} {n}", "id": str(n)} for n in range(100)]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(*rows))
    assert run(["extract", str(path), "--labels", "person,city", "--format", "jsonl"]) == 0
    answer = ask(server, {"schema": ["person", "city"]}, *rows)
    assert answer.text == capsys.readouterr().out
    assert answer.headers["content-type"] == "application/x-ndjson"


def test_a_bad_line_stands_in_its_place(server: Server) -> None:
    long = {"text": "x" * 6000, "id": "long"}
    answer = ask(
        server,
        {"schema": TYPES, "trace": True},
        {"text": SENTENCE},
        b"{bad",
        b"",
        long,
        b"y" * 30_000,
        b"\xff",
        {"tokens": ["Ada"]},
    )
    good, bad, characters, size, bytes_, tokens = map(json.loads, answer.text.splitlines())
    assert set(good["trace"]) == {"discovery", "mediation", "calibration"}
    assert (good["id"], tokens["text"]) == (None, "Ada")
    assert "line 3" in bad["error"]["message"]
    assert characters["id"] == "long"
    assert "5000 characters" in characters["error"]["message"]
    assert "line 6" in size["error"]["message"]
    assert "line 7" in bytes_["error"]["message"]


@pytest.mark.parametrize(
    ("first", "status"),
    [(b"{bad", 400), ({}, 422), ({"schema": "no/such"}, 422), ({"schema": [], "x": 1}, 422), (b"", 422)],
)
def test_a_bad_first_line_is_refused(server: Server, first: Any, status: int) -> None:
    answer = ask(server, first, {"text": SENTENCE})
    assert answer.status_code == status
    assert answer.json()["error"]["remedy"]


class Duplex:
    """A chunked request over a plain socket, whose answer may be left unread."""

    def __init__(self, server: Server, schema: Any = TYPES) -> None:
        parts = urlsplit(server.url)
        self.socket = socket.create_connection((parts.hostname, parts.port))
        head = f"POST /v1/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\n"
        self.socket.sendall((head + f"Content-Type: {KIND['Content-Type']}\r\n\r\n").encode())
        self.send(lines({"schema": schema}))

    def send(self, data: bytes) -> None:
        self.socket.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def rest(self) -> str:
        """Everything until the server ends the answer or the connection."""
        got = b""
        while not got.endswith(b"0\r\n\r\n") and (part := self.socket.recv(65536)):
            got += part
        return got.decode()


def sent_until_stuck(stuck: Duplex, most: int) -> int:
    """How many bytes of bad lines go out before the server takes no more for 3 seconds."""
    piece, sent = lines(*[b"{bad" + b"x" * 96] * 500), 0
    stuck.socket.settimeout(3)
    with contextlib.suppress(TimeoutError):
        while sent < most:
            stuck.send(piece)
            sent += len(piece)
    return sent


def peak_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_client_that_does_not_read_is_held_back_and_memory_stays(server: Server) -> None:
    """Bad lines need no model, so that 30 MB of them are quick to send, if the server took them."""
    ask(server, {"schema": TYPES}, {"text": SENTENCE})  # the model's own memory is not what is measured
    stuck = Duplex(server)
    before = peak_mb(server)
    assert sent_until_stuck(stuck, 30_000_000) < 20_000_000
    assert peak_mb(server) - before < 20
    assert ask(server, {"schema": TYPES}, {"text": SENTENCE}).status_code == 200
    stuck.socket.close()


def test_a_client_that_was_held_back_and_leaves_is_forgotten(tmp_path: Path) -> None:
    """Its stream ends, which the log tells; one that hung on would keep its memory, and the server from stopping."""
    with serving(tmp_path, THREADS) as server:
        stuck = Duplex(server)
        sent_until_stuck(stuck, 30_000_000)
        assert "POST /v1/stream" not in server.log
        stuck.socket.close()
        end = time.monotonic() + 15
        while "POST /v1/stream" not in server.log and time.monotonic() < end:
            time.sleep(0.1)
        assert "POST /v1/stream 200" in server.log


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_long_stream_takes_no_memory(server: Server) -> None:
    stream = Duplex(server)
    reader = threading.Thread(target=lambda: answers.append(stream.rest()))
    answers: list[str] = []
    reader.start()
    stream.send(lines(*[b"{bad"] * 1000))
    before = peak_mb(server)
    for _ in range(60):
        stream.send(lines(*[b"{bad" + b"x" * 96] * 500))
    stream.send(b"")
    reader.join(60)
    assert answers[0].count('"error"') == 31_000
    assert peak_mb(server) - before < 10


def test_a_client_that_leaves_takes_its_texts_with_it(server: Server) -> None:
    leaving = Duplex(server)
    leaving.send(lines(*[{"text": SENTENCE * 20}] * 60))
    time.sleep(0.3)
    leaving.socket.close()
    end = time.monotonic() + 30
    while (left := waiting(server)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == 0
    assert ask(server, {"schema": TYPES}, {"text": SENTENCE}).text.count("entities") == 1


def waiting(server: Server) -> float:
    metrics = httpx.get(f"{server.url}/metrics").text
    return float(re.findall(r"^samner_texts_waiting (\S+)", metrics, re.MULTILINE)[0])


def test_a_server_told_to_stop_stops_though_a_client_is_held_back(tmp_path: Path) -> None:
    """What it gives up then are texts, and none of them is in what it says."""
    with serving(tmp_path, [*THREADS, "--drain", "1"]) as server:
        stuck = Duplex(server)
        stuck.socket.settimeout(2)
        with contextlib.suppress(TimeoutError):
            while True:
                stuck.send(lines(*[{"text": SENTENCE * 20}] * 20))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        log = server.log
    assert "Lovelace" not in log
    assert "in the event loop" not in log
    assert log.endswith("samner: stopped\n")


def test_a_server_told_to_stop_answers_what_it_took(tmp_path: Path, ner: SamNER) -> None:
    with serving(tmp_path, THREADS) as server:
        stream = Duplex(server)
        stream.send(lines(*[{"text": SENTENCE, "id": str(n)} for n in range(30)]))
        first = stream.socket.recv(4096)  # it has begun
        server.process.send_signal(signal.SIGTERM)
        *rows, last = (
            json.loads(row)
            for row in re.findall(
                r"^\{.*\}$", (first.decode() + stream.rest()).replace("\r", ""), re.MULTILINE
            )
        )
        assert server.process.wait(60) == 0
    assert [row["id"] for row in rows] == [str(n) for n in range(30)]
    assert all(len(row["entities"]) == 3 for row in rows)
    assert last["error"]["retryable"]
