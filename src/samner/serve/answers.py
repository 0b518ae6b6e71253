"""From requests to documents and tasks, and from results to the JSON of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from samner.errors import FormatError, InputError
from samner.options import Options
from samner.reading import read_row
from samner.schema import as_schema
from samner.serve.batching import Task
from samner.serve.bodies import Asked, ExtractRequest
from samner.serve.problems import Busy, Problem, problem, to_dict
from samner.serve.service import Service
from samner.trace import Trace
from samner.types import Document, Entity, Failure, Schema
from samner.writing.base import dumps, to_json


async def task_of(service: Service, asked: Asked) -> Task:
    """The compiled schema and the options that a request asks for."""
    options = Options(
        threshold=asked.threshold,
        nested=asked.nested,
        multi_label=asked.multi_label,
        overlap=asked.overlap,
        without=frozenset(asked.without),
    )
    if asked.schema_ is None:
        return Task(None, options, asked.trace)
    schema = schema_of(service, asked.schema_)
    return Task(await service.compiled.get(schema), options, asked.trace)


def schema_of(service: Service, given: Any) -> Schema:
    """A schema by name or inline. A name is never taken as the path of a file: clients read none of ours."""
    if isinstance(given, str):
        schema = service.store.find(given)
        if schema is None:
            remedy = "see GET /v1/schemas, or send labels in a list"
            raise problem(422, "the name of a schema", "an unknown one", remedy)
        return schema
    if not isinstance(given, (list, dict)):
        found = type(given).__name__
        raise problem(
            422, "a schema: a name, a list, an object, or null for every entity", found, "see /docs"
        )
    rows = given.get("types") if isinstance(given, dict) else given
    most = service.settings.limits.labels
    if max(len(given), len(rows) if isinstance(rows, (list, dict)) else 0) > most:
        raise problem(
            413, f"at most {most} labels in a schema", "more", "drop some, or ask in several requests"
        )
    return as_schema(given)


def documents_of(service: Service, asked: ExtractRequest) -> list[Document | Failure]:
    """The documents of a request; one that is none stands as a Failure in its place."""
    if (asked.text is None) == (asked.texts is None):
        found = "neither" if asked.text is None else "both"
        raise problem(422, "either `text` or `texts`", found, 'send {"texts": ["..."]}')
    texts = [asked.text] if asked.texts is None else asked.texts
    limits = service.settings.limits
    if len(texts) > limits.texts:
        raise problem(
            413, f"at most {limits.texts} texts a request", f"{len(texts)}", "send several requests"
        )
    documents = [document_of(item, f"texts[{n}]") for n, item in enumerate(texts)]
    for document in documents:
        if isinstance(document, Document) and (error := too_long(service, document)):
            raise Problem(413, error)
    return documents


def document_of(item: Any, place: str) -> Document | Failure:
    """A text, or an object with `text` or `tokens` and perhaps an `id`."""
    if isinstance(item, str):
        return Document(item)
    try:
        document = read_row(item, place)
    except (FormatError, InputError) as error:
        return Failure(error)
    return document if item.get("id") is not None else replace(document, id=None)


def too_long(service: Service, document: Document) -> InputError | None:
    """The error of a text with more characters than the server takes."""
    most, count = service.settings.limits.characters, len(document.text)
    remedy = "cut it, by chapter for instance"
    return InputError(f"at most {most} characters a text", f"{count}", remedy) if count > most else None


async def results_of(service: Service, documents: Sequence[Document | Failure], task: Task) -> list[Any]:
    """The results in order, once all are there. Problem 504 where that takes too long."""
    good = [document for document in documents if isinstance(document, Document)]
    futures = service.batcher.submit(good, task)
    try:
        _, late = await asyncio.wait(futures, timeout=service.settings.timeout) if futures else ((), ())
    finally:
        for future in futures:
            future.cancel()  # those that nobody waits for any more; no effect on the others
    if late:
        limit = f"an answer within {service.settings.timeout:g} seconds"
        raise Problem(504, Busy(limit, "none yet", "send fewer or shorter texts"))
    answers = iter(futures)
    return [next(answers).result() if isinstance(d, Document) else d for d in documents]


def line_of(service: Service, document: Document | Failure, result: Any) -> str:
    """One result as a line of JSON, as `samner extract --format jsonl` writes it; a failure as `{"id", "error"}`."""
    entities = result.entities if isinstance(result, Trace) else result
    counted(service, document, entities)
    if isinstance(result, Failure):
        return dumps({"id": document.id or result.id, "error": to_dict(result.error)})
    assert isinstance(document, Document)
    return to_json(document, entities, stages(result) if isinstance(result, Trace) else None)


def counted(service: Service, document: Document | Failure, entities: list[Entity] | Failure) -> None:
    """Tell the figures of a text that was answered."""
    metrics, failed = service.metrics, isinstance(entities, Failure)
    metrics.texts.labels("failed" if failed else "done").inc()
    if isinstance(document, Document) and not isinstance(entities, Failure):
        metrics.characters.inc(len(document.text))
        metrics.entities.inc(len(entities))


def stages(trace: Trace) -> dict[str, Any]:
    """The three stages; the text and the entities stand beside them already."""
    return {key: value for key, value in trace.to_dict().items() if key not in ("text", "entities")}


def body_of(lines: Iterable[str]) -> bytes:
    return f'{{"results": [{", ".join(lines)}]}}'.encode()
