"""`samner info`: versions, the model and its card, threads, where caches are."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from samner.cli.shared import ModelOption, ThreadsOption, load_model

LIBRARIES = ("samner", "onnxruntime", "tokenizers", "numpy")


def info(
    card: Annotated[bool, typer.Option("--card", help="The model card alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """What is installed: versions, the model and its card, threads, where caches are."""
    ner = load_model(model, threads)
    if card:
        typer.echo(ner.info.card)
        return
    facts = {
        **{name: _version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "model": ner.info.id,
        "sha256": ner.info.hash,
        "widest span": f"{ner.info.widest_span} words",
    }
    for name in ("threads", "cache_dir"):
        if hasattr(ner, name):
            facts[name.replace("_", " ").replace("cache dir", "cache")] = str(getattr(ner, name))
    if as_json:
        typer.echo(json.dumps(facts | {"card": ner.info.card}, indent=2))
        return
    width = max(map(len, facts))
    for name, fact in facts.items():
        typer.echo(f"{name:{width}}  {fact}")
    typer.echo(f"\n{ner.info.card}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
