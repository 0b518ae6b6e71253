"""The page at `/` and the API's description at `/docs`. Every file comes from here; none from another host."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

from samner import writing
from samner.errors import MissingExtraError

COLOURS = Path(writing.__file__).with_name("colours.css")
PAGE = Path(__file__).with_name("page")
_DOCS = Path(__file__).with_name("docs")


def add(app: FastAPI) -> None:
    """`/` is page/index.html, its other files are at `/page/`, with the colours that it shares with
    `--format html`; Swagger UI's own are at `/docs/assets/`."""
    app.add_api_route("/", _file(PAGE / "index.html"), include_in_schema=False)
    app.add_api_route("/page/colours.css", _file(COLOURS), include_in_schema=False)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    app.mount("/docs/assets", StaticFiles(directory=_swagger()), name="swagger")
    app.add_api_route("/docs", _file(_DOCS / "index.html"), include_in_schema=False)
    app.add_api_route("/docs/start.js", _file(_DOCS / "start.js"), include_in_schema=False)


def _file(path: Path):  # type: ignore[no-untyped-def]  # FastAPI reads the annotations of what this returns
    async def page() -> FileResponse:
        return FileResponse(path)

    return page


def _swagger() -> Path:
    """The folder of Swagger UI that the package fastapi-offline brings; nothing of its code runs."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise MissingExtraError("fastapi-offline", "serve")
    return Path(spec.origin).with_name("static")
