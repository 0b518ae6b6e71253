"""Schemas that clients keep on the server, and the built-in ones."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from samner.serve.answers import schema_of
from samner.serve.bodies import ErrorOut, InlineSchema, SchemaNames, SchemaOut
from samner.serve.problems import problem
from samner.serve.routes import ERRORS, Responses, service_of
from samner.serve.service import Service
from samner.serve.store import LONGEST_NAME, NAME, types_of
from samner.types import Schema

# Told in the description alone: the store checks, and says it better.
Name = Annotated[str, Path(json_schema_extra={"pattern": f"^{NAME.pattern}$", "maxLength": LONGEST_NAME})]
router = APIRouter(prefix="/v1/schemas", tags=["schemas"])
_CONFLICT: Responses = {409: {"model": ErrorOut, "description": "The name of a built-in schema, or no room."}}
_MISSING: Responses = {404: {"model": ErrorOut, "description": "No schema of that name."}}
_KEY: Responses = {401: ERRORS[401], 429: ERRORS[429]}


@router.get("", response_model=SchemaNames, responses=_KEY)
async def names(request: Request) -> dict[str, Any]:
    """Every schema that a request may name."""
    held = service_of(request).store.names()
    return {"schemas": [{"name": name, "builtin": builtin} for name, builtin in held]}


@router.get("/{name:path}", response_model=SchemaOut, responses={**_KEY, **_MISSING})
async def get(name: Name, request: Request) -> dict[str, Any]:
    """One schema with all of its types."""
    service = service_of(request)
    return _shown(service, name, service.store.get(name))


@router.put(
    "/{name:path}",
    response_model=SchemaOut,
    responses={**ERRORS, **_CONFLICT, 201: {"model": SchemaOut, "description": "The name is new."}},
)
async def put(
    name: Name, given: Annotated[InlineSchema, Body()], request: Request, response: Response
) -> dict[str, Any]:
    """Check a schema and keep it; once this is answered, it survives a crash."""
    service = service_of(request)
    if isinstance(given, str):
        raise problem(422, "a list or an object of types", "a string", "send the types themselves")
    schema = Schema(schema_of(service, given).types, name)
    await service.compiled.get(schema)  # what the engine refuses is not kept
    if await run_in_threadpool(service.store.put, name, schema):
        response.status_code = 201
    return _shown(service, name, schema)


@router.delete("/{name:path}", status_code=204, responses={**_KEY, **_MISSING, **_CONFLICT, 422: ERRORS[422]})
async def delete(name: Name, request: Request) -> Response:
    """Forget a stored schema."""
    await run_in_threadpool(service_of(request).store.delete, name)
    return Response(status_code=204)


def _shown(service: Service, name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "builtin": service.store.is_builtin(name), "types": types_of(schema)}
