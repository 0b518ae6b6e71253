"""The server process: listens, serves, and on SIGTERM or SIGINT finishes what it took."""

from __future__ import annotations

import contextlib
import signal
import socket
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from samner.errors import InputError, UnreadableTextWarning
from samner.serve.app import create_app
from samner.serve.logs import Discreet
from samner.serve.settings import Settings

if TYPE_CHECKING:
    from samner.pipeline import SamNER

_IDLE = 5  # seconds that an idle connection is kept
_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": Discreet, "format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        name: {"handlers": ["stderr"], "level": level, "propagate": False}
        for name, level in (("samner.serve", "INFO"), ("uvicorn", "WARNING"))
    },
}


class _Server(uvicorn.Server):
    """Tells the application first, so that streams end, and returns where uvicorn would raise the signal again."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        held = {s: signal.signal(s, self.handle_exit) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in held.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._drain()
        super().handle_exit(sig, frame)


def run(ner: SamNER, settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until told to stop. `say` gets the address once it listens; InputError where it cannot."""
    app = create_app(ner, settings)
    warnings.simplefilter("ignore", UnreadableTextWarning)  # its message quotes the text, and logs hold none
    config = uvicorn.Config(
        app,
        access_log=False,  # ours has the route, not the path
        log_config=_LOG,
        server_header=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=max(1, round(settings.drain)),
    )
    with _listen(settings.host, settings.port) as listening:
        host, port = listening.getsockname()[:2]
        say(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}")
        _Server(config, app.state.service.drain).run([listening])
    say("stopped")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except OSError as error:
        found = f"{host}, port {port}: {(error.strerror or str(error)).partition(' (while')[0]}"
        remedy = "pass another with --host or --port"
        raise InputError("an address of this machine with a free port", found, remedy) from None
