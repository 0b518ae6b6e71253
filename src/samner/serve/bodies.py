"""The JSON bodies of requests and answers: what is read from clients, and what `/docs` says of both."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

_TYPE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "definition": {"type": "string"},
        "examples": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "threshold": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]},
        "archetypes": {"type": "array", "items": {"type": "string"}},
        "parent": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["name"],
}
_LIST = {
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [{"type": "string", "minLength": 1}, _TYPE]},
    "description": "Names, or objects with the keys of samner.EntityType.",
}
_MAPPING = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "string"},
    "description": "Name to definition.",
}
_DOCUMENT = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "tokens": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "id": {"type": "string"},
            },
            "description": "Either `text` or `tokens`; an `id` comes back with the result.",
        },
    ]
}
_NAMED = {"type": "string", "description": "The name of a built-in or stored schema."}
_EVERY = {"type": "null", "description": "Every entity, typed by archetype."}

InlineSchema = Annotated[Any, WithJsonSchema({"anyOf": [_LIST, _MAPPING]})]
AnySchema = Annotated[Any, WithJsonSchema({"anyOf": [_LIST, _MAPPING, _NAMED, _EVERY]})]
AnyDocument = Annotated[Any, WithJsonSchema(_DOCUMENT)]


class Asked(BaseModel):
    """Which types, and how an extraction is to behave: the fields of `samner.Options`, and `trace`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    schema_: AnySchema = Field(alias="schema")
    threshold: float | None = Field(None, ge=0, le=1, description="Lowest score; the model's own if null.")
    nested: bool = Field(False, description="Keep entities inside others.")
    multi_label: bool = Field(False, description="Several types for one span.")
    overlap: Literal["score", "longest-first"] = "score"
    without: list[Literal["explorer", "anchor", "consensus", "mediation", "calibration"]] = Field(
        default_factory=list, description="Parts of the pipeline to switch off."
    )
    trace: bool = Field(False, description="What each of the three stages saw and decided.")


class ExtractRequest(Asked):
    """Exactly one of `text` and `texts`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "Ada Lovelace wrote to Charles Babbage in London.",
                    "schema": {"mathematician": "A person who works in mathematics.", "city": ""},
                }
            ]
        }
    )

    text: str | None = None
    texts: list[AnyDocument] | None = None


class Alternative(BaseModel):
    label: str
    score: float


class EntityOut(BaseModel):
    """Offsets are half-open code points of the text. Documents of tokens have their numbers beside them."""

    start: int
    end: int
    text: str
    label: str
    score: float
    archetype: str
    sources: list[str]
    alternatives: list[Alternative]
    first_token: int | None = None
    last_token: int | None = None


class ErrorBody(BaseModel):
    """What was expected, what was found, how to mend it, and whether the same may succeed later."""

    kind: str
    message: str
    expected: str
    found: str
    remedy: str
    retryable: bool


class ErrorOut(BaseModel):
    error: ErrorBody


class ResultOut(BaseModel):
    """The result of one text: `entities`, or `error` in their place."""

    id: str | None = None
    text: str | None = None
    entities: list[EntityOut] | None = None
    trace: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = Field(None, description="The LLM behind the engine and its cost.")
    error: ErrorBody | None = None


class ExtractAnswer(BaseModel):
    """A result for each text, in order."""

    results: list[ResultOut]


class TypeOut(BaseModel):
    name: str
    definition: str
    examples: list[str]
    threshold: float | None
    archetypes: list[str]
    parent: str | None


class SchemaOut(BaseModel):
    name: str
    builtin: bool
    types: list[TypeOut]


class SchemaName(BaseModel):
    name: str
    builtin: bool


class SchemaNames(BaseModel):
    schemas: list[SchemaName]


class Health(BaseModel):
    status: str
