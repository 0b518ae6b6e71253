"""Entities as columns: Hugging Face `datasets.map` and a Spark pandas UDF, both for real."""

from __future__ import annotations

import pickle
import shutil
import sys
from typing import Any

import pytest

from samner import SamNER
from samner.integrations.columns import Extractor

pytestmark = pytest.mark.model
TYPES = ["person", "city", "company"]
TEXTS = ["Ada Lovelace met Charles Babbage in London.", None, "Siemens is based in Munich.", ""]


def expected(ner: SamNER) -> list[list[dict[str, Any]]]:
    return [[e.to_dict() for e in ner.extract(text, TYPES)] if text else [] for text in TEXTS]


def test_a_batch_gets_entities_and_errors(ner: SamNER) -> None:
    new = Extractor(TYPES, ner=ner, text="body")({"body": TEXTS})
    assert new["entities"] == expected(ner)
    assert sum(map(len, new["entities"])) >= 4
    assert [error is None for error in new["error"]] == [True, False, True, True]
    assert "NoneType" in new["error"][1]


def test_it_travels_to_other_processes(ner: SamNER) -> None:
    extractor = Extractor(TYPES, ner=ner)
    extractor({"text": TEXTS[:1]})
    assert pickle.loads(pickle.dumps(extractor))({"text": TEXTS})["entities"] == expected(ner)


def test_without_types_every_entity_comes_out(ner: SamNER) -> None:
    (found,) = Extractor(None, ner=ner)({"text": TEXTS[:1]})["entities"]
    assert [entity["text"] for entity in found] == ["Ada Lovelace", "Charles Babbage", "London"]


@pytest.mark.extra
def test_datasets_map(ner: SamNER) -> None:
    datasets = pytest.importorskip("datasets")
    dataset = datasets.Dataset.from_dict({"text": TEXTS})
    found = dataset.map(Extractor(TYPES, ner=ner), batched=True, batch_size=2)
    assert found["text"][:] == TEXTS
    assert [[entity["text"] for entity in row] for row in found["entities"]] == [
        [entity["text"] for entity in row] for row in expected(ner)
    ]
    assert [error is None for error in found["error"]] == [True, False, True, True]


@pytest.mark.extra
@pytest.mark.slow
def test_a_spark_column(ner: SamNER, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs a Java runtime")
    from pyspark.sql import SparkSession

    from samner.integrations.spark import entities_udf

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)  # else the first python3 on the path
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        frame = spark.createDataFrame([(n, text) for n, text in enumerate(TEXTS)], "n int, text string")
        rows = frame.withColumn("entities", entities_udf(TYPES)("text")).orderBy("n").collect()
        assert [row.text for row in rows] == TEXTS
        assert rows[1].entities is None
        for row, entities in zip(rows, expected(ner), strict=True):
            if row.text is not None:
                assert [entity.asDict(recursive=True) for entity in row.entities] == entities
    finally:
        spark.stop()
