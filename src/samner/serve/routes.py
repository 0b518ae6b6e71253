"""Extraction, and what there is to know of the server."""

from __future__ import annotations

from typing import Any, TypeAlias

from fastapi import APIRouter, Request, Response

from samner.serve.answers import body_of, documents_of, line_of, results_of, task_of
from samner.serve.bodies import Asked, ErrorOut, ExtractAnswer, ExtractRequest, Health
from samner.serve.facts import facts
from samner.serve.lines import Lines
from samner.serve.metrics import CONTENT_TYPE
from samner.serve.problems import Busy, Problem
from samner.serve.service import Service
from samner.serve.stream import StreamResponse

router = APIRouter()
Responses: TypeAlias = "dict[int | str, Any]"
ERRORS: Responses = {
    status: {"model": ErrorOut, "description": about}
    for status, about in {
        400: "Not JSON.",
        401: "No key, or a wrong one.",
        413: "Over a limit of this server, or more texts than the key has a minute.",
        415: "Not sent as JSON.",
        422: "A field, a schema or an option that cannot be.",
        429: "Too many texts a minute.",
        503: "Too many texts waiting.",
        504: "It took too long.",
    }.items()
}


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@router.post("/v1/extract", response_model=ExtractAnswer, responses=ERRORS, tags=["extraction"])
async def extract(asked: ExtractRequest, request: Request) -> Response:
    """The entities of one text or of many. A text that cannot be processed has `error` in place of `entities`."""
    service = service_of(request)
    documents = documents_of(service, asked)
    service.rate.take(request.state.key, len(documents), paid=1)  # as every request has
    task = await task_of(service, asked)
    results = await results_of(service, documents, task)
    lines = [line_of(service, d, r) for d, r in zip(documents, results, strict=True)]
    return Response(body_of(lines), media_type="application/json")


_LINES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"schema": ["person"]}\n{"text": "Ada wrote.", "id": "1"}\n',
            }
        },
    }
}
_LINES_OUT: Responses = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}


@router.post(
    "/v1/stream",
    response_class=Response,
    responses={**ERRORS, **_LINES_OUT},
    openapi_extra=_LINES,
    tags=["extraction"],
)
async def stream(request: Request) -> Response:
    """JSON Lines in and out, without end. The first line is what `/v1/extract` takes, without texts; each further one
    a document, `{"text"}` or `{"tokens"}`, perhaps with an `id`. Read the answer while you send."""
    service = service_of(request)
    settings = service.settings
    lines = Lines(request.receive, service.stopping, settings.limits.body, settings.timeout)
    task = await task_of(service, Asked.model_validate_json(await lines.first() or b"{}"))
    return StreamResponse(service, request.state.key, task, lines)


@router.get("/v1/info", tags=["server"])
async def info(request: Request) -> dict[str, Any]:
    """Version, model, archetypes with their colours, options and limits."""
    return facts(service_of(request))


@router.get("/healthz", response_model=Health, tags=["server"])
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Health, responses={503: {"model": ErrorOut}}, tags=["server"])
async def readyz(request: Request) -> dict[str, str]:
    """It takes requests: the model is loaded, the queue has room, and nobody told it to stop."""
    service = service_of(request)
    stopping = service.stopping.is_set()
    if stopping or not service.batcher.has_room:
        found = "one told to stop" if stopping else "a full queue"
        raise Problem(503, Busy("a server that takes requests", found, "ask again later"))
    return {"status": "ready"}


@router.get("/metrics", tags=["server"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    return Response(service_of(request).metrics.text(), media_type=CONTENT_TYPE)
