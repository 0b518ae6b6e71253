"""What `/v1/info` tells."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from samner.archetypes import load as load_archetypes
from samner.options import OVERLAPS, STAGES
from samner.serve.service import Service


def facts(service: Service) -> dict[str, Any]:
    """JSON-ready. `thresholds` are the model's own, by the part switched off; `default` is the one that counts,
    and `every_threshold` where no schema is given."""
    model = service.ner.info
    return {
        "samner": version("samner"),
        "model": {
            "id": model.id,
            "sha256": model.hash,
            "llm": service.ner.asks.about if service.ner.asks else None,
            "widest_span": model.widest_span,
            "thresholds": dict(model.thresholds),
            "every_threshold": service.ner.every_threshold,
        },
        "archetypes": [
            {"name": a.name, "definition": a.definition, "colour": a.colour} for a in load_archetypes()
        ],
        "options": {"overlap": list(OVERLAPS), "without": list(STAGES)},
        "limits": asdict(service.settings.limits),
        "needs_key": bool(service.settings.keys),
    }
