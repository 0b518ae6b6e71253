"""Schemas that clients keep here, in one sqlite file. What was answered as stored survives a kill and a power cut."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from samner.errors import FormatError
from samner.schema import as_schema, builtin_names, load_builtin
from samner.serve.problems import Busy, Problem, problem
from samner.types import Schema

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
LONGEST_NAME = 100
_TABLE = "CREATE TABLE IF NOT EXISTS schemas (name TEXT PRIMARY KEY, types TEXT NOT NULL) WITHOUT ROWID"


class SchemaStore:
    """Built-in schemas, which nobody changes, and stored ones. Raises Problem 404, 409 or 422 for what cannot be.

    Reading has a connection of its own: it never waits for a writer, nor for the disk's confirmation.
    """

    def __init__(self, file: Path, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._builtin = frozenset(builtin_names())
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _open(file)
            self._writer.execute(_TABLE)
            self._reader = _open(file)
            self._reader.execute("SELECT name FROM schemas LIMIT 1").fetchall()
        except (sqlite3.Error, OSError) as error:
            raise FormatError(
                "a sqlite file of schemas", f"{error} at {file}", "pass another with --schemas"
            ) from None

    def names(self) -> list[tuple[str, bool]]:
        """Each name, and whether it is built in; sorted."""
        stored = [(name, False) for (name,) in self._reader.execute("SELECT name FROM schemas")]
        return sorted(stored + [(name, True) for name in self._builtin])

    def is_builtin(self, name: str) -> bool:
        return name in self._builtin

    def find(self, name: str) -> Schema | None:
        if name in self._builtin:
            return load_builtin(name)
        row = None
        if _valid(name):
            row = self._reader.execute("SELECT types FROM schemas WHERE name = ?", (name,)).fetchone()
        return None if row is None else _read(name, row[0])

    def get(self, name: str) -> Schema:
        schema = self.find(name)
        if schema is None:
            raise problem(404, "the name of a schema", "an unknown one", "see GET /v1/schemas")
        return schema

    def put(self, name: str, schema: Schema) -> bool:
        """True where the name is new. On return the schema is on the disk."""
        self._check_own(name)
        text = json.dumps(types_of(schema))
        with self._lock, _written(), self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            count, held = self._writer.execute(
                "SELECT COUNT(*), COALESCE(SUM(name = ?), 0) FROM schemas", (name,)
            ).fetchone()
            if not held and count >= self._most:
                raise problem(409, f"at most {self._most} stored schemas", "one more", "delete some first")
            self._writer.execute("INSERT OR REPLACE INTO schemas VALUES (?, ?)", (name, text))
        return not held

    def delete(self, name: str) -> None:
        self._check_own(name)
        with self._lock, _written(), self._writer:
            gone = self._writer.execute("DELETE FROM schemas WHERE name = ?", (name,)).rowcount
        if not gone:
            raise problem(404, "the name of a stored schema", "an unknown one", "see GET /v1/schemas")

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _check_own(self, name: str) -> None:
        if name in self._builtin:
            raise problem(409, "a name of your own", "that of a built-in schema", "choose another name")
        if not _valid(name):
            rule = f"letters, digits and ._- in parts between slashes, at most {LONGEST_NAME} characters"
            raise problem(422, f"a name of {rule}", "another", "rename the schema")


def types_of(schema: Schema) -> list[dict[str, Any]]:
    """The types as JSON: every field of `EntityType`."""
    return [asdict(kind) for kind in schema]


@contextmanager
def _written() -> Iterator[None]:
    """Problem 503 where the disk is full or another process holds the file."""
    try:
        yield
    except sqlite3.Error as error:
        found = type(error).__name__
        raise Problem(
            503, Busy("a disk that takes the schema", found, "see to the disk, then retry")
        ) from error


def _valid(name: str) -> bool:
    return len(name) <= LONGEST_NAME and NAME.fullmatch(name) is not None


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it is answered
    return connection


@lru_cache(maxsize=256)
def _read(name: str, text: str) -> Schema:
    return Schema(as_schema(json.loads(text)).types, name)
