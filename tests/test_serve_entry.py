"""Who may enter, from where, how often, and what keeps a server from starting: over a socket, against real servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from serving import THREADS, Server, serving  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]
KEY, OTHER = "a-key-of-a-test-0123456789", "another-key-0123456789"


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
    never = httpx.post(url, json={**many, "texts": ["Ada wrote."] * 61}, headers=bearer(KEY))
    assert (never.status_code, never.json()["error"]["retryable"]) == (413, False)


def test_no_other_site_may_read_it_unless_allowed(keyed: Server, tmp_path: Path) -> None:
    origin = {"Origin": "https://a.example"}
    asks = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for answer in (
        httpx.get(f"{keyed.url}/v1/info", headers={**origin, **bearer(KEY)}),
        httpx.options(f"{keyed.url}/v1/extract", headers={**asks, **bearer(KEY)}),
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


@pytest.mark.parametrize(
    ("options", "keys", "said"),
    [
        (["--host", "0.0.0.0"], "", "SAMNER_API_KEYS"),
        (["--host", "::"], "", "--insecure-no-keys"),
        (["--host", "example.org"], "", "127.0.0.1"),
        ([], "short", "at least 16"),
        ([], "with a space in the middle", "at place 1"),
        (["--rate-limit", "-1"], "", "rate-limit"),
        (["--cors", "example.org"], "", "https://example.org"),
        (["--cors", "https://example.org/"], "", "scheme://host"),
    ],
)
def test_an_unsafe_server_does_not_start(tmp_path: Path, options: list[str], keys: str, said: str) -> None:
    done = start(tmp_path, options, keys)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert keys == "" or keys not in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_keeps_it_from_starting_is_one_line(keyed: Server, tmp_path: Path) -> None:
    taken = keyed.url.rsplit(":", 1)[1]
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    for options, said in (
        (["--port", taken], "in use; pass another with --host or --port"),
        (["--host", "no.such.host.invalid", "--insecure-no-keys"], "no.such.host.invalid, port 8000: "),
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
