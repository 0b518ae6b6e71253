"""What one run is: inputs, types, model, options, limits. All workers of a run share it, and a later run of the same
folder must be the same one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from samner.corpora.folder import RUN, Folder
from samner.corpora.readers import Fields
from samner.corpora.sources import Source, fingerprint
from samner.corpora.stream import Limits
from samner.errors import InputError
from samner.options import Options as Extraction
from samner.types import Schema

if TYPE_CHECKING:
    from samner.pipeline import SamNER

SHARD = Limits(5_000, 4 << 20)


@dataclass(frozen=True, slots=True)
class Options:
    """How a run reads and writes. `text` keeps the texts beside their entities (offsets of HTML pages mean nothing
    without); `limits` are those of a shard; `extraction` is what `SamNER.extract` takes; `llm` tells what else
    the answers of a language model depend on (engine, gate and the like)."""

    format: str = "jsonl"
    fields: Fields = field(default_factory=Fields)
    limits: Limits = SHARD
    text: bool = True
    extraction: Extraction = field(default_factory=Extraction)
    llm: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """The run of `sources` through a model with a schema (None: every entity). `model` is its hash, `llm`
    says which language model takes part, and how."""

    sources: tuple[Source, ...]
    schema: Schema | None
    model: str
    llm: Mapping[str, Any]
    options: Options

    @classmethod
    def of(cls, sources: list[Source], ner: SamNER, schema: Schema | None, options: Options) -> Job:
        llm = dict(ner.asks.about) if ner.asks is not None else {}
        return cls(tuple(sources), schema, ner.info.hash, llm | dict(options.llm), options)

    @cached_property
    def schema_mark(self) -> str:
        """The schema's fingerprint; that of no schema is "every"."""
        return "every" if self.schema is None else self.schema.fingerprint

    def identity(self) -> dict[str, Any]:
        """What must not change between two runs into one folder, as JSON."""
        options = asdict(self.options)
        del options["llm"]
        options["extraction"]["without"] = sorted(options["extraction"]["without"])
        return {
            "layout": 1,
            "model": self.model,
            "llm": dict(self.llm),
            "schema": self.schema_mark,
            "types": [] if self.schema is None else list(self.schema.names),
            "inputs": fingerprint(self.sources),
            "files": len(self.sources),
            "options": options,
        }


_NAMES = {
    "layout": "the layout of the output folder",
    "model": "the model",
    "llm": "the language model or how it is asked",
    "schema": "the schema",
    "inputs": "the input files (names, sizes, times)",
    "options": "the options",
}


def settle(job: Job, folder: Folder) -> None:
    """Write what the run is into its folder, or compare it with what the folder was begun with.

    Raises InputError where these differ, or where the folder holds something else.
    """
    ours = json.loads(json.dumps(job.identity()))
    begun = folder.read_json(RUN)
    if begun is None:
        if any(folder.shards()):
            raise InputError("an empty output folder", f"shards in {folder.path}", "choose another --out")
        folder.write(RUN, json.dumps(ours, indent=1) + "\n")
        return
    changed = [name for key, name in _NAMES.items() if begun.get(key) != ours[key]]
    if changed:
        parts = [name + _difference(key, begun, ours) for key, name in _NAMES.items() if name in changed]
        raise InputError(
            f"the run that {folder.path} was begun with",
            f"another: changed {', '.join(parts)}",
            "run the first command again, or choose another --out",
        )


def _difference(key: str, begun: dict[str, Any], ours: dict[str, Any]) -> str:
    if key == "options":
        old, new = begun.get("options") or {}, ours["options"]
        names = [f"{n} {_short(old.get(n))} -> {_short(new[n])}" for n in new if old.get(n) != new[n]]
        return f" ({'; '.join(names)})" if names else ""
    if key == "model":
        return f" ({str(begun.get('model'))[:12]} -> {ours['model'][:12]})"
    if key == "schema":
        old_types, new_types = begun.get("types") or [], ours["types"]
        changes = [f"-{name}" for name in old_types if name not in new_types]
        changes += [f"+{name}" for name in new_types if name not in old_types]
        return f" ({', '.join(changes[:6]) or 'definitions or settings of types'})"
    return ""


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]


def mark(value: str) -> str:
    """The first 16 hex digits of a hash, which is what rows carry."""
    return value[:16]
