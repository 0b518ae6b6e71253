"""`samner schema`: check a schema, list and show the built-in ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samner.cli.shared import Usage
from samner.errors import SchemaError
from samner.types import Schema

app = typer.Typer(help="Check a schema; list and show the built-in ones.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("check")
def check(
    what: Annotated[
        list[str],
        typer.Argument(metavar="FILE|FOLDER|NAME...", help="Schema files, folders of them, built-in names."),
    ],
) -> int:
    """Say whether schemas can be used: 0 if all can, else 1 with one line for each fault."""
    from samner.archetypes import load
    from samner.cli.shared import report
    from samner.schema import check_archetypes, read_schema

    known = [archetype.name for archetype in load()]
    bad = 0
    for file in [file for argument in what for file in _schemas(argument)]:
        try:
            schema = read_schema(file).schema
            check_archetypes(schema, known)
        except SchemaError as error:
            report(str(error) if str(file) in str(error) else f"{file}: {error}")
            bad += 1
        else:
            bare = sum(not kind.definition.strip() for kind in schema)
            note = f", {bare} without a definition" if bare else ""
            typer.echo(f"{file}: {len(schema)} types{note}")
    return 1 if bad else 0


def _schemas(argument: str) -> list[str]:
    """A file or a built-in name as it is, a folder as the schema files in it."""
    from samner.schema import SUFFIXES, builtin_names
    from samner.strict import hint

    path = Path(argument)
    if path.is_dir():
        files = sorted(str(file) for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        if not files:
            raise Usage(
                f"expected schema files ({', '.join(SUFFIXES)}), found none in {path}; name another folder"
            )
        return files
    if argument not in builtin_names() and not path.exists():
        expected = "a schema file, a folder of them or a built-in name"
        raise Usage(f"expected {expected}, found {argument!r}; {hint(argument, builtin_names())}")
    return [argument]


@app.command("list")
def list_schemas() -> None:
    """The built-in schemas with the number of their types."""
    from samner.schema import builtin_names, read_schema

    names = builtin_names()
    width = max(map(len, names), default=0)
    for name in names:
        read = read_schema(name)
        typer.echo(f"{name:{width}}  {len(read.schema):3}  {read.about.get('description', '')}".rstrip())


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A built-in name or a schema file.")],
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="As a schema file, to start your own from.")
    ] = False,
) -> None:
    """The types of a schema with their definitions."""
    from samner.schema import read_schema

    try:
        read = read_schema(name)
    except SchemaError as error:
        if Path(name).exists():
            raise
        raise Usage(str(error)) from None
    if as_yaml:
        typer.echo(to_yaml(read.schema), nl=False)
        return
    if "description" in read.about:
        typer.echo(f"{read.about['description']}\n")
    for kind in read.schema:
        typer.echo(f"{kind.name}: {kind.definition}" if kind.definition else kind.name)


def to_yaml(schema: Schema) -> str:
    """A schema file that reads back as the same schema."""
    import yaml

    from samner.schema import to_rows

    head = {"name": schema.name} if schema.name else {}
    return str(
        yaml.safe_dump({**head, "types": to_rows(schema)}, sort_keys=False, allow_unicode=True, width=100)
    )
