"""More extractors for the consensus, by name: those shipped here, and those that other packages register under the
entry-point group `samner.extractors`.

    from samner import SamNER
    from samner.extractors import load
    bands = load("gazetteer")(["Queen", "The Who"])
    SamNER(extractors=[bands])
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from samner.errors import InputError
from samner.strict import hint

if TYPE_CHECKING:
    from samner.ports import Extractor

GROUP = "samner.extractors"


def load(name: str) -> Callable[..., Extractor]:
    """What makes extractors of the kind `name`: for those shipped, the class. InputError names those there are."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise InputError("the name of an extractor", repr(name), hint(name, sorted(found)))
    make: Callable[..., Extractor] = found[name].load()
    return make
