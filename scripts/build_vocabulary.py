#!/usr/bin/env python3
"""Write src/samner/discover/vocabulary.tsv.gz: the type names from which `samner discover` names what it finds.

    python scripts/build_vocabulary.py ONTOLOGY_DIR     # the folder with the files named below

A row is `name, definition, other names, source, IRI`, cells by tab, other names by `|`, in order of the name. A name is
taken once, from the first of these that has it:

1. our corpus (CC0): types of its open files that at least three mentions carry, with our own definitions;
2. schema.org (Apache-2.0 as its repository states): types but actions and enumerations, with the first sentence of
   their comment;
3. Open English WordNet (CC BY 4.0): synsets of named kinds of thing that have a Wikidata id and two hyponyms or more;
4. DBpedia ontology (CC BY-SA 3.0): names read from the classes' IRIs; none of its text is taken. The definition is
   WordNet's where its first sense of that name has one.

Whatever the source of the name, the IRI is that of schema.org, DBpedia or Wikidata, the first that has the name.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import re
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "corpus"
OUT = HERE.parent / "src/samner/discover/vocabulary.tsv.gz"
LEAST_MENTIONS = 3
LEAST_HYPONYMS = 2
NOUNS = (
    "person group location artifact communication food event act animal plant substance object body cognition state "
    "phenomenon time possession"
)
NO_KINDS = (
    "Action",
    "Enumeration",
    "DataType",
    "StructuredValue",
    "WebPageElement",
)  # branches of schema.org that hold no named things
# What someone is by descent cannot be read off a name, and no cluster of names shall be called so.
NOT_GUESSED = {"person of color"}
MARK = re.compile(r"\[\[[^|\]]+\|([^\]]+)\]\]")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass
class Row:
    """One name."""

    name: str
    definition: str
    others: list[str]
    source: str
    iri: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ontology", type=Path)
    folder = parser.parse_args().ontology
    synsets = list(read_wordnet(folder / "open-english-wordnet-nouns.tar.gz"))
    schema_org = read_schema_org(folder / "schemaorg-current-https-types.csv.gz")
    dbpedia = read_dbpedia(folder / "dbpedia-ontology.ttl.gz")
    rows: dict[str, Row] = {}
    for row in (*read_corpus(), *schema_org, *wordnet_rows(synsets), *dbpedia):
        if row.name not in NOT_GUESSED:
            rows.setdefault(row.name, row)
    senses = first_senses(synsets)
    iris = [{row.name: row.iri for row in held} for held in (schema_org, dbpedia)]
    for row in rows.values():
        first = senses.get(row.name)
        if not row.definition and first is not None:
            row.definition = definition_of(first)
        known = [held[row.name] for held in iris if row.name in held]
        row.iri = known[0] if known else row.iri
    write([rows[name] for name in sorted(rows)])
    counts = Counter(row.source for row in rows.values())
    print(f"{OUT}: {len(rows)} names, {OUT.stat().st_size:,} bytes; {dict(sorted(counts.items()))}")
    return 0


def read_corpus() -> Iterator[Row]:
    """Types of the open files by their commonest definition's file, with every file's other names."""
    used: Counter[str] = Counter()
    for file in sorted(CORPUS.glob("*.tsv")):
        if not file.name.endswith(".types.tsv"):
            used.update(name.lower() for name in MARK.findall(file.read_text("utf-8")))
    defined: dict[str, list[str]] = {}
    others: dict[str, dict[str, None]] = defaultdict(dict)
    for file in sorted(CORPUS.glob("*.types.tsv")):
        if file.name.startswith("schemas-"):
            continue
        for line in file.read_text("utf-8").splitlines():
            name, _, _, also, definition = line.split("\t")
            defined.setdefault(name.lower(), []).append(definition)
            others[name.lower()].update(
                dict.fromkeys(a.strip().lower() for a in also.split(",") if a.strip())
            )
    for name in sorted(defined):
        if used[name] >= LEAST_MENTIONS:
            yield Row(name, defined[name][0], list(others[name]), "corpus")


def read_schema_org(file: Path) -> list[Row]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        table = {row["id"]: row for row in csv.DictReader(lines)}
    rows = []
    for iri, row in table.items():
        above = ancestors(iri, table)
        if row["enumerationtype"] or any(iri.endswith(f"/{kind}") for kind in NO_KINDS for iri in above):
            continue
        if not any(part.endswith("/Thing") for part in above) or row["supersededBy"]:
            continue
        rows.append(Row(words(row["label"]), first_sentence(row["comment"]), [], "schema.org", iri))
    return rows


def ancestors(iri: str, table: dict[str, dict[str, str]]) -> set[str]:
    held, waiting = set(), [iri]
    while waiting:
        at = waiting.pop()
        if at not in held:
            held.add(at)
            waiting += [p.strip() for p in table.get(at, {}).get("subTypeOf", "").split(",") if p.strip()]
    return held


def read_wordnet(archive: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with tarfile.open(archive) as held:
        for kind in NOUNS.split():
            found = held.extractfile(f"src/yaml/noun.{kind}.yaml")
            assert found is not None
            yield from yaml.load(found.read(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)).items()


def wordnet_rows(synsets: list[tuple[str, dict[str, Any]]]) -> Iterator[Row]:
    below = Counter(parent for _, synset in synsets for parent in synset.get("hypernym", ()))
    for id, synset in synsets:
        if below[id] >= LEAST_HYPONYMS and "wikidata" in synset:
            name, *others = [member.lower() for member in synset["members"]]
            yield Row(name, definition_of(synset), others, "wordnet", wikidata(synset))


def first_senses(synsets: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The synset that lists the word first among its members, where only one does."""
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, synset in synsets:
        held[synset["members"][0].lower()].append(synset)
    return {name: found[0] for name, found in held.items() if len(found) == 1}


def wikidata(synset: dict[str, Any]) -> str:
    ids = synset["wikidata"]
    return f"http://www.wikidata.org/entity/{ids if isinstance(ids, str) else ids[0]}"


def definition_of(synset: dict[str, Any]) -> str:
    text = str(synset["definition"][0]).strip()
    return text[:1].upper() + text[1:].rstrip(".") + "."


def read_dbpedia(file: Path) -> list[Row]:
    text = gzip.decompress(file.read_bytes()).decode("utf-8")
    names = re.findall(r"^:([A-Z]\w+)\n    a owl:Class ;", text, re.MULTILINE)
    return [Row(words(name), "", [], "dbpedia", f"http://dbpedia.org/ontology/{name}") for name in names]


def words(name: str) -> str:
    """MusicGenre -> music genre."""
    return " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in CAMEL.split(name))


def first_sentence(comment: str) -> str:
    """The first sentence of a comment, without markup."""
    plain = re.sub(r"\[\[(\w+)\]\]|\[([^\]]+)\]\([^)]*\)", r"\1\2", re.sub(r"<[^>]+>", "", comment))
    plain = " ".join(plain.replace("\\n", " ").split())
    found = re.match(r".{15,}?[.!?](?= |$)", plain)
    return found[0] if found else plain


def write(rows: list[Row]) -> None:
    """The same bytes whenever it is made: no time and no file name in the archive."""
    lines = ["\t".join((r.name, r.definition, "|".join(r.others), r.source, r.iri)) + "\n" for r in rows]
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=9, mtime=0, filename="") as packed:
        packed.write("".join(lines).encode("utf-8"))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(held.getvalue())


if __name__ == "__main__":
    sys.exit(main())
