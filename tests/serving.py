"""A real server for tests, from the bench; what several tests ask of it."""

from __future__ import annotations

from samner.bench.server import Server, serving

SENTENCE = "Ada Lovelace wrote to Charles Babbage in London."
TYPES = {"person": "A named individual.", "city": "A city or town."}
THREADS = ("--threads", "2")
__all__ = ["SENTENCE", "THREADS", "TYPES", "Server", "serving"]
