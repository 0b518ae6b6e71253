"""What is logged: routes, statuses, times, the places of errors. Never a text, nor a message that may quote one."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from pathlib import PurePath
from types import TracebackType
from typing import Any

log = logging.getLogger("samner.serve")
_FRAMES = 4


def discreet(error: BaseException | None) -> str:
    """The kind of an error and the places it went through, innermost first."""
    if error is None:
        return "no error"
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    return f"{type(error).__name__} in {' < '.join(places)}"


def of_loop(_: object, context: Mapping[str, Any]) -> None:
    """The event loop's exception handler: asyncio's own writes out what a callback was called with, texts and all."""
    log.error("in the event loop: %s", discreet(context.get("exception")))


class Discreet(logging.Formatter):
    """Errors that libraries log, in the same form."""

    def formatException(  # the name is logging's
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return discreet(ei[1])
