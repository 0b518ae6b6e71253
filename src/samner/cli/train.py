"""`samner train` and `samner export`: from a recipe to a run, from a run to a model folder."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from samner.cli.shared import Usage
from samner.errors import MissingExtraError, SamnerError


def train(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE.yaml", help="What to train, on what, for how long.")
    ],
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", metavar="DIR", help="Checkpoints and logs; outside the checkout."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="DIR|ID", help="Of an LLM's recipe: the model, if not the recipe's."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="DIR|ID",
            help="Begin from this encoder of Hugging Face, not from the recipe's.",
        ),
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option("--tensorboard", metavar="DIR", help="Write the log for TensorBoard too.")
    ] = None,
) -> None:
    """Train a model. Stop it at any moment; the same command goes on from the last checkpoint."""
    if not recipe.is_file():
        raise Usage(
            f"expected a recipe, found no file {recipe}; recipes/embedded.yaml is the one of the shipped model"
        )
    if _from_extra("samner.train.llm.recipe", "is_llm_recipe")(recipe):
        if encoder is not None or tensorboard is not None:
            raise Usage(
                "expected no --encoder or --tensorboard with an LLM's recipe, found one; leave it out"
            )
        adapter = _from_extra("samner.train.llm.run", "train")(recipe, run_dir=run_dir, base=base)
        typer.echo(f"the adapter is in {adapter}")
        return
    if base is not None:
        raise Usage("expected --base with an LLM's recipe only, found it here; --encoder is meant, if any")
    start = _from_extra("samner.train.run", "train")
    run = start(recipe, run_dir=run_dir, encoder=encoder, tensorboard=tensorboard)
    typer.echo(f"the run is in {run}")


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The model folder to write.")],
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="RECIPE.yaml", help="RUN is a model folder of this recipe: fit it anew."),
    ] = None,
) -> None:
    """Turn a run into a model folder that `--model` and `SamNER.from_pretrained` take."""
    _from_extra("samner.train.export", "export")(run, out, recipe_file=recipe)
    typer.echo(f"the model is in {out}")


def _from_extra(module: str, name: str) -> Callable[..., Any]:
    """A function of the train extra; MissingExtraError says which install brings a package that is not there."""
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except SamnerError:
        raise
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "samner"):
            raise
        raise MissingExtraError(missing, "train") from None
    return found
