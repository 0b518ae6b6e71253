"""Who may enter, how much may be asked, and what is never told: over a socket, against real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from serving import SENTENCE, THREADS, TYPES, Server, serving  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]
KEY, OTHER = "a-key-of-a-test-0123456789", "another-key-0123456789"
LIMITS = ("--max-texts", "20", "--max-characters", "5000", "--max-labels", "30", "--max-body", "100000")
JSON = {"Content-Type": "application/json"}
SECRET = "Zanzibarium"  # stands in texts, labels and keys, and must never stand in a log


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), [*THREADS, *LIMITS]) as running:
        yield running


def asked(**more: Any) -> dict[str, Any]:
    return {"text": SENTENCE, "schema": TYPES, **more}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (asked(text="x" * 5001), 413, "at most 5000 characters"),
        ({"texts": [SENTENCE] * 21, "schema": TYPES}, 413, "at most 20 texts"),
        (asked(schema=[f"t{n}" for n in range(31)]), 413, "at most 30 labels"),
        (asked(schema={"types": [f"t{n}" for n in range(31)]}), 413, "at most 30 labels"),
        (asked(texts=[SENTENCE]), 422, "both"),
        ({"schema": TYPES}, 422, "neither"),
        ({"text": SENTENCE}, 422, "schema"),
        (asked(schema="no/such"), 422, "/v1/schemas"),
        (asked(schema=[]), 422, "at least one type"),
        (asked(schema=["a", "a"]), 422, "'a' repeated"),
        (asked(schema=[{"name": "a", "archetypes": ["persn"]}]), 422, "persn"),
        (asked(schema=3), 422, "int"),
        (asked(threshold=1.5), 422, "threshold"),
        (asked(overlap="best"), 422, "overlap"),
        (asked(without=["explorer", "anchor"]), 422, "one extractor"),
        (asked(thresold=1), 422, "thresold"),
        (asked(nested="yes"), 422, "nested"),
        ([], 422, "body"),
    ],
)
def test_what_cannot_be_is_told(server: Server, body: Any, status: int, said: str) -> None:
    answer = httpx.post(f"{server.url}/v1/extract", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["retryable"]) == (status, False)
    assert said in error["message"]
    assert error["message"] == f"expected {error['expected']}, found {error['found']}; {error['remedy']}"


@pytest.mark.parametrize(
    ("method", "path", "sent", "headers", "status"),
    [
        ("POST", "/v1/extract", b"{bad", JSON, 400),
        ("POST", "/v1/extract", b"[" * 50_000, JSON, 400),
        ("POST", "/v1/extract", b"\xff\xfe", JSON, 400),
        ("POST", "/v1/extract", b"x" * 100_001, JSON, 413),
        ("POST", "/v1/extract", iter([b" " * 60_000] * 2), JSON, 413),
        ("POST", "/v1/extract", b"{}", {"Content-Type": "text/plain"}, 415),
        ("POST", "/v1/extract", b"text=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/v1/stream", b"{}", JSON, 415),
        ("GET", "/v1/extract", b"", {}, 405),
        ("DELETE", "/v1/info", b"", {}, 405),
        ("GET", "/nowhere", b"", {}, 404),
        ("GET", "/v1/schemas/../../etc/passwd", b"", {}, 404),
        ("GET", "/page/../settings.py", b"", {}, 404),
        ("GET", "/page/%2e%2e/settings.py", b"", {}, 404),
        ("PUT", "/v1/schemas/news", b'["a"]', JSON, 409),
        ("DELETE", "/v1/schemas/news", b"", {}, 409),
        ("PUT", "/v1/schemas/a%20b", b'["a"]', JSON, 422),
        ("PUT", "/v1/schemas/" + "a" * 101, b'["a"]', JSON, 422),
        ("PUT", "/v1/schemas/mine", b'"news"', JSON, 422),
        ("GET", "/v1/info", b"", {"Host": "evil.example"}, 421),
        ("GET", "/", b"", {"Host": "evil.example:80"}, 421),
        ("GET", "/v1/info", b"", {"Host": "localhost:1"}, 200),
        ("GET", "/v1/info", b"", {"Host": "[::1]:8000"}, 200),
    ],
)
def test_a_request_that_is_wrong_as_a_whole(
    server: Server, method: str, path: str, sent: Any, headers: dict[str, str], status: int
) -> None:
    with httpx.Client(base_url=server.url) as http:
        request = http.build_request(method, "/", content=sent, headers=headers)
        request.url = request.url.copy_with(raw_path=path.encode())  # as it is, dots and all
        answer = http.send(request)
    assert answer.status_code == status
    assert "error" in answer.json() or status == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_schema_is_never_a_file_of_the_server(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "types.yaml"
    path.write_text("types: [person]\n")
    answer = httpx.post(f"{server.url}/v1/extract", json=asked(schema=str(path)))
    assert answer.status_code == 422
    assert str(path) not in answer.text


def test_no_other_site_may_read_it_unless_allowed(server: Server, tmp_path: Path) -> None:
    origin = {"Origin": "https://a.example"}
    asks = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for answer in (
        httpx.get(f"{server.url}/v1/info", headers=origin),
        httpx.options(f"{server.url}/v1/extract", headers=asks),
    ):
        assert "access-control-allow-origin" not in answer.headers
    with serving(tmp_path, [*THREADS, "--cors", "https://a.example"], KEY) as allowing:
        answer = httpx.options(f"{allowing.url}/v1/extract", headers=asks)
        assert answer.headers["access-control-allow-origin"] == "https://a.example"
        refused = httpx.get(f"{allowing.url}/v1/info", headers=origin)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (
            401,
            "https://a.example",
        )
        other = httpx.options(f"{allowing.url}/v1/extract", headers={**asks, "Origin": "https://b.example"})
        assert "access-control-allow-origin" not in other.headers


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    options = [*THREADS, "--rate-limit", "60", "--host", "0.0.0.0"]
    with serving(tmp_path_factory.mktemp("keyed"), options, f"{KEY},{OTHER}") as running:
        running.url = running.url.replace("0.0.0.0", "127.0.0.1")
        yield running


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_keys_open_what_needs_one(keyed: Server) -> None:
    for path in ("/", "/docs", "/openapi.json", "/healthz", "/readyz"):
        assert httpx.get(keyed.url + path).status_code == 200
    for path in ("/v1/info", "/v1/schemas", "/metrics", "/v1/nowhere"):
        refused = httpx.get(keyed.url + path)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    for wrong in (
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        "Bearer",
        "Bearer \xff",
        f"Basic {KEY}",
        "Basic !!",
        KEY,
        "",
    ):
        refused = httpx.get(f"{keyed.url}/v1/info", headers={"Authorization": wrong.encode("latin-1")})
        assert refused.status_code == 401
    assert httpx.get(f"{keyed.url}/v1/info", headers=bearer(KEY)).json()["needs_key"]
    schemes = httpx.get(f"{keyed.url}/openapi.json").json()["components"]["securitySchemes"]
    assert schemes == {"key": {"type": "http", "scheme": "bearer"}}


def test_each_key_has_its_own_rate(keyed: Server) -> None:
    url, many = f"{keyed.url}/v1/extract", {"texts": ["Ada wrote."] * 40, "schema": ["person"]}
    assert httpx.post(url, json=many, headers=bearer(OTHER), timeout=60).status_code == 200
    refused = httpx.post(url, json=many, headers=bearer(OTHER))
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error"]["retryable"]
    assert httpx.get(f"{keyed.url}/v1/info", headers=bearer(KEY)).status_code == 200


def test_no_text_label_or_key_is_logged(tmp_path: Path) -> None:
    key = f"{SECRET}-key-0123456789"
    with serving(tmp_path, [*THREADS, "--max-characters", "5000"], key) as server:
        http = httpx.Client(base_url=server.url, headers=bearer(key), timeout=60)
        texts = [
            f"{SECRET} wrote.",
            f"Это {SECRET} по-русски, совсем не английский текст.",
            {"id": SECRET, "tokens": []},
        ]
        for body in (
            {"texts": texts, "schema": [SECRET]},
            {"text": SECRET * 1000, "schema": None},
            {SECRET: 1},
        ):
            http.post("/v1/extract", json=body)
        http.post("/v1/extract", content=f"{{{SECRET}".encode(), headers=JSON)
        http.put(f"/v1/schemas/{SECRET}", json={SECRET: SECRET})
        http.get(f"/v1/schemas/{SECRET}?q={SECRET}")
        http.get(f"/{SECRET}")
        http.get("/v1/info", headers=bearer(f"{SECRET}x"))
        stream = {"Content-Type": "application/jsonl"}
        http.post(
            "/v1/stream", content=f'{{"schema": null}}\n{{"text": "{SECRET}"}}\n{SECRET}', headers=stream
        )
        figures = http.get("/metrics").text
        assert "samner_texts_total" in figures
        assert server.log.count("POST /v1/extract 200") == 1
        assert SECRET not in server.log + figures
        http.close()


@pytest.mark.parametrize(
    ("options", "keys", "said"),
    [
        (["--host", "0.0.0.0"], "", "SAMNER_API_KEYS"),
        (["--host", "::"], "", "--insecure-no-keys"),
        (["--host", "example.org"], "", "127.0.0.1"),
        ([], "short", "at least 16"),
        ([], "with a space in the middle", "at place 1"),
        (["--rate-limit", "-1"], "", "rate-limit"),
    ],
)
def test_an_unsafe_server_does_not_start(tmp_path: Path, options: list[str], keys: str, said: str) -> None:
    done = start(tmp_path, options, keys)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert keys == "" or keys not in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_keeps_it_from_starting_is_one_line(server: Server, tmp_path: Path) -> None:
    taken = server.url.rsplit(":", 1)[1]
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    for options, said in (
        (["--port", taken], "in use"),
        (["--schemas", str(tmp_path / "x.db")], "--schemas"),
    ):
        done = start(tmp_path, options, "")
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def start(folder: Path, options: list[str], keys: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from samner.cli import main; main()",
        "serve",
        "--schemas",
        str(folder / "s.db"),
    ]
    environment = os.environ | {"SAMNER_API_KEYS": keys}
    return subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_all_may_be_let_in(tmp_path: Path) -> None:
    with serving(tmp_path, [*THREADS, "--host", "0.0.0.0", "--insecure-no-keys"]) as open_one:
        url = open_one.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/v1/info", headers={"Host": "my.example"}).status_code == 200


def test_what_takes_too_long_is_given_up_and_stopping_waits_for_the_rest(tmp_path: Path) -> None:
    long = {"text": f"{SENTENCE} " * 2000, "schema": TYPES}  # seconds of work
    with serving(tmp_path, [*THREADS, "--timeout", "0.2"]) as hasty:
        late = httpx.post(f"{hasty.url}/v1/extract", json=long, timeout=60)
        assert (late.status_code, late.json()["error"]["retryable"]) == (504, True)
    with serving(tmp_path, THREADS) as patient:
        answers: list[httpx.Response] = []
        post = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{patient.url}/v1/extract", json=long, timeout=120))
        )
        post.start()
        time.sleep(1)
        patient.process.send_signal(signal.SIGTERM)
        post.join(120)
        assert patient.process.wait(60) == 0
    assert answers[0].status_code == 200
    assert len(answers[0].json()["results"][0]["entities"]) > 5000
