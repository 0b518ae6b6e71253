"""Spark: entities as a column, by a pandas UDF whose workers load the model once.

    entities = entities_udf(["person", "city"])
    articles.withColumn("entities", entities("text")).write.parquet("out")

Spark starts a Python process for each core that it runs tasks on, so a recognizer here has one thread. A text that
cannot be read has null for its entities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from samner.errors import MissingExtraError
from samner.integrations.columns import Extractor
from samner.options import Options
from samner.schema import SchemaLike

ENTITY = (
    "struct<start:bigint,end:bigint,text:string,label:string,score:double,archetype:string,"
    "sources:array<string>,alternatives:array<struct<label:string,score:double>>>"
)


def entities_udf(
    schema: SchemaLike | None, *, model: str | None = None, options: Options | None = None
) -> Any:
    """A UDF from a column of texts to one of arrays of entities (`ENTITY`); MissingExtraError without PySpark."""
    try:
        import pandas as pd
        from pyspark.sql.functions import pandas_udf
    except ImportError:
        raise MissingExtraError("pyspark", "spark") from None
    from samner.pipeline import SamNER

    ner = SamNER(model, threads=1)  # travels as what it was made from: each worker makes its own
    extractor = Extractor(schema, ner=ner, options=options)

    def entities(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for texts in batches:
            found, errors = extractor.extract(texts)
            rows = [None if error else rows for rows, error in zip(found, errors, strict=True)]
            yield pd.Series(rows, index=texts.index, dtype=object)

    # Spark reads the types from here; under postponed evaluation they would be strings that it cannot look up.
    entities.__annotations__ = {"batches": Iterator[pd.Series], "return": Iterator[pd.Series]}
    return pandas_udf(entities, f"array<{ENTITY}>")
