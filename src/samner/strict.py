"""Strict reading of YAML and JSON: safe, no repeated keys, and every item remembers its line.

Scalars of YAML stay the strings that the user wrote (a label `no` or `1984` is that word, never `False` or a
number); only null becomes None. Tagged objects, aliases and merge keys are refused: nothing here needs them, and
aliases can blow a small file up to any size.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from samner.errors import FormatError, SamnerError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"
_MAX_DEPTH = 32


class Lined(dict[str, Any]):
    """A mapping that knows its source file and the line (from 1; 0 where unknown) of itself and of each key."""

    source: str = ""
    line: int = 0

    def __init__(self, source: str = "", line: int = 0) -> None:
        super().__init__()
        self.source, self.line = source, line
        self.lines: dict[str, int] = {}


class LinedList(list[Any]):
    """A list that knows its source file and the line of each item."""

    def __init__(self, source: str = "") -> None:
        super().__init__()
        self.source = source
        self.lines: list[int] = []


def place(source: str, line: int = 0) -> str:
    """`file:line`, or the file alone where no line is known."""
    return f"{source}:{line}" if line else source


def hint(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for a near miss, else the choices (the first twelve)."""
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"choose from: {', '.join(choices[:12])}{', ...' if len(choices) > 12 else ''}"


def read_text(path: Path, error: type[SamnerError] = FormatError) -> str:
    """The file as UTF-8, with or without a byte-order mark. Every failure is an `error` that names the file."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        found = f"byte 0x{e.object[e.start]:02x} at offset {e.start} of {path}"
        raise error("a UTF-8 file", found, "save the file as UTF-8") from None
    except OSError as e:
        raise error(
            "a readable file", f"{path}: {e.strerror or e}", "check the name and its permissions"
        ) from None


def load(path: Path, error: type[SamnerError] = FormatError) -> Any:
    """Read a YAML or (by its suffix) JSON file into `Lined`, `LinedList`, strings and None. Errors are `error`."""
    return loads(read_text(path, error), str(path), error, as_json=path.suffix.lower() == ".json")


def loads(text: str, source: str, error: type[SamnerError] = FormatError, *, as_json: bool = False) -> Any:
    """As `load`, from a string; `source` names it in errors."""
    try:
        return _json(text, source, error) if as_json else _yaml(text, source, error)
    except RecursionError:
        raise error("a flat file", f"{source}, nested too deeply", "remove the nesting") from None


def _yaml(text: str, source: str, error: type[SamnerError]) -> Any:
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        problem = getattr(e, "problem", None) or str(e).splitlines()[0]
        where = place(source, mark.line + 1 if mark else 0)
        raise error(
            "valid YAML", f"a syntax error ({problem}) at {where}", "mend the syntax or quote the value"
        ) from None
    return None if root is None else _Nodes(source, error).value(root)


class _Nodes:
    """Turns the node tree of one YAML document into plain values with lines."""

    def __init__(self, source: str, error: type[SamnerError]) -> None:
        self.source, self.error = source, error
        self.seen: set[int] = set()

    def value(self, node: Any, depth: int = 0) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self.seen or depth > _MAX_DEPTH:
            self.fail("plain values", "an alias (*name) or deep nesting", line, "write the value out")
        self.seen.add(id(node))
        if not node.tag.startswith("tag:yaml.org,2002:") or "python" in node.tag:
            self.fail("plain values", f"the tag {node.tag}", line, "remove the tag")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, line, depth)
        if isinstance(node, yaml.SequenceNode):
            out = LinedList(self.source)
            for item in node.value:
                out.append(self.value(item, depth + 1))
                out.lines.append(item.start_mark.line + 1)
            return out
        return None if node.tag == _NULL else node.value

    def mapping(self, node: Any, line: int, depth: int) -> Lined:
        out = Lined(self.source, line)
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.fail("a word as key", "a list or mapping", at, "quote the key")
            if key.value in out:
                self.fail("every key once", f"{key.value!r} repeated", at, "remove or rename the duplicate")
            out[key.value] = self.value(value, depth + 1)
            out.lines[key.value] = at
        return out

    def fail(self, expected: str, found: str, line: int, remedy: str) -> None:
        raise self.error(expected, f"{found} at {place(self.source, line)}", remedy)


def _json(text: str, source: str, error: type[SamnerError]) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> Lined:
        out = Lined(source)
        for key, value in items:
            if key in out:
                raise error(
                    "every key once", f"{key!r} repeated in {source}", "remove or rename the duplicate"
                )
            out[key] = value
        return out

    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as e:
        raise error(
            "valid JSON", f"a syntax error ({e.msg}) at {place(source, e.lineno)}", "mend the syntax"
        ) from None
