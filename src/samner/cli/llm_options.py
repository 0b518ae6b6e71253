"""Which LLM a command is to use, as options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samner.cli.shared import Usage, arguments_checked

if TYPE_CHECKING:
    from samner.llms import LLMSettings

LLMBackendOption = Annotated[
    str,
    typer.Option(
        "--llm", metavar="BACKEND", help="openai (any such server), llamacpp, transformers or offline."
    ),
]
LLMModelOption = Annotated[
    str,
    typer.Option("--llm-model", metavar="NAME|FILE|DIR", help="A server's model, a GGUF file, or a folder."),
]
LLMBaseURLOption = Annotated[
    str | None, typer.Option("--llm-base-url", metavar="URL", help="The server; OPENAI_BASE_URL if left out.")
]
LLMSetOption = Annotated[
    list[str] | None,
    typer.Option("--llm-set", metavar="NAME=VALUE", help="timeout=120, concurrency=32, max_tokens=500 ..."),
]
LLMAdapterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--llm-adapter",
        metavar="PROMPT=FOLDER|NAME",
        help="explorer=RUN/adapter: trained weights that answer this prompt; may be repeated.",
    ),
]
LLMPriceInOption = Annotated[
    float | None, typer.Option("--llm-price-in", min=0, help="Price of a million tokens in.")
]
LLMPriceOutOption = Annotated[
    float | None, typer.Option("--llm-price-out", min=0, help="Price of a million tokens out.")
]
CacheOption = Annotated[bool, typer.Option("--cache/--no-cache", help="Keep and reuse an LLM's answers.")]

SETTABLE = {
    "temperature": float,
    "seed": int,
    "max_tokens": int,
    "context": int,
    "timeout": float,
    "concurrency": int,
    "retries": int,
    "device": str,
    "threads": int,
}


def llm_settings(
    model: str,
    backend: str,
    base_url: str | None,
    more: Sequence[str] | None,
    cache: bool,
    price_in: float | None = None,
    price_out: float | None = None,
    adapters: Sequence[str] | None = None,
) -> LLMSettings:
    """The settings of these options; Usage for what cannot be meant."""
    from samner.llms import LLMSettings

    with arguments_checked():
        return LLMSettings(
            model=model,
            backend=backend,
            base_url=base_url,
            price_in=price_in,
            price_out=price_out,
            cache_dir=None if cache else False,
            adapters=tuple(_adapter(item) for item in adapters or ()),
            **dict(_parsed(item) for item in more or ()),
        )


def _adapter(item: str) -> tuple[str, str]:
    from samner.engines.llm.prompts import REVISIONS

    prompt, _, name = item.partition("=")
    if prompt not in REVISIONS or not name:
        known = ", ".join(REVISIONS)
        raise Usage(f"expected --llm-adapter PROMPT=FOLDER|NAME with a prompt out of {known}, found {item!r}")
    return prompt, name


def _parsed(item: str) -> tuple[str, Any]:
    name, _, value = item.partition("=")
    try:
        return name, SETTABLE[name](value)
    except (KeyError, ValueError):
        known = ", ".join(SETTABLE)
        raise Usage(
            f"expected --llm-set NAME=VALUE with a name out of {known}, found {item!r}; try timeout=120"
        ) from None
