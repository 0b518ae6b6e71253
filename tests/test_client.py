"""The client against a real server: what it returns is what the model returns here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from samner import Document, EntityType, Failure, InputError, SchemaError  # noqa: E402
from samner.cli.main import run  # noqa: E402
from samner.client import AsyncClient, Client, ServiceError, calls  # noqa: E402
from serving import SENTENCE, THREADS, TYPES, Server, serving  # noqa: E402

if TYPE_CHECKING:
    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]
KEY = "a-key-of-a-test-0123456789"
TEXTS = [SENTENCE, SENTENCE.replace(".", " .").split(), Document(SENTENCE, "one"), "", "Lyon\ud800 is large."]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(
        folder, [*THREADS, "--max-texts", "8", "--max-characters", "5000"], f"other-{KEY}, {KEY}"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, key=KEY) as made:
        yield made


def alike(results: list[object]) -> list[object]:
    """Scores as they are written: to six places."""
    return [r if isinstance(r, Failure) else [e.to_dict() for e in r] for r in results]  # type: ignore[attr-defined]


def test_a_batch_is_that_of_the_model(client: Client, ner: SamNER) -> None:
    found = client.extract_batch(TEXTS, TYPES, batch_size=2)
    assert alike(found) == alike(ner.extract_batch(TEXTS, TYPES))
    assert [len(r) for r in found] == [3, 3, 3, 0, 1]
    assert found[1][0].end == 2  # tokens were counted


def test_options_and_every_entity(client: Client, ner: SamNER) -> None:
    for schema, options in ((None, {}), (TYPES, {"threshold": 0.9, "nested": True, "without": {"explorer"}})):
        mine, its = client.extract(SENTENCE, schema, **options), ner.extract(SENTENCE, schema, **options)
        assert alike([mine]) == alike([its])
        assert mine


def test_a_trace_is_that_of_the_model(client: Client, ner: SamNER) -> None:
    assert client.trace(SENTENCE, TYPES).to_dict() == ner.trace(SENTENCE, TYPES).to_dict()


def test_what_is_no_text_fails_alone(client: Client) -> None:
    bad, good, long = client.extract_batch([42, SENTENCE, "x" * 5001], TYPES)  # type: ignore[list-item]
    assert isinstance(bad, Failure)
    assert isinstance(bad.error, InputError)
    assert len(good) == 3  # type: ignore[arg-type]
    assert isinstance(long, Failure)
    assert "5000 characters" in str(long.error)


def test_a_stream_takes_no_more_than_it_gives(client: Client) -> None:
    drawn = 0

    def endless() -> Iterator[str]:
        nonlocal drawn
        while True:
            drawn += 1
            yield SENTENCE

    stream = client.stream(endless(), TYPES, batch_size=4)
    assert [len(next(stream)) for _ in range(10)] == [3] * 10  # type: ignore[arg-type]
    stream.close()  # type: ignore[attr-defined]
    assert drawn <= 60


def test_errors_are_those_of_the_model(client: Client) -> None:
    with pytest.raises(SchemaError, match="'a' repeated"):
        client.extract(SENTENCE, ["a", "a"])
    with pytest.raises(ServiceError, match="GET /v1/schemas") as unknown:
        client.extract(SENTENCE, "no/such")
    assert (unknown.value.status, unknown.value.retryable) == (422, False)
    with pytest.raises(InputError, match="thresold"):
        client.extract(SENTENCE, TYPES, thresold=1)


def test_schemas_are_kept(client: Client) -> None:
    kinds = [EntityType("person", "One.", ("Ada",), 0.3, ("person",)), EntityType("poet", parent="person")]
    client.put_schema("team/people", kinds)
    assert client.get_schema("team/people").types == tuple(kinds)
    assert {"team/people", "news"} <= set(client.schema_names())
    assert client.extract(SENTENCE, "team/people")[0].text == "Ada Lovelace"
    client.delete_schema("team/people")
    with pytest.raises(ServiceError) as gone:
        client.get_schema("team/people")
    assert gone.value.status == 404


def test_keys(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (None, KEY[:-1], f"{KEY}x"):
        with Client(server.url, key=key) as stranger, pytest.raises(ServiceError, match="Bearer") as refused:
            stranger.info()
        assert refused.value.status == 401
    monkeypatch.setenv("SAMNER_API_KEY", f"other-{KEY}")
    with Client(server.url) as known:
        assert known.info()["needs_key"]


def test_more_texts_than_the_key_has_a_minute_take_their_time(tmp_path: Path) -> None:
    with (
        serving(tmp_path, [*THREADS, "--rate-limit", "60"], KEY) as slow,
        Client(slow.url, key=KEY) as client,
    ):
        results = client.extract_batch([SENTENCE] * 61, TYPES, batch_size=61)
        assert "POST /v1/extract 413" in slow.log  # 61 at once never fit, and were sent in two
        assert "POST /v1/extract 429" in slow.log
    assert [len(result) for result in results] == [3] * 61  # type: ignore[arg-type]


def test_a_turn_is_waited_for_so_long_and_a_busy_server_asked_so_often() -> None:
    for status, retry_after, waits in (
        (429, "60", 10),
        (429, "601", 0),
        (503, "1", calls.RETRIES),
        (503, "60", 0),
    ):
        steps = calls.ask("GET", "/v1/info")
        assert isinstance(next(steps), calls.Send)
        for _ in range(waits):
            assert steps.send(httpx.Response(status, headers={"retry-after": retry_after})) == calls.Wait(
                float(retry_after)
            )
            assert isinstance(steps.send(None), calls.Send)
        with pytest.raises(ServiceError) as given_up:
            steps.send(httpx.Response(status, headers={"retry-after": retry_after}))
        assert given_up.value.status == status


def test_where_no_server_is() -> None:
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(ServiceError, match="samner serve") as missing:
        nobody.info()
    assert missing.value.retryable
    for url in ("127.0.0.1:8000", "", "http://", "file:///x"):
        with pytest.raises(InputError, match="http://127"):
            Client(url)


def test_the_asynchronous_one(server: Server, client: Client) -> None:
    async def both() -> None:
        async with AsyncClient(server.url, key=KEY) as other:
            assert alike(await other.extract_batch(TEXTS, TYPES, batch_size=2)) == alike(
                client.extract_batch(TEXTS, TYPES)
            )
            assert (await other.trace(SENTENCE, TYPES)).to_dict() == client.trace(SENTENCE, TYPES).to_dict()
            await other.put_schema("mine", TYPES)
            assert (await other.get_schema("mine")).names == ("person", "city")
            assert "mine" in await other.schema_names()
            await other.delete_schema("mine")
            assert (await other.info())["model"] == client.info()["model"]
            assert len(await other.extract(SENTENCE, TYPES)) == 3

    asyncio.run(both())


def test_the_command_line_asks_a_server(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMNER_API_KEY", KEY)
    lines = tmp_path / "l.jsonl"
    lines.write_text(f"{json.dumps({'text': SENTENCE})}\n{{bad\n{json.dumps({'tokens': SENTENCE.split()})}\n")
    command = ["extract", str(lines), "--labels", "person,city", "--format", "jsonl", "--explain"]
    assert run(command) == 1
    here = capsys.readouterr()
    assert run([*command, "--url", server.url]) == 1
    there = capsys.readouterr()
    assert there == here
    assert run(["extract", SENTENCE, "--schema", "no/such", "--url", server.url]) == 1
    assert "GET /v1/schemas" in capsys.readouterr().err
    assert run(["extract", SENTENCE, "--all", "--url", server.url, "--threads", "1"]) == 2
