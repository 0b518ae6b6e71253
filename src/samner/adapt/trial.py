"""Cross-validation on a few annotated texts: what a model would answer that has not learned from them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from samner.adapt.evidence import Evidence, join
from samner.adapt.learn import Strength, learn
from samner.adapt.scores import LEAST, Said, judge
from samner.alike import open_engine
from samner.bench.datasets import GoldDocument
from samner.engines.embedded.adapter import Adapter, Change, write_adapter
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.vectors import type_text
from samner.errors import MissingExtraError
from samner.pipeline import SamNER
from samner.types import Entity, Failure, Schema

FOLDS = 4


class Trial:
    """Cross-validation: learn on most texts, answer on the others with the real pipeline."""

    def __init__(
        self,
        engine: EmbeddedEngine,
        schema: Schema,
        documents: Sequence[GoldDocument],
        seen: Sequence[Evidence],
        threads: int | None,
    ) -> None:
        self._engine, self._schema, self._threads = engine, schema, threads
        self._documents, self._seen = documents, seen
        self._parents = engine.compile(schema).parents

    def changes(self, strength: Strength | None, seen: Sequence[Evidence]) -> list[Change]:
        """The change of each type; of nothing where `strength` is None."""
        if strength is None:
            return [Change.nothing(self._engine.manifest.sizes) for _ in self._schema]
        return learn(join(seen), self._parents, strength)

    def said(self, strength: Strength | None) -> Said:
        """Answers on all texts, each by a model whose vectors were not learned from it."""

        def made(rest: Sequence[int], folder: Path) -> Path:
            changes = self.changes(strength, [self._seen[n] for n in rest])
            adapter = laid_over(self._engine, self._schema, changes, "trial")
            write_adapter(folder, adapter, self._engine.manifest.folder)
            return folder

        return self._validated(made, FOLDS if strength is not None else 1)

    def said_tuned(self, rank: int) -> Said:
        """Answers on all texts, each by a model whose encoder was not tuned on it."""
        return self._validated(lambda rest, folder: self._tuned(rank, rest, folder / "model"), FOLDS)

    def tuned(self, rank: int, out: Path) -> EmbeddedEngine:
        """The model with its encoder tuned on all texts, written to `out`."""
        return open_engine(self._tuned(rank, range(len(self._documents)), out), None, self._threads)

    def _tuned(self, rank: int, rest: Sequence[int], out: Path) -> Path:
        try:
            from samner.adapt.low_rank import tuned
        except ImportError as error:
            raise MissingExtraError(error.name or "peft", "train") from None
        tuned(self._engine.manifest.folder, [self._documents[n] for n in rest], self._schema, rank, out)
        return out

    def _validated(self, made: Callable[[Sequence[int], Path], Path], folds: int) -> Said:
        """Answers of the model that `made` learns from all texts but those of a fold, for each fold."""
        folds = min(folds, len(self._documents))
        results: list[list[Entity] | Failure] = [[] for _ in self._documents]
        for fold in range(folds):
            held = range(fold, len(self._documents), folds)
            rest = [n for n in range(len(self._documents)) if n % folds != fold]
            texts = [self._documents[n].text for n in held]
            with tempfile.TemporaryDirectory() as folder:
                ner = SamNER(made(rest, Path(folder)), threads=self._threads)
                said = ner.extract_batch(texts, self._schema, threshold=LEAST)
            for n, result in zip(held, said, strict=True):
                results[n] = result
        return judge(self._documents, results)


def laid_over(engine: EmbeddedEngine, schema: Schema, changes: Sequence[Change], name: str) -> Adapter:
    """An adapter on the engine's model: what the engine's own adapter holds, and these changes on top."""
    old = engine.adapter or Adapter(name, engine.manifest.hash)
    new = {
        type_text(kind): _sum(before, change)
        for kind, before, change in zip(schema, old.of(schema), changes, strict=True)
    }
    return Adapter(name, engine.manifest.hash, {**old.types, **new}, old.fitted)


def _sum(old: Change | None, new: Change) -> Change:
    """Two changes of the same type in one; scale, shift and threshold are those of the later one."""
    if old is None:
        return new
    names = ("match", "bias", "start", "end", "inside")
    parts = {name: getattr(old, name) + getattr(new, name) for name in names}
    scale, shift = old.scale * new.scale, old.shift * new.scale + new.shift
    return Change(**parts, scale=scale, shift=shift, threshold=new.threshold or old.threshold)
