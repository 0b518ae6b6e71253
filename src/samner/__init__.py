"""samner: zero-shot named entity recognition. Your text and your types in, exactly placed and typed entities out.

    from samner import SamNER
    ner = SamNER()
    ner.extract("Ada Lovelace wrote to Charles Babbage.", ["mathematician", "engineer"])

Importing the package loads no model and no heavy library; names are fetched when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from samner.errors import (
    FormatError,
    InputError,
    MissingExtraError,
    ModelError,
    SamnerError,
    SchemaError,
    UnreadableTextWarning,
)

if TYPE_CHECKING:
    from samner.options import LLMUse, Options
    from samner.pipeline import SamNER
    from samner.schema import as_schema
    from samner.types import Document, Entity, EntityType, Failure, Schema, Span

__version__ = "0.1.0"
__all__ = [
    "SamNER",
    "Document",
    "Entity",
    "EntityType",
    "Failure",
    "LLMUse",
    "Options",
    "Schema",
    "Span",
    "as_schema",
    "SamnerError",
    "FormatError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "SchemaError",
    "UnreadableTextWarning",
    "__version__",
]

_HOME = {
    "SamNER": "pipeline",
    "Options": "options",
    "LLMUse": "options",
    "as_schema": "schema",
    **dict.fromkeys(("Document", "Entity", "EntityType", "Failure", "Schema", "Span"), "types"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'samner' has no attribute {name!r}")
    return getattr(import_module(f"samner.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
