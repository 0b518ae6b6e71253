"""`samner serve`: one model behind HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samner.cli.engine_options import EngineChoice, with_engine
from samner.cli.shared import ModelOption, ThreadsOption, arguments_checked, report


@with_engine
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    schemas: Annotated[
        Path | None,
        typer.Option("--schemas", metavar="FILE", help="Where stored schemas are kept, a sqlite file."),
    ] = None,
    no_keys: Annotated[
        bool,
        typer.Option(
            "--insecure-no-keys", help="Without SAMNER_API_KEYS, let in whoever reaches the address."
        ),
    ] = False,
    origins: Annotated[
        list[str] | None,
        typer.Option("--cors", metavar="ORIGIN", help="A web site that may call the API; repeatable."),
    ] = None,
    rate: Annotated[
        int,
        typer.Option(
            "--rate-limit",
            min=0,
            help="Texts a minute for each key (without keys: of all together); 0 for no limit.",
        ),
    ] = 0,
    max_body: Annotated[int, typer.Option("--max-body", min=1024, help="Bytes of a request.")] = 8 * 1024**2,
    max_texts: Annotated[int, typer.Option("--max-texts", min=1, help="Texts of a request.")] = 1000,
    max_characters: Annotated[
        int, typer.Option("--max-characters", min=1, help="Characters of a text.")
    ] = 500_000,
    max_labels: Annotated[int, typer.Option("--max-labels", min=1, help="Labels of a schema.")] = 1000,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for a request.")] = 60,
    drain: Annotated[
        float, typer.Option("--drain", min=0, help="Seconds to finish what was taken when told to stop.")
    ] = 30,
    batch_wait: Annotated[
        float, typer.Option("--batch-wait", min=0, help="Milliseconds that a text waits for others.")
    ] = 2,
    label_studio: Annotated[
        bool, typer.Option("--label-studio", help="Be a Label Studio ML backend too.")
    ] = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    *,
    engine: EngineChoice,
) -> None:
    """Serve the model over HTTP, with a page at / and the API's description at /docs.

    API keys come from SAMNER_API_KEYS, between commas. Without keys it listens on this machine only.
    """
    _installed()
    from samner.locate import data_folder
    from samner.serve.settings import Limits, Settings, keys_of_environment

    with arguments_checked():
        settings = Settings(
            database=schemas or data_folder() / "schemas.db",
            host=host,
            port=port,
            keys=keys_of_environment(),
            insecure=no_keys,
            origins=tuple(origins or ()),
            limits=Limits(max_body, max_texts, max_characters, max_labels, rate=rate),
            timeout=timeout,
            drain=drain,
            batch_wait=batch_wait / 1000,
            label_studio=label_studio,
        )
    # Clients bring schemas of their own: kept in memory, where there is a bound, and never on the disk.
    ner = engine.load(model, threads, cache_dir=False)
    from samner.serve.run import run

    run(ner, settings, report)
    engine.tell(ner, quoting=False)  # what it says is a log


def _installed() -> None:
    """MissingExtraError says which install brings a package that is not there."""
    from importlib.util import find_spec

    from samner.errors import MissingExtraError

    for package in ("fastapi", "uvicorn", "prometheus_client", "fastapi_offline"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "serve")
