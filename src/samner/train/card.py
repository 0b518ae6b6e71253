"""CARD.md of a model folder: what the model is, what it learned from, how it was judged, where it ends.

Everything in it comes from the run: only the sets that the recipe used are listed, only figures that were measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from samner.bench.report import development_table
from samner.bench.tables import percent
from samner.errors import FormatError
from samner.schema import builtin_names, read_schema
from samner.train.recipe import Recipe

if TYPE_CHECKING:
    from samner.train.material import Material
    from samner.train.ontology import TypeBook

LICENCES = Path(__file__).with_name("licences.yaml")
OWN = ("corpus", "schemas")
SHARE_ALIKE = "CC-BY-SA-4.0"


@dataclass(frozen=True)
class Licence:
    """A public set: what it is, whose, from where, under what (an SPDX id)."""

    title: str
    what: str
    authors: str
    source: str
    licence: str
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """What a card says of one model. `sets` are (set, share of the batches in 0..1, passages); `seen` and `unseen` are
    CrossNER's type names."""

    name: str
    base: str
    base_sha256: str
    steps: int
    widest: int
    sets: Sequence[tuple[str, float, int]]
    held_out: int
    left_out: Sequence[str]
    seen: Sequence[str]
    unseen: Sequence[str]
    report: Mapping[str, Any]
    glosses: bool = False


def write_card(folder: Path, recipe: Recipe, material: Material, report: Mapping[str, Any]) -> None:
    """Write `folder`/CARD.md. FormatError where a set that the recipe used has no row in licences.yaml."""
    total = sum(share for _, share in material.sources)
    seen, unseen = names_seen(material)
    facts = Facts(
        name=report.get("model", {}).get("id", folder.name),
        base=recipe.base,
        base_sha256=recipe.base_sha256,
        steps=recipe.steps,
        widest=recipe.network.widest,
        sets=[(source.name, share / total, len(source.passages)) for source, share in material.sources],
        held_out=len(material.split.development),
        left_out=recipe.without_types,
        seen=seen,
        unseen=unseen,
        report=report,
        glosses=recipe.glosses,
    )
    (folder / "CARD.md").write_text(render(facts), encoding="utf-8")


@lru_cache(maxsize=1)
def licences() -> dict[str, Licence]:
    """Every public set of licences.yaml by the name that recipes give it."""
    rows = yaml.safe_load(LICENCES.read_text("utf-8"))["sets"]
    return {name: _of_row(row) for row in rows for name in row["names"]}


def definitions_licence() -> Licence:
    """Where the dictionary's definitions of a recipe with `glosses` come from."""
    return _of_row(yaml.safe_load(LICENCES.read_text("utf-8"))["definitions"])


def _of_row(row: Mapping[str, Any]) -> Licence:
    return Licence(**{k: v for k, v in row.items() if k != "names"})


def weights_licence(sets: Iterable[str]) -> str:
    """The weights' own: share-alike as soon as one set is."""
    return (
        SHARE_ALIKE if any(_licence(n).licence == SHARE_ALIKE for n in sets if n not in OWN) else "Apache-2.0"
    )


def trained_names(book: TypeBook, trained: Iterable[int]) -> set[str]:
    """Every name under which training asks for these types of the book."""
    return {name for n in trained for name in (book.list[n].name, *book.list[n].other_names)}


def crossner_names(trained: set[str]) -> tuple[list[str], list[str]]:
    """CrossNER's type names that training has seen, and those it has not; the catch-all left out.

    A type counts as seen when our name for it or the benchmark's own tag was a name in training.
    """
    names: dict[str, str] = {}
    for builtin in (b for b in builtin_names() if b.startswith("crossner/")):
        read = read_schema(builtin)
        names |= {kind.name: read.type_about[kind.name].get("gold", kind.name) for kind in read.schema}
    seen = sorted(name for name, tag in names.items() if {name, tag} & trained)
    return seen, sorted(set(names) - set(seen))


def names_seen(material: Material) -> tuple[list[str], list[str]]:
    """CrossNER's type names that this material asks for in training, and the others (see `crossner_names`)."""
    trained = {
        n
        for source, _ in material.sources
        for passage in source.passages
        for n in (*(t for _, _, t in passage.mentions if t >= 0), *(passage.closed or ()))
    }
    return crossner_names(trained_names(material.book, trained))


def _base(facts: Facts) -> str:
    """The encoder that training began from; of one that the user chose we know no licence."""
    if facts.base == Recipe(steps=0).base:
        return f"{facts.base} (all-MiniLM-L6-v2, Apache-2.0), weights' SHA-256 `{facts.base_sha256}`"
    pinned = f", weights' SHA-256 `{facts.base_sha256}`" if facts.base_sha256 else ""
    return f"{facts.base}{pinned}; its licence holds for what is made of it"


def render(facts: Facts) -> str:
    """The card's text."""
    licence = weights_licence(name for name, _, _ in facts.sets)
    parts = [
        f"# {facts.name}",
        "Zero-shot named entity recognition for English: a bi-encoder that reads a text once and every type (its name "
        "and definition) once, for `samner`'s three stages (discovery, mediation, calibration). "
        "It runs on a CPU, offline.",
        f"- Weights' licence: {licence}"
        + (" (a share-alike set was trained on)" if licence == SHARE_ALIKE else "")
        + f"\n- Starting encoder: {_base(facts)}"
        f"\n- Trained by `samner train` on a recipe of {facts.steps:,} steps, made 8-bit by `samner export`",
        "## Training data",
        _data(facts),
        "## Development figures",
        _development(facts.report),
        "## What is zero-shot about it",
        _zero_shot(facts),
        "## Limits",
        _limits(facts.widest),
    ]
    return "\n\n".join(parts) + "\n"


def _data(facts: Facts) -> str:
    rows = ["| set | what | share of batches | passages | licence |", "| --- | --- | ---: | ---: | --- |"]
    for name, share, passages in sorted(facts.sets, key=lambda row: -row[1]):
        title, what, licence = _described(name)
        rows.append(f"| {title} | {what} | {100 * share:.1f}% | {passages:,} | {licence} |")
    notes = [
        f"{_licence(n).title}: {_licence(n).note}."
        for n, _, _ in facts.sets
        if n not in OWN and _licence(n).note
    ]
    text = "\n".join(rows) + (
        "\n\nPassages that share an 8-gram with any part of CrossNER were left out, as were the development passages. "
        "Labels were mapped to names, definitions, broader types and archetypes of our own wording."
    )
    if facts.glosses:
        row = definitions_licence()
        text += f" Many types have {row.what}: [{row.title}]({row.source}) ({row.authors}), {row.licence}."
    return text + (f" {' '.join(dict.fromkeys(notes))}" if notes else "")


def _described(name: str) -> tuple[str, str, str]:
    """Title, content and licence of a source as the table shows them."""
    if name in OWN:
        what = (
            "user schemas, one a domain"
            if name == "schemas"
            else "passages marked for open types, exhaustively"
        )
        return f"samner corpus: {name}", what, "CC0-1.0"
    row = _licence(name)
    return f"[{row.title}]({row.source})", f"{row.what}; {row.authors}", row.licence


def _licence(name: str) -> Licence:
    if name not in licences():
        raise FormatError(
            f"a row for the set {name!r} in {LICENCES.name}", "none", "add its source and licence"
        )
    return licences()[name]


def _development(report: Mapping[str, Any]) -> str:
    ece = report["calibration_error"]
    return (
        f"{development_table(report)}\n\nStrict micro-F1 (start, end and type) on whole domains and whole user "
        "schemas held out of "
        "training, many of whose types occur nowhere else; each row has the numbers fitted for it. The score, the "
        "consensus rule and the thresholds were fitted on this very data, so the figures lean upwards. With no schema "
        f"(`--all`) span F1 is {percent(report['every']['span_f1'])}. Expected calibration error of the scores, on "
        f"tasks that the fit did not see: {percent(ece['ece'])} over {ece['spans']:,} spans. Results on CrossNER, on "
        "which nothing was chosen, stand in the README, with the command that gives them."
    )


def _zero_shot(facts: Facts) -> str:
    count, of = len(facts.seen), len(facts.seen) + len(facts.unseen)
    text = (
        f"Training has seen {count} of CrossNER's {of} type names (the catch-all left out), as a type's name or as "
        "another name of it; its sentences and annotations it has not seen."
    )
    if facts.unseen:
        text += f" Not seen: {', '.join(facts.unseen)}."
    if facts.left_out:
        text += f" Passages with these types were left out on purpose: {', '.join(sorted(facts.left_out))}."
    return text + f" {facts.held_out:,} passages of our corpus were held out for development."


def _limits(widest: int) -> str:
    return "\n".join(
        f"- {line}"
        for line in (
            "English. A text mostly in another script raises a warning; other languages in Latin script do not.",
            f"A mention has at most {widest} words.",
            "Entities inside others come out only when asked for (`--nested`).",
            "Fine distinctions between types cannot be read from names alone: give definitions.",
            "Quantities, ratings and the like are entities only where the schema asks for them; the group `slots` "
            "above says how well that works.",
            "Scores are calibrated on the development data; on texts far from it (transcripts, code, tables) they may "
            "promise too much or too little.",
            "How it does on names of different languages and groups has not been measured. Do not decide about people "
            "on its word alone.",
            "Relations, coreference and linking to a knowledge base are not its task.",
        )
    )
