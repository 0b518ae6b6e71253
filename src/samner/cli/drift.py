"""`samner bench drift` and `samner bench adapt`: schemas in other words, and learning curves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samner.cli.adapt import RankOption
from samner.cli.bench import JsonOption, print_result
from samner.cli.engine_options import EngineChoice, with_engine
from samner.cli.shared import ModelOption, ThreadsOption, Usage, report

PictureOption = Annotated[
    Path | None, typer.Option("--picture", metavar="FILE.png", help="Draw the result (extra `train`).")
]


@with_engine
def drift(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="CrossNER's folder; without it, our half alone."),
    ] = None,
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="DIR", help="The corpus, for the development half.")
    ] = Path("corpus"),
    part: Annotated[str, typer.Option("--part", help="test or dev; only the test part is logged.")] = "test",
    json_file: JsonOption = None,
    picture: PictureOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    *,
    engine: EngineChoice,
) -> None:
    """Schemas that mean the same in other words: mean F1, spread and worst, with and without mediation."""
    from tempfile import TemporaryDirectory

    from samner.adapt.development import drift_tasks, material
    from samner.adapt.systems import systems
    from samner.bench.drift import System, run
    from samner.bench.drift_data import crossner_drift
    from samner.bench.drift_rows import picture as draw, print_drift

    held = material(corpus)
    tasks = [*drift_tasks(held), *(crossner_drift(data, part) if data is not None else [])]
    with TemporaryDirectory() as folder:
        tested = systems(held, Path(folder), model=model, threads=threads, say=report)
        if engine.llm is not None:
            tested[f"{engine.name} engine"] = System(engine.load(model, threads))
        result = run(tested, tasks, part=part, say=report)
    if picture is not None:
        draw(result, picture)
    print_result(result, json_file, print_drift)


def adapt(
    data: Annotated[
        Path,
        typer.Option(
            "--data", metavar="DIR", help="Holds crossner/ and, for our half, train/ (docs/training.md)."
        ),
    ],
    half: Annotated[
        str, typer.Option("--half", help="crossner, development, or both; for choosing, development alone.")
    ] = "both",
    part: Annotated[str, typer.Option("--part", help="test or dev; only the test part is logged.")] = "test",
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", metavar="DIR", help="Check there that other answers do not change."),
    ] = None,
    sizes: Annotated[
        str, typer.Option("--sizes", metavar="N,N,...", help="Texts to learn from.")
    ] = "0,5,20,100,500",
    rank: RankOption = 0,
    json_file: JsonOption = None,
    picture: PictureOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
) -> None:
    """The learning curve of `samner adapt`: types learned from a set's own texts, so no zero-shot result.

    The encoder, with --encoder-rank, at 20 and 100 texts only: that takes hours.
    """
    if half not in ("crossner", "development", "both"):
        raise Usage(f"expected --half crossner, development or both, found {half!r}")
    if not all(n.strip().isdigit() for n in sizes.split(",")):
        raise Usage(f"expected --sizes as numbers between commas, found {sizes!r}; write 0,5,20")
    from samner.adapt.curve import crossner_courses, run, unseen_courses
    from samner.adapt.curve_rows import picture as draw, print_curve

    courses = crossner_courses(data, part) if half != "development" else []
    courses += unseen_courses(data) if half != "crossner" else []
    numbers = [int(n) for n in sizes.split(",")]
    result = run(
        courses,
        model=model,
        threads=threads,
        sizes=numbers,
        rank=rank,
        corpus=corpus,
        part=part,
        say=report,
    )
    if picture is not None:
        draw(result, picture)
    print_result(result, json_file, print_curve)
