"""What is logged: routes, statuses, times, the places of errors. Never a text, nor a message that may quote one."""

from __future__ import annotations

import logging
import traceback
from pathlib import PurePath
from types import TracebackType

log = logging.getLogger("samner.serve")
_FRAMES = 4


def discreet(error: BaseException | None) -> str:
    """The kind of an error and the places it went through, innermost first."""
    if error is None:
        return "no error"
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    return f"{type(error).__name__} in {' < '.join(places)}"


class Discreet(logging.Formatter):
    """Errors that libraries log, in the same form."""

    def formatException(  # the name is logging's
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return discreet(ei[1])
