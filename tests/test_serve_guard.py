"""How much may be asked, what cannot be, and what is never told: over a socket, against real servers."""

from __future__ import annotations

import asyncio
import gzip
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from samner.serve.app import create_app  # noqa: E402
from samner.serve.settings import Settings  # noqa: E402
from serving import SENTENCE, THREADS, TYPES, Server, serving  # noqa: E402

if TYPE_CHECKING:
    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]
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
        ("POST", "/v1/extract", gzip.compress(b"{}"), {**JSON, "Content-Encoding": "gzip"}, 415),
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


def test_no_text_label_or_key_is_logged(tmp_path: Path) -> None:
    key = f"{SECRET}-key-0123456789"
    with serving(tmp_path, [*THREADS, "--max-characters", "5000"], key) as server:
        http = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
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
        http.get("/v1/info", headers={"Authorization": f"Bearer {SECRET}x"})
        stream = {"Content-Type": "application/jsonl"}
        http.post(
            "/v1/stream", content=f'{{"schema": null}}\n{{"text": "{SECRET}"}}\n{SECRET}', headers=stream
        )
        figures = http.get("/metrics").text
        assert "samner_texts_total" in figures
        assert server.log.count("POST /v1/extract 200") == 1
        assert SECRET not in server.log + figures
        http.close()


def test_the_event_loop_tells_no_text_either(
    ner: SamNER, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    async def go() -> None:
        app = create_app(ner, Settings(tmp_path / "s.db"))
        async with app.router.lifespan_context(app):
            asyncio.get_running_loop().call_soon(fail, SECRET)
            await asyncio.sleep(0.05)

    asyncio.run(go())
    assert "ValueError in test_serve_guard.py" in caplog.text
    assert SECRET not in caplog.text


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
