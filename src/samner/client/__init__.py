"""A typed client of `samner serve`, with the methods of `SamNER`. Needs httpx: `pip install 'samner[client]'`.

    from samner.client import Client
    with Client("http://127.0.0.1:8000") as ner:
        ner.extract("Ada Lovelace wrote to Charles Babbage.", ["person"])

`AsyncClient` is the same with `await`.
"""

from __future__ import annotations

from samner.errors import MissingExtraError

try:
    import httpx  # noqa: F401
except ImportError:
    raise MissingExtraError("httpx", "client") from None

from samner.client.asynchronous import AsyncClient
from samner.client.synchronous import Client
from samner.client.wire import ServiceError

__all__ = ["AsyncClient", "Client", "ServiceError"]
