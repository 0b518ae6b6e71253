"""Errors on the wire: one JSON form, and the status that each kind of error has."""

from __future__ import annotations

from typing import Any

from samner.errors import InputError, SamnerError, SchemaError
from samner.writing.base import dumps


class Problem(Exception):
    """An answer other than the one that was asked for: a status from 400 up, and what to do about it."""

    def __init__(self, status: int, error: SamnerError, retry_after: int | None = None) -> None:
        super().__init__(str(status))  # never the text of the error, which may quote a document
        self.status, self.error, self.retry_after = status, error, retry_after

    @property
    def headers(self) -> dict[str, str]:
        extra = {"www-authenticate": "Bearer"} if self.status == 401 else {}
        return extra if self.retry_after is None else {**extra, "retry-after": str(self.retry_after)}

    def body(self) -> bytes:
        return dumps({"error": to_dict(self.error)}).encode()


class Busy(SamnerError):
    """The server cannot take it now; it may a moment later."""

    retryable = True


class Refused(SamnerError):
    """A request that breaks a rule of this server."""


def problem(status: int, expected: str, found: str, remedy: str) -> Problem:
    return Problem(status, Refused(expected, found, remedy))


def as_problem(error: Exception) -> Problem:
    """The status of an error: 422 where the request is at fault, 500 where we are."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, (InputError, SchemaError)):
        return Problem(422, error)
    if isinstance(error, SamnerError):
        return Problem(503 if error.retryable else 500, error)
    return Problem(500, internal(error))


def internal(error: Exception) -> SamnerError:
    """What to say of an error that nobody foresaw: its kind and no more, since its message may quote a document."""
    return SamnerError("an answer", f"an internal error, {type(error).__name__}", "see the server's log")


def to_dict(error: Exception) -> dict[str, Any]:
    """`message`, the three parts of it, the kind of error, and whether the same may succeed later."""
    if not isinstance(error, SamnerError):
        error = internal(error)
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "expected": error.expected,
        "found": error.found,
        "remedy": error.remedy,
        "retryable": error.retryable,
    }
