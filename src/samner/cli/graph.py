"""`samner graph`: a knowledge graph from what was extracted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samner.cli.output import open_output
from samner.cli.results import ResultsArgument, read_all
from samner.cli.shared import SchemaOption, Usage, arguments_checked

CONTEXTS = ("document", "paragraph")


def graph(
    results: ResultsArgument,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="turtle, jsonld, graphml or neo4j-csv.")
    ] = "turtle",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there; a folder for neo4j-csv."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show by which rules mentions were gathered, instead of the graph."),
    ] = False,
    schema: SchemaOption = None,
    archetypes: Annotated[
        Path | None,
        typer.Option(
            "--set", metavar="FILE.yaml", help="Archetypes with their classes; the shipped ones if left out."
        ),
    ] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="IRI", help="What the IRIs of the graph begin with.")
    ] = "urn:samner:",
    context: Annotated[
        str, typer.Option("--context", help="What counts as standing together: paragraph or document.")
    ] = "paragraph",
    least: Annotated[
        int, typer.Option("--least", min=1, help="Contexts that two entities must share for an edge.")
    ] = 2,
) -> int:
    """Gather mentions into entities and write them as a graph.

    RESULTS is the folder that `samner run` wrote, or JSON Lines of `samner extract`. With --schema, types that carry an
    `iri` there become that class. The SHACL shapes of the output are in samner/knowledge/shapes.ttl.
    """
    from samner.knowledge.corpus import gather
    from samner.knowledge.explain import explain as lines
    from samner.knowledge.graph import build
    from samner.knowledge.iris import is_iri
    from samner.knowledge.writers import FOLDERS, check_format, write_folder, write_graph

    if context not in CONTEXTS:
        raise Usage(f"expected --context paragraph or document, found {context!r}; choose one of them")
    if not is_iri(base):
        raise Usage(f"expected --base with an absolute IRI, found {base!r}; write https://example.org/kg/")
    if to in FOLDERS and output is None and not explain:
        raise Usage(f"expected -o FOLDER with --to {to}, found none; it writes several files")
    if not explain:
        with arguments_checked():
            check_format(to)
    extractions, bad = read_all(results)
    gathered = gather(extractions)
    if explain:
        with open_output(output) as out:
            out.writelines(f"{line}\n" for line in lines(gathered))
        return 1 if bad else 0
    made = build(
        extractions, schema=schema, archetypes=archetypes, context=context, least=least, gathered=gathered
    )
    if to in FOLDERS:
        assert output is not None
        write_folder(made, to, output)
    else:
        with open_output(output) as out:
            write_graph(made, to, out, base)
    return 1 if bad else 0
