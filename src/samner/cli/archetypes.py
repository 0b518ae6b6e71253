"""`samner archetypes`: the archetypes, how a schema lies on them, and sets distilled from ontologies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from samner.cli.shared import (
    LabelsOption,
    ModelOption,
    SchemaOption,
    ThreadsOption,
    choose_types,
    plain_console,
)

app = typer.Typer(help="Show and distil archetypes; see how a schema lies on them.", rich_markup_mode=None)
SetOption = Annotated[
    Path | None,
    typer.Option("--set", metavar="FILE.yaml", help="A set of archetypes; the shipped one if left out."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Write JSON.")]
SchemaArgument = Annotated[
    str | None, typer.Argument(metavar="FILE|NAME", help="A schema file or a built-in name.")
]


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("show")
def show(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One archetype, in full.")] = None,
    of: SetOption = None,
    as_json: JsonFlag = False,
) -> None:
    """The archetypes with their definitions; with a name, its typical types and ontology classes too."""
    from dataclasses import asdict

    from samner.archetypes import load
    from samner.cli.shared import Usage
    from samner.strict import hint

    kinds = {a.name: a for a in load(of)}
    if name is not None and name not in kinds:
        raise Usage(f"expected an archetype of the set, found {name!r}; {hint(name, kinds)}")
    shown = [kinds[name]] if name is not None else list(kinds.values())
    if as_json:
        typer.echo(json.dumps([asdict(a) | {"anchors": dict(a.anchors)} for a in shown], indent=2))
        return
    for a in shown:
        typer.echo(f"{a.name}: {a.definition}")
        if name is not None:
            typer.echo(f"kinds: {', '.join(a.kinds)}")
            for ontology, iri in a.anchors.items():
                typer.echo(f"{ontology}: {iri}")


@app.command("map")
def map_(
    types: SchemaArgument = None,
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    of: SetOption = None,
    least: Annotated[float, typer.Option("--alike", metavar="0..1", help="Pairs from here on.")] = 0.8,
    as_json: JsonFlag = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """The archetypes of each type, and which types are hard to tell apart, with what to do about it."""
    chosen = choose_types(labels, types if types is not None and schema is None else schema)
    from samner.alike import map_schema, open_engine

    mapped = map_schema(open_engine(model, of, threads), chosen, least)
    if as_json:
        typer.echo(json.dumps(mapped.to_dict(), indent=2))
        return
    _print_map(mapped)


def _print_map(mapped: Any) -> None:
    from rich.markup import escape
    from rich.table import Table

    shown = Table("type", "archetypes", box=None, pad_edge=False)
    for kind, row in zip(mapped.schema, mapped.shares, strict=True):
        shares = ", ".join(f"{name} {share:.2f}" for name, share in mapped.best(row))
        shown.add_row(escape(kind.name), shares)
    plain_console().print(shown)
    for name in mapped.unsure:
        typer.echo(
            f"`{name}` could be many kinds of thing: say in its definition which, or state `archetypes`"
        )
    for pair in mapped.pairs:
        typer.echo(pair.advice)


@app.command("check")
def check(
    types: SchemaArgument = None,
    labels: LabelsOption = None,
    schema: SchemaOption = None,
    of: SetOption = None,
    as_json: JsonFlag = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Do archetypes overlap, and how much of a schema do they cover?"""
    given = types is not None or labels is not None or schema is not None
    chosen = (
        choose_types(labels, types if types is not None and schema is None else schema) if given else None
    )
    from samner.alike import map_schema, open_engine, overlaps
    from samner.archetypes import load

    engine = open_engine(model, of, threads)
    found: dict[str, Any] = {"overlap": [p.advice for p in overlaps(engine, load(of))]}
    if chosen is not None:
        mapped = map_schema(engine, chosen)
        covered = 1 - len(mapped.unsure) / max(1, len(chosen))
        found |= {"coverage": covered, "uncovered": mapped.unsure, "unused": mapped.unused}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo("\n".join(found["overlap"]) or "no two archetypes are alike")
    if chosen is not None:
        typer.echo(f"{100 * found['coverage']:.0f}% of {len(chosen)} types have a likely archetype")
        for key in ("uncovered", "unused"):
            if found[key]:
                typer.echo(f"{key}: {', '.join(found[key])}")


@app.command("distill")
def distill(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write.")],
    ontologies: Annotated[
        Path, typer.Option("--ontologies", metavar="DIR", help="The ontologies (docs/archetypes.md).")
    ],
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", metavar="DIR", help="Inventories *.types.tsv and the public sets'."),
    ] = None,
    schemas: Annotated[
        list[str] | None, typer.Option("--schema", metavar="FILE|NAME", help="More types; may be repeated.")
    ] = None,
    k: Annotated[
        int | None,
        typer.Option("--k", min=2, help="Clusters; chosen by gap statistic and silhouette if left out."),
    ] = None,
    method: Annotated[str, typer.Option("--method", help="kmeans or agglomerative.")] = "kmeans",
    cache: Annotated[
        Path | None, typer.Option("--cache", metavar="DIR", help="Keep sentence vectors there.")
    ] = None,
) -> None:
    """Distil a set of archetypes from ontologies and label inventories (extra `train`)."""
    from samner.cli.shared import Usage, report
    from samner.cli.train import _from_extra as from_extra

    if method not in ("kmeans", "agglomerative"):
        raise Usage(f"expected --method kmeans or agglomerative, found {method!r}; leave it out")
    run = from_extra("samner.distill.run", "distill")
    found = run(
        out, ontologies, corpus=corpus, schemas=schemas or (), k=k, method=method, cache=cache, say=report
    )
    against = found["against"]
    for kind in found["archetypes"]:
        typer.echo(f"{kind['name']} ({kind['size']}): {', '.join(kind['typical'])}")
    figures = ("adjusted_mutual_information", "purity", "inverse_purity", "coverage")
    said = ", ".join(f"{name.replace('_', ' ')} {against[name]:.2f}" for name in figures)
    typer.echo(f"against the archetypes that the inventories name: {said}")
    typer.echo(f"archetypes, report and pictures are in {out}")


@app.command("learn")
def learn(
    ontologies: Annotated[
        Path, typer.Option("--ontologies", metavar="DIR", help="The ontologies (docs/archetypes.md).")
    ],
    corpus: Annotated[
        Path | None, typer.Option("--corpus", metavar="DIR", help="Learn from our own inventories too.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.npy", help="Write the learned map [A, M + 1] there.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures there as JSON.")
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="Put the figures into the card of --model DIR.")
    ] = False,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Learn which archetype a definition means, and measure it on held-out classes of DBpedia (extra `train`)."""
    from samner.cli.shared import Usage, report
    from samner.cli.train import _from_extra as from_extra

    if card and not (model and Path(model).is_dir()):
        raise Usage(f"expected --model with a model folder beside --card, found {model}; name the folder")
    table, found = from_extra("samner.distill.typeside", "learn")(
        ontologies, corpus=corpus, model=model, threads=threads, say=report
    )
    if out is not None:
        import numpy as np

        np.save(out, table, allow_pickle=False)
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if card:
        from_extra("samner.distill.typeside", "write_in_card")(Path(model or ""), found)
    sure = found["difference"]
    typer.echo(
        f"{found['held_out']} held-out classes: {100 * found['accuracy']:.1f}% right, "
        f"{100 * found['untrained_encoder']:.1f}% by the nearest definition in the untrained encoder's space, "
        f"{100 * found['nearest_definition']:.1f}% in the model's "
        f"({100 * sure['difference']:+.1f}, 95% {100 * sure['low']:+.1f} to {100 * sure['high']:+.1f})"
    )
