"""Ray: a corpus on many machines, and entities for any Ray dataset.

    ds = extract(ray.data.read_parquet("s3://bucket/articles"), ["person", "city"], workers=(2, 64))

    run(["articles/"], "/shared/out", ner, ["person", "city"], work=on_ray("auto", workers=(2, 64)))

Workers are actors: each loads the model once, Ray starts as many as there is work and room for, between the bounds
given, and starts one anew that dies. A worker takes a shard, goes on where its journal ends, and leaves shard and
receipt whole or not at all, so that a worker that is killed loses nothing and doubles nothing.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Any

from samner.corpora.folder import Folder
from samner.corpora.job import Job
from samner.corpora.plan import unfinished
from samner.corpora.run import Work
from samner.corpora.stream import BEGINNING, Position
from samner.corpora.tally import Tally
from samner.corpora.work import Watch, Worker
from samner.errors import InputError, MissingExtraError
from samner.integrations.columns import Extractor
from samner.options import Options
from samner.schema import SchemaLike

if TYPE_CHECKING:
    from samner.pipeline import SamNER

LOCAL = "local"
ANSWERS = 5.0  # seconds in which a cluster must take a connection
_COUNTED = ("documents", "tokens", "entities")
_BLOCKS = 1_000  # tasks that the shards of a run are dealt into at most


def ray_library() -> Any:
    """ray, with its data library; MissingExtraError where there is none."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # reports nothing to anybody unless asked to
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtraError("ray", "ray") from None
    return ray


def extract(
    dataset: Any,
    schema: SchemaLike | None,
    *,
    text: str = "text",
    ner: SamNER | None = None,
    options: Options | None = None,
    workers: tuple[int, int] = (1, 8),
    batch_size: int = 256,
    cpus: float = 1,
    gpus: float = 0,
    **more: Any,
) -> Any:
    """The dataset with the columns `entities` and `error` (`columns.Extractor`), worked out as it is consumed.

    `ner` is the recognizer that each worker makes for itself (None: the shipped model on `cpus` threads); `workers` the
    least and most actors; `cpus` and `gpus` what each is given; further arguments go to `Dataset.map_batches`.
    """
    ray = ray_library()
    least, most = _bounds(workers)
    ner = ner or _recognizer(cpus)
    return dataset.map_batches(
        _Columns,
        fn_constructor_args=(Extractor(schema, text=text, ner=ner, options=options),),
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=_pool(ray, least, most),
        num_cpus=cpus,
        num_gpus=gpus or None,
        **more,
    )


def on_ray(
    address: str = LOCAL, *, workers: tuple[int, int] = (1, 8), cpus: float = 1, gpus: float = 0
) -> Work:
    """How `samner.corpora.run` is to work off its shards: on the Ray cluster at `address`, or, for "local", on one
    that lives as long as the run. The folder of the run and its inputs must be where every machine sees them."""
    bounds = _bounds(workers)

    def work(job: Job, folder: Folder, ner: SamNER, watch: Watch) -> None:
        ray = ray_library()
        shards = [{"shard": n, "start": start} for n, start in unfinished(job, folder)]
        if not shards:
            return
        _connect(ray, address, min(bounds[1], len(shards)), cpus)
        try:
            dataset = ray.data.from_items(shards, override_num_blocks=min(len(shards), _BLOCKS))
            done = dataset.map_batches(
                _Shards,
                fn_constructor_args=(job, folder, ner),
                batch_size=1,
                compute=_pool(ray, min(bounds[0], len(shards)), min(bounds[1], len(shards))),
                num_cpus=cpus,
                num_gpus=gpus or None,
            )
            furthest = BEGINNING
            for row in done.iter_rows():
                furthest = max(furthest, Position(*map(int, row["stop"])))
                documents, tokens, entities = (int(row[name]) for name in _COUNTED)
                watch(Tally(documents=documents, tokens=tokens, entities=entities), furthest)
        finally:
            if address == LOCAL:
                ray.shutdown()

    return work


class _Columns:
    """The actor of `extract`."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor

    def __call__(self, table: Any) -> Any:
        return self._extractor.table(table)


class _Shards:
    """The actor of `on_ray`. A shard that was finished before it was asked for again is left as it is."""

    def __init__(self, job: Job, folder: Folder, ner: SamNER) -> None:
        self._folder = folder
        self._worker = Worker(job, folder, ner)

    def __call__(self, batch: Any) -> Any:
        rows = [self._shard(int(n), Position(*map(int, at))) for n, at in zip(*batch.values(), strict=True)]
        return {name: [row[name] for row in rows] for name in (*_COUNTED, "stop")}

    def _shard(self, number: int, start: Position) -> dict[str, Any]:
        done = self._folder.receipt(number).exists()
        receipt = None if done else self._worker.shard(number, start)
        tally, stop = (Tally(), start) if receipt is None else (receipt.tally, receipt.stop)
        return {name: getattr(tally, name) for name in _COUNTED} | {"stop": list(stop)}


def _connect(ray: Any, address: str, workers: int, cpus: float) -> None:
    """Join the cluster, or start one here with room for the workers, unless we are in one already."""
    if not ray.is_initialized():
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if address == LOCAL:
            room = max(int(workers * cpus) + 1, 2)  # one for the tasks that deal the shards out
            ray.init(address=LOCAL, num_cpus=room, include_dashboard=False, **quiet)
        else:
            _join(ray, address, quiet)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False


def _join(ray: Any, address: str, quiet: dict[str, Any]) -> None:
    """Ray itself tries an address for minutes where nobody answers, and tells of each try."""
    try:
        host, _, port = address.rpartition("://")[2].rpartition(":")
        if host and port.isdecimal():
            with socket.create_connection((host, int(port)), timeout=ANSWERS):
                pass
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError, ImportError) as error:  # ConnectionError among them
        found = f"none: {str(error).splitlines()[0].rstrip('.')}"
        remedy = "start one with `ray start --head`, or pass --ray local"
        raise InputError(f"a Ray cluster at {address}", found, remedy) from None


def _pool(ray: Any, least: int, most: int) -> Any:
    return ray.data.ActorPoolStrategy(min_size=least, max_size=most)


def _recognizer(cpus: float) -> SamNER:
    from samner.pipeline import SamNER

    return SamNER(threads=max(1, int(cpus)))


def _bounds(workers: tuple[int, int]) -> tuple[int, int]:
    least, most = workers
    if not 1 <= least <= most:
        raise InputError("least and most workers, 1 or more", f"{least} and {most}", "pass workers=(1, 8)")
    return least, most
