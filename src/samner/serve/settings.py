"""What a server is told when it starts: where it listens, whom it lets in, and how much it takes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from samner.errors import InputError

KEYS_VARIABLE = "SAMNER_API_KEYS"
_SHORTEST_KEY = 16
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\sA-Z]+")  # as browsers send it: another would never match


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for. `body` is in bytes, `characters` in code points a text, `rate` in texts a minute
    for each key (0: no limit). The others bound the server as a whole: `waiting` texts for the model, `stored` schemas,
    `compiling` schemas at once, and `held` bytes of bodies and lines that are not yet answered."""

    body: int = 8 * 1024 * 1024
    texts: int = 1000
    characters: int = 500_000
    labels: int = 1000
    waiting: int = 4000
    stored: int = 1000
    rate: int = 0
    compiling: int = 100
    held: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """`timeout` and `drain` are in seconds: the longest a request may take, and the longest a server that was told to
    stop works on for those it took. `batch_wait` is how long a text waits for others, in seconds. `database` is the
    sqlite file of the stored schemas. `label_studio` adds the endpoints of a Label Studio ML backend."""

    database: Path
    host: str = "127.0.0.1"
    port: int = 8000
    keys: tuple[str, ...] = field(default=(), repr=False)
    insecure: bool = False
    origins: tuple[str, ...] = ()
    limits: Limits = Limits()
    timeout: float = 60.0
    drain: float = 30.0
    batch_wait: float = 0.002
    batch_most: int = 16
    label_studio: bool = False

    def __post_init__(self) -> None:
        if not self.keys and not self.insecure and not is_loopback(self.host):
            raise InputError(
                f"API keys in {KEYS_VARIABLE}, since {self.host} can be reached from outside",
                "none",
                f"set {KEYS_VARIABLE}, listen on 127.0.0.1, or pass --insecure-no-keys",
            )
        for origin in self.origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                known = "scheme://host or scheme://host:port, in small letters"
                raise InputError(f"an origin, {known}", repr(origin), "pass for instance https://example.org")


def is_loopback(host: str) -> bool:
    """Can only this machine reach it?"""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def keys_of_environment() -> tuple[str, ...]:
    """The API keys of `SAMNER_API_KEYS`, between commas. InputError for one that could be guessed."""
    keys = tuple(key.strip() for key in os.environ.get(KEYS_VARIABLE, "").split(",") if key.strip())
    for number, key in enumerate(keys, 1):
        if len(key) < _SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
            raise InputError(
                f"keys of at least {_SHORTEST_KEY} visible ASCII characters in {KEYS_VARIABLE}",
                f"another at place {number}",
                "make one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
            )
    return keys
