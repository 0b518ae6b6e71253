"""The Label Studio ML backend, asked with the bodies that Label Studio 1.23 sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from serving import SENTENCE, THREADS, Server, serving  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]
KEY = "a-key-of-a-test-0123456789"
CONFIG = """<View>
  <!-- two kinds -->
  <Labels name="kind" toName="body">
    <Label value="person" hint="A named individual."/>
    <Label value="city" alias="CITY" hint="A city or town."/>
  </Labels>
  <Text name="body" value="$article"/>
</View>"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), [*THREADS, "--label-studio"], KEY) as running:
        yield running


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60, auth=("any name", KEY)) as client:
        yield client


def predict(*tasks: Any, config: str = CONFIG) -> dict[str, Any]:
    context = {"login": None, "password": None, "context": None}
    return {"tasks": list(tasks), "project": "1.1764137439", "label_config": config, "params": context}


def task(id: int, **data: Any) -> dict[str, Any]:
    more = {"meta": {}, "annotations": [], "predictions": [], "project": 1, "inner_id": id}
    return {"id": id, "data": data, **more}


def test_setup_and_health(http: httpx.Client) -> None:
    assert http.get("/health").json()["status"] == "UP"
    body = {
        "project": "1.1",
        "schema": CONFIG,
        "hostname": "http://x",
        "access_token": "t",
        "extra_params": None,
    }
    answer = http.post("/setup", json=body)
    assert answer.status_code == 200
    assert answer.json()["model_version"].startswith("samner-embedded-")


def test_a_prediction_for_each_task_in_order(http: httpx.Client) -> None:
    tasks = [
        task(7, article=SENTENCE),
        task(8, article="\U0001f600 Lyon is large."),
        task(9, other="x"),
        task(10, article=""),
    ]
    answer = http.post("/predict", json=predict(*tasks)).json()
    first, second, missing, empty = answer["results"]
    assert [(r["value"]["text"], r["value"]["labels"]) for r in first["result"]] == [
        ("Ada Lovelace", ["person"]),
        ("Charles Babbage", ["person"]),
        ("London", ["CITY"]),
    ]
    for region in first["result"]:
        value = region["value"]
        assert SENTENCE[value["start"] : value["end"]] == value["text"]
        assert (region["from_name"], region["to_name"], region["type"]) == ("kind", "body", "labels")
        assert 0 < region["score"] <= 1
    assert len({region["id"] for region in first["result"]}) == 3
    assert (second["result"][0]["value"]["start"], second["result"][0]["value"]["end"]) == (2, 6)
    assert (missing["result"], empty["result"]) == ([], [])
    assert "data.article" in missing["errors"][0]["message"]
    assert "errors" not in empty
    assert first["model_version"] == answer["model_version"]


@pytest.mark.parametrize(
    "config",
    [
        "",
        "<View>",
        "<View/>",
        '<View><Labels name="a" toName="t"/><Text name="t" value="$x"/></View>',
        '<View><Labels name="a" toName="t"><Label value="x"/></Labels><Text name="t" value="x"/></View>',
        '<View><Labels name="a" toName="t"><Label value="x"/></Labels><Image name="t" value="$x"/></View>',
        '<!DOCTYPE a [<!ENTITY b "c">]><View><Labels name="a" toName="t"><Label value="&b;"/></Labels></View>',
        "<a>" * 60_000,
    ],
)
def test_a_configuration_without_labels_over_a_text_is_refused(http: httpx.Client, config: str) -> None:
    for path, body in (("/setup", {"schema": config}), ("/predict", predict(config=config))):
        answer = http.post(path, json=body)
        assert answer.status_code == 422
        assert answer.json()["error"]["remedy"]


def test_a_stranger_is_refused(server: Server) -> None:
    for auth in (None, ("x", "another-key-0123456789")):
        answer = httpx.post(f"{server.url}/predict", json=predict(), auth=auth)
        assert answer.status_code == 401


def test_tasks_count_for_the_rate_of_a_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    options = [*THREADS, "--label-studio", "--rate-limit", "10"]
    with serving(tmp_path_factory.mktemp("slow"), options, KEY) as slow:
        tasks = [task(n, article="Ada wrote.") for n in range(11)]
        statuses = [
            httpx.post(f"{slow.url}/predict", json=predict(*some), auth=("x", KEY), timeout=60).status_code
            for some in (tasks[:9], tasks[:9], tasks)
        ]
    assert statuses[:2] == [200, 429]
    assert statuses[2] in (413, 429)  # more than a minute's; or the guard's, where nothing at all is left


def test_it_is_there_only_when_asked_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("plain"), THREADS) as plain:
        assert httpx.get(f"{plain.url}/health").status_code == 404
        assert httpx.post(f"{plain.url}/predict", json=predict()).status_code == 404
