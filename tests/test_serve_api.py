"""The HTTP API, asked over a socket of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from serving import SENTENCE, THREADS, TYPES, Server, serving  # noqa: E402

if TYPE_CHECKING:
    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = ("--max-texts", "20", "--max-characters", "5000", "--max-labels", "30", "--max-body", "100000")
    with serving(tmp_path_factory.mktemp("server"), [*THREADS, *limits]) as running:
        yield running


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def test_an_answer_is_what_the_model_says(http: httpx.Client, ner: SamNER) -> None:
    answer = http.post("/v1/extract", json={"text": SENTENCE, "schema": TYPES})
    (result,) = answer.json()["results"]
    assert result["entities"] == [e.to_dict() for e in ner.extract(SENTENCE, TYPES)]
    assert len(result["entities"]) == 3
    assert result["text"] == SENTENCE


def test_a_trace_is_that_of_the_model(http: httpx.Client, ner: SamNER) -> None:
    answer = http.post("/v1/extract", json={"text": SENTENCE, "schema": TYPES, "trace": True})
    (result,) = answer.json()["results"]
    expected = ner.trace(SENTENCE, TYPES).to_dict()
    assert result["trace"] == {key: expected[key] for key in ("discovery", "mediation", "calibration")}
    assert result["entities"] == expected["entities"]


def test_a_bad_text_stands_in_its_place(http: httpx.Client) -> None:
    texts = [
        SENTENCE,
        42,
        {"tokens": SENTENCE.replace(".", " .").split(), "id": "t"},
        {"tokens": [""]},
        "",
        {"text": "Rome.", "id": None},
    ]
    answer = http.post("/v1/extract", json={"texts": texts, "schema": TYPES})
    good, number, tokens, empty, nothing, nameless = answer.json()["results"]
    assert answer.status_code == 200
    assert "texts[1]" in number["error"]["found"]
    assert "texts[3]" in empty["error"]["found"]
    assert [e["first_token"] for e in tokens["entities"]] == [0, 4, 7]
    assert tokens["id"] == "t"
    assert [e["text"] for e in good["entities"]] == ["Ada Lovelace", "Charles Babbage", "London"]
    assert nothing["entities"] == []
    assert (nameless["id"], [e["text"] for e in nameless["entities"]]) == (None, ["Rome"])


def test_schemas_are_kept(http: httpx.Client, tmp_path: Path) -> None:
    path = "/v1/schemas/team/people"
    assert http.put(path, json=TYPES).status_code == 201
    assert http.put(path, json=[{"name": "city", "threshold": 0.6}]).status_code == 200
    assert http.get(path).json()["types"][0]["threshold"] == 0.6
    answer = http.post("/v1/extract", json={"text": SENTENCE, "schema": "team/people"})
    assert [e["text"] for e in answer.json()["results"][0]["entities"]] == ["London"]
    assert http.delete(path).status_code == 204
    assert http.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/docs/start.js", "/docs/assets/swagger-ui.css", "/openapi.json"]
)
def test_pages_come_from_here(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
