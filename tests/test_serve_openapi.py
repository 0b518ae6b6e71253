"""The service against its own description: requests that fit it and requests that do not, none of them a 500."""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("schemathesis")
pytest.importorskip("fastapi")


from serving import SENTENCE, THREADS, TYPES, Server, serving  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]
LIMITS = ("--max-texts", "20", "--max-characters", "5000", "--max-labels", "30", "--max-body", "100000")
MALFORMED = 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), [*THREADS, *LIMITS, "--label-studio"]) as running:
        yield running


@pytest.mark.slow
def test_every_answer_is_as_described(server: Server, tmp_path: Path) -> None:
    """Schemathesis: requests that fit the description and requests that do not; status, kind, headers and body of
    each answer. It cannot write JSON Lines: see test_serve_stream."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--mode=all"]
    options = [
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        "--exclude-path=/v1/stream",
    ]
    more = ["--max-examples=150", "--seed=1", "--generation-database=none", "--no-color"]
    done = subprocess.run(
        [*command, *options, *more], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-5000:]
    generated, passed = re.findall(r"(\d+) generated, (\d+) passed", done.stdout)[0]
    assert int(generated) == int(passed) > 1000


CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def malformed(chance: random.Random) -> tuple[str, str, bytes, dict[str, str]]:
    """A request spoilt by hand: bytes cut or changed, values of other kinds, odd text, deep nesting, wrong headers."""
    value = chance.choice(ODD)
    good = {"text": SENTENCE, "schema": dict(TYPES), "threshold": 0.5, "without": ["explorer"], "trace": True}
    good[chance.choice([*good, "texts", "nested", "overlap", "other"])] = value
    if chance.random() < 0.3:
        good["schema"] = chance.choice(
            [[value], {"a": value}, {"types": value}, [{"name": "a", "parent": value}]]
        )
    body = json.dumps(good).encode()
    method, path = chance.choice(PLACES)
    if path == "/v1/stream":
        body = json.dumps({"schema": value}).encode() + b"\n" + body + b"\n" + json.dumps(value).encode()
    if chance.random() < 0.4:
        at = chance.randrange(len(body))
        body = chance.choice([body[:at], body[:at] + bytes([chance.randrange(256)]) + body[at:], body[::-1]])
    kind = "application/x-ndjson" if path == "/v1/stream" else "application/json"
    return method, path, body, {"Content-Type": chance.choice([kind] * 9 + ["text/plain"])}


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "\ud800",
    "\U0010ffff" * 9,
    "x" * 6000,
    [],
    [[]],
    [None],
    {},
    {"": ""},
    {"name": "a"},
    {"text": 1},
    {"tokens": ["", 1]},
    "../../etc/passwd",
    "news",
    "e\u0301",
    ["a"] * 40,
    [{"name": "a", "threshold": "x"}],
    json.loads("[" * 400 + "]" * 400),
    {"types": {"types": {}}},
]
PLACES = [("POST", "/v1/extract")] * 4 + [
    ("POST", "/v1/stream"),
    ("PUT", "/v1/schemas/mine"),
    ("PUT", "/v1/schemas/%ff/%00"),
    ("POST", "/setup"),
    ("POST", "/predict"),
    ("DELETE", "/v1/extract"),
    ("PATCH", "/v1/schemas"),
    ("POST", "/v1/info"),
]


def test_a_thousand_malformed_requests_and_no_500(server: Server) -> None:
    chance, seen = random.Random(7), Counter[int]()
    with httpx.Client(base_url=server.url, timeout=60) as http:
        for _ in range(MALFORMED):
            method, path, body, headers = malformed(chance)
            answer = http.request(method, path, content=body, headers=headers)
            seen[answer.status_code] += 1
            assert answer.status_code < 500, (method, path, body[:500], answer.text)
            if answer.status_code >= 400:
                assert set(answer.json()["error"]) >= {"message", "expected", "found", "remedy", "retryable"}
        assert http.get("/healthz").status_code == 200
    assert seen.total() == MALFORMED
    assert len(seen) >= 6  # all sorts of answers, so that the requests were not all refused at the door
    assert "Error in" not in server.log


def test_headers_that_are_no_headers(server: Server) -> None:
    """Below what an HTTP client can send."""
    parts = urlsplit(server.url)
    for raw in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\nAuthorization: \xff\xfe\r\n\r\n",
        b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ):
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as plain:
            plain.sendall(raw)
            plain.shutdown(socket.SHUT_WR)
            assert b" 500 " not in plain.recv(65536)
    assert httpx.get(f"{server.url}/readyz").status_code == 200
