"""A server with OpenAI's interface that answers at once, to measure what samner itself costs around an LLM.

It enforces JSON Schemas as a real one does: its answer is the first that the schema allows (every first enum value, no
item where none is asked for). A schema in the instructions alone is obeyed too, in a fence and with words around it.
`python -m samner.bench.instant` serves on a free port and prints the base URL.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_EMPTY: dict[str, Any] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "object": {},
}


def first_answer(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """A value that obeys a JSON Schema of the kinds that prompts use."""
    root = schema if root is None else root
    if "$ref" in schema:
        return first_answer(_resolved(schema["$ref"], root), root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return first_answer(schema[key][0], root)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        needed = schema.get("required", ())
        return {name: first_answer(schema["properties"][name], root) for name in needed}
    if kind == "array":
        fixed = [first_answer(item, root) for item in schema.get("prefixItems", ())]
        missing = max(schema.get("minItems", 0) - len(fixed), 0)
        return fixed + [first_answer(schema["items"], root) for _ in range(missing)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return _EMPTY.get(kind)


def _resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    value: Any = root
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    return dict(value)


def _reply(request: bytes) -> bytes:
    asked = json.loads(request) if request else {}
    text = "Good morning!"
    if form := asked.get("response_format", {}).get("json_schema", {}).get("schema"):
        text = json.dumps(first_answer(form))
    elif form := _in_words(asked):
        text = f"Here it is:\n```json\n{json.dumps(first_answer(form))}\n```"
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "object": "chat.completion",
            "model": asked.get("model", "instant"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": len(request) // 4, "completion_tokens": len(text) // 4},
            "data": [{"id": "instant"}],  # for a list of the models
        }
    ).encode()


def _in_words(asked: Mapping[str, Any]) -> Any:
    """The schema that a request spells out in its instructions: a model follows these mostly, and talks around it."""
    for line in [
        line for message in asked.get("messages", ())[:1] for line in message["content"].splitlines()
    ]:
        if line.startswith('{"type": '):
            return json.loads(line)
    return None


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            body = _reply(await reader.readexactly(int(fields.get(b"content-length", 0))))
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
                + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)  # noqa: T201
    await server.serve_forever()


@contextmanager
def instant_server() -> Iterator[str]:
    """The base URL of such a server, in a process of its own."""
    with subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield child.stdout.readline().strip()
        finally:
            child.kill()


if __name__ == "__main__":
    asyncio.run(main())
