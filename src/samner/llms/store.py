"""The cache on disk: answers by what was asked, and what each server was found to support."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samner.errors import FormatError
from samner.ports import Prompt

NAME = "llm.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, llm TEXT NOT NULL, answer TEXT NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS servers (name TEXT PRIMARY KEY, dialect TEXT NOT NULL, at REAL NOT NULL);
"""
_BUSY = 30.0  # seconds to wait for another process that writes


def key_of(llm: str, prompt: Prompt, choices: Sequence[str] | None = None) -> bytes:
    """SHA-256 of all that decides an answer: the LLM's id, both texts, the answer's schema, the choices weighed."""
    whole = [llm, prompt.system, prompt.user, prompt.answer, choices]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Held:
    """An answer held, and what it once cost."""

    answer: str
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


class Store:
    """One sqlite file in a cache folder. Safe under threads, several processes, fork and pickle; what was put is there
    for the next reader even if this process is killed right after. FormatError for a file that is no such cache."""

    def __init__(self, folder: Path) -> None:
        self.file = Path(folder) / NAME
        self._lock = threading.Lock()
        self._open: tuple[int, sqlite3.Connection] | None = None
        self._foreign: list[
            Any
        ] = []  # of the process that this one was forked from: never to be touched here

    def __reduce__(self) -> tuple[Any, ...]:
        return Store, (self.file.parent,)

    def get(self, key: bytes) -> Held | None:
        rows = self._run("SELECT answer, tokens_in, tokens_out, seconds FROM answers WHERE key = ?", (key,))
        return Held(*rows[0]) if rows else None

    def put(self, key: bytes, llm: str, held: Held) -> None:
        row = (key, llm, held.answer, held.tokens_in, held.tokens_out, held.seconds, time.time())
        self._run("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def dialect(self, server: str) -> dict[str, Any] | None:
        """What was found out about a server and model, if anything."""
        rows = self._run("SELECT dialect FROM servers WHERE name = ?", (server,))
        return dict(json.loads(rows[0][0])) if rows else None

    def learn(self, server: str, dialect: dict[str, Any]) -> None:
        row = (server, json.dumps(dialect), time.time())
        self._run("INSERT OR REPLACE INTO servers VALUES (?, ?, ?)", row)

    def contents(self) -> list[tuple[str, int, int, int]]:
        """For each LLM id: answers, tokens in and tokens out that they once cost."""
        question = (
            "SELECT llm, count(*), sum(tokens_in), sum(tokens_out) FROM answers GROUP BY llm ORDER BY llm"
        )
        return [tuple(row) for row in self._run(question)] if self.file.exists() else []

    def clear(self) -> int:
        """Forget all answers and servers; the number of answers that there were."""
        if not self.file.exists():
            return 0
        (count,) = self._run("SELECT count(*) FROM answers")[0]
        for statement in ("DELETE FROM answers", "DELETE FROM servers", "VACUUM"):
            self._run(statement)
        return int(count)

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            try:
                return self._connection().execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise FormatError(
                    "a cache of LLM answers", f"{error} in {self.file}", "delete the file, or pass --no-cache"
                ) from None

    def _connection(self) -> sqlite3.Connection:
        if self._open is not None and self._open[0] != os.getpid():
            self._foreign.append(self._open[1])
            self._open = None
        if self._open is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with suppress(
                OSError
            ):  # answers name what stands in texts: nobody else's business (sqlite says if it fails)
                os.close(os.open(self.file, os.O_CREAT, 0o600))
            fresh = sqlite3.connect(self.file, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            fresh.execute("PRAGMA journal_mode = WAL")
            fresh.execute("PRAGMA synchronous = NORMAL")
            fresh.executescript(_TABLES)
            self._open = (os.getpid(), fresh)
        return self._open[1]
