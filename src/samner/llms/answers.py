"""From what an LLM wrote to the JSON in it, and whether that obeys the JSON Schema of its prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # of models that think aloud
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


def read(answer: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    """The JSON text in an answer ("" if there is none) and what is wrong with it ("" if it obeys the schema)."""
    try:
        text = json_of(answer)
    except ValueError:
        return "", "there is no JSON in it" if answer.strip() else "it is empty"
    return text, fault(json.loads(text), schema)


def json_of(answer: str) -> str:
    """The JSON in an answer, out of a thought before it, a code fence or words around it; ValueError for none."""
    answer = _THOUGHT.sub("", answer)
    if (fence := _FENCE.search(answer)) is not None:
        answer = fence[1]
    start = min((at for at in (answer.find("{"), answer.find("[")) if at >= 0), default=None)
    if start is None:  # a bare word or number, with nothing around it
        start, answer = 0, answer.strip()
    try:
        _, end = json.JSONDecoder(parse_constant=_refuse).raw_decode(answer, start)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return answer[start:end]


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def fault(value: Any, schema: Mapping[str, Any]) -> str:
    """Where and how a value disobeys a JSON Schema, in few words; "" if it obeys."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(value))
    return "" if error is None else f"{error.json_path}: {error.message[:200]}"
