"""The application: routes, and what stands around them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from samner.errors import SamnerError
from samner.serve import label_studio, pages, routes, schema_routes
from samner.serve.guard import Envelope, Guard
from samner.serve.logs import of_loop
from samner.serve.problems import Problem, as_problem, problem
from samner.serve.service import Service
from samner.serve.settings import Settings

if TYPE_CHECKING:
    from samner.pipeline import SamNER

_ABOUT = (
    "Zero-shot named entity recognition: texts and types in, exactly placed and typed entities out. "
    "Offsets count Unicode code points."
)


def create_app(ner: SamNER, settings: Settings) -> FastAPI:
    """The ASGI application around one model. FormatError for a database that is none."""
    from importlib.metadata import version

    service = Service(ner, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(of_loop)
        yield
        service.close()

    app = FastAPI(
        title="samner",
        version=version("samner"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.service = service
    app.include_router(routes.router)
    app.include_router(schema_routes.router)
    if settings.label_studio:
        app.include_router(label_studio.router)
    pages.add(app)
    for kind in (Problem, SamnerError, RequestValidationError, ValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    app.add_middleware(Guard, service=service)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["authorization", "content-type"],
        )
    app.add_middleware(Envelope, service=service)
    app.openapi = lambda: _openapi(app, bool(settings.keys))
    return app


async def _answer(_: Request, error: Exception) -> Response:
    found = _of_framework(error)
    return Response(
        found.body(),
        found.status,
        {**found.headers, **_allowed(error)},
        media_type="application/json",
    )


def _allowed(error: Exception) -> Mapping[str, str]:
    return (error.headers or {}) if isinstance(error, HTTPException) else {}


def _of_framework(error: Exception) -> Problem:
    """The framework's own errors in our form. They carry the input, which is not repeated."""
    if isinstance(error, HTTPException):
        known = {404: ("a path of this server", "see /docs"), 405: ("a method of this path", "see /docs")}
        expected, remedy = known.get(error.status_code, ("a request that can be read", "see /docs"))
        return problem(error.status_code, expected, "another", remedy)
    if isinstance(error, (RequestValidationError, ValidationError)):
        first: dict[str, Any] = error.errors()[0]
        if first["type"] == "json_invalid":
            return problem(400, "JSON", f"a syntax error: {first['ctx']['error'][:100]}", "mend the syntax")
        place = ".".join(str(part) for part in first["loc"])[:100]
        return problem(422, "a request as in /docs", f"{first['msg'][:200]} at {place}", "mend it")
    return as_problem(error)


def _openapi(app: FastAPI, keyed: bool) -> dict[str, Any]:
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        if keyed:
            schemes = made.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["key"] = {"type": "http", "scheme": "bearer"}
            for path, methods in made["paths"].items():
                if path.startswith(("/v1/", "/metrics", "/predict", "/setup")):
                    for operation in methods.values():
                        operation["security"] = [{"key": []}]
        app.openapi_schema = json.loads(json.dumps(made))
    found: dict[str, Any] = app.openapi_schema
    return found
