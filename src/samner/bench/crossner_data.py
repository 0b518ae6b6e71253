"""CrossNER as tasks: the texts, the gold in the names of the built-in schema, the schema with and without catch-all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from samner.bench.datasets import DOMAINS, GoldDocument, crossner_file, read_crossner
from samner.errors import FormatError
from samner.schema import SchemaFile, read_schema
from samner.types import Schema


@dataclass(frozen=True, slots=True)
class Task:
    """One domain. `documents` keep the catch-all mentions, `catch_all` is their label."""

    domain: str
    documents: list[GoldDocument]
    schema: Schema
    catch_all: str
    full_schema: Schema
    data_sha256: str

    @property
    def texts(self) -> list[str]:
        return [d.text for d in self.documents]

    @property
    def specific(self) -> list[GoldDocument]:
        """The documents with the catch-all mentions unmarked."""
        return [d.without(self.catch_all) for d in self.documents]


def tasks(data_dir: Path, part: str, sentences: int | None = None) -> list[Task]:
    """The five domains; a tag of the data that no type of the schema stands for is an error. With `sentences` only so
    many of each, spread evenly over its file, so that an LLM can be tried for little."""
    return [_spread(_task(data_dir, domain, part), sentences) for domain in DOMAINS]


def _spread(task: Task, count: int | None) -> Task:
    whole = len(task.documents)
    if count is None or count >= whole:
        return task
    return replace(task, documents=[task.documents[n * whole // count] for n in range(count)])


def _task(data_dir: Path, domain: str, part: str) -> Task:
    file = read_schema(f"crossner/{domain}")
    rest = file.catch_all
    if rest is None:
        raise FormatError(f"a catch_all in the schema crossner/{domain}", "none", "reinstall samner")
    path = crossner_file(data_dir, domain, part)
    name_of = _names(file)
    documents = [_renamed(d, name_of, path) for d in read_crossner(data_dir, domain, part)]
    full = Schema((*file.schema.types, rest), file.schema.name)
    return Task(
        domain, documents, file.schema, rest.name, full, hashlib.sha256(path.read_bytes()).hexdigest()
    )


def _names(file: SchemaFile) -> dict[str, str]:
    """Tag of the data set -> name of the type."""
    names = {about["gold"]: name for name, about in file.type_about.items() if "gold" in about}
    rest = file.about["catch_all"]
    return names | {rest["gold"]: rest["name"]}


def _renamed(document: GoldDocument, name_of: dict[str, str], path: Path) -> GoldDocument:
    for entity in document.entities:
        if entity.label not in name_of:
            raise FormatError(
                f"one of the tags {', '.join(sorted(name_of))}",
                f"{entity.label!r} in {path}",
                "use the original files",
            )
    return GoldDocument(document.text, tuple(e._replace(label=name_of[e.label]) for e in document.entities))
