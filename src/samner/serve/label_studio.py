"""A Label Studio ML backend: `/setup`, `/predict` and `/health` as Label Studio calls them.

The labels of the project's configuration are the types, their `hint` the definition. A region is `labels` on a `Text`.
"""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from samner.errors import InputError
from samner.formats.base import Mention
from samner.formats.label_studio import to_region
from samner.options import Options
from samner.serve.answers import counted, results_of, schema_of, too_long
from samner.serve.batching import Task
from samner.serve.problems import problem, to_dict
from samner.serve.routes import ERRORS, service_of
from samner.serve.service import Service
from samner.types import Document, Entity, Failure

router = APIRouter(tags=["Label Studio"])
_LONGEST = 200_000  # characters of a labelling configuration
_REMEDY = "configure <Labels toName> with a <Label> a type, over a <Text value>"
_Anything = Annotated[Any, WithJsonSchema({})]


class SetupRequest(BaseModel):
    """What Label Studio sends when a backend is connected; `schema` is the labelling configuration, XML."""

    model_config = ConfigDict(extra="ignore")
    schema_: str = Field(alias="schema")


class PredictRequest(BaseModel):
    """Tasks to pre-annotate, and the labelling configuration, XML."""

    model_config = ConfigDict(extra="ignore")
    tasks: list[dict[str, _Anything]]
    label_config: str


@dataclass(frozen=True, slots=True)
class Control:
    """A `Labels` tag: its name, that of its text, the field of a task's data with the text, and its labels.

    `labels` maps a label to its definition, `aliases` to what stands in results.
    """

    name: str
    to: str
    field: str
    labels: Mapping[str, str]
    aliases: Mapping[str, str]


@router.get("/health")
async def health() -> dict[str, str]:
    """The backend is up."""
    return {"status": "UP", "model_class": "samner"}


@router.post("/setup", responses=ERRORS)
async def setup(asked: SetupRequest, request: Request) -> dict[str, str]:
    """Check the configuration, work out its labels, and name the model."""
    service = service_of(request)
    for control in controls(asked.schema_):
        await _task(service, control)
    return {"model_version": _version(service)}


@router.post("/predict", responses=ERRORS)
async def predict(asked: PredictRequest, request: Request) -> dict[str, Any]:
    """A prediction for each task, in order; a task without a text has an empty one and says why."""
    service = service_of(request)
    limits = service.settings.limits
    if len(asked.tasks) > limits.texts:
        raise problem(413, f"at most {limits.texts} tasks", f"{len(asked.tasks)}", "send several requests")
    service.rate.take(request.state.key, len(asked.tasks), paid=1)
    parts = await asyncio.gather(*(_regions(service, c, asked.tasks) for c in controls(asked.label_config)))
    version = _version(service)
    results = [_prediction([p[n] for p in parts], version) for n in range(len(asked.tasks))]
    return {"results": results, "model_version": version}


def controls(config: str) -> list[Control]:
    """The `Labels` over a `Text` of a configuration. Problem 422 where there is none."""
    if len(config) > _LONGEST or "<!" in config.replace("<!--", ""):
        raise problem(422, "a labelling configuration without declarations", "another", _REMEDY)
    try:
        root = ElementTree.fromstring(config)
    except (ElementTree.ParseError, ValueError) as error:
        raise problem(422, "a labelling configuration in XML", f"{error}", _REMEDY) from None
    texts = {
        tag.get("name"): tag.get("value", "") for tag in root.iter("Text") if tag.get("valueType") != "url"
    }
    found = [made for tag in root.iter("Labels") if (made := _control(tag, texts)) is not None]
    if not found:
        raise problem(422, "labels over a text in the labelling configuration", "none", _REMEDY)
    return found


def _control(tag: ElementTree.Element, texts: Mapping[str | None, str]) -> Control | None:
    field = texts.get(tag.get("toName"), "")
    if not field.startswith("$"):
        return None
    labels = [(label.get("value", ""), label) for label in tag.iter("Label")]
    return Control(
        tag.get("name", ""),
        tag.get("toName", ""),
        field[1:],
        {value: label.get("hint", "") for value, label in labels},
        {value: label.get("alias") or value for value, label in labels},
    )


async def _task(service: Service, control: Control) -> Task:
    return Task(await service.compiled.get(schema_of(service, dict(control.labels))), Options())


async def _regions(
    service: Service, control: Control, tasks: Sequence[Mapping[str, Any]]
) -> list[list[dict[str, Any]] | Failure]:
    """The regions of each task by one control."""
    documents = [_document(service, control, task) for task in tasks]
    results = await results_of(service, documents, await _task(service, control))
    out: list[list[dict[str, Any]] | Failure] = []
    for document, result in zip(documents, results, strict=True):
        counted(service, document, result)
        if isinstance(document, Document) and not isinstance(result, Failure):
            out.append([_region(control, entity, document.text) for entity in result])
        else:
            out.append(result)
    return out


def _document(service: Service, control: Control, task: Mapping[str, Any]) -> Document | Failure:
    data = task.get("data")
    text = data.get(control.field) if isinstance(data, dict) else None
    if not isinstance(text, str):
        return Failure(InputError(f"a text in data.{control.field}", "none", "check the task"))
    document = Document(text)
    error = too_long(service, document)
    return document if error is None else Failure(error)


def _region(control: Control, entity: Entity, text: str) -> dict[str, Any]:
    label = control.aliases[entity.label]
    mention = Mention(entity.start, entity.end, label, round(entity.score, 6))
    names = {"id": f"{control.name}-{entity.start}-{entity.end}", "from_name": control.name}
    return to_region(0, mention, text) | names | {"to_name": control.to}


def _prediction(parts: Sequence[list[dict[str, Any]] | Failure], version: str) -> dict[str, Any]:
    """`score` is the mean of its regions'."""
    regions = [region for part in parts if not isinstance(part, Failure) for region in part]
    score = fmean(region["score"] for region in regions) if regions else 0.0
    made = {"result": regions, "score": score, "model_version": version}
    errors = [to_dict(part.error) for part in parts if isinstance(part, Failure)]
    return {**made, "errors": errors} if errors else made


def _version(service: Service) -> str:
    return f"{service.ner.info.id}-{service.ner.info.hash[:12]}"
