"""Fits the pipeline's few numbers on the development split, for the full pipeline and for each part switched off.

Nothing here looks at any benchmark. What is fitted: shares of prior and agreement, the weights of a logistic score,
the consensus rule, and the threshold (see `Fitted`), to the best sum of F1 and a quarter of span F1; both are micro,
over all development tasks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samner.archetypes import load as load_archetypes
from samner.engines.embedded.abilities import combine, corrected, log_odds, sigmoid
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.store import Fitted
from samner.errors import ModelError
from samner.train.evidence import Evidence, bank_of, collect, explorer_table
from samner.train.manifest import FORMAT, write_manifest
from samner.train.material import Material

Array = NDArray[Any]
PARTS = ("explorer", "anchor", "consensus", "mediation", "calibration")
PRIOR_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
AGREEMENT_SHARES = (0.25, 0.5, 0.75, 1.0)  # 0 is the pipeline without mediation, fitted apart
BROADER_SHARES = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
THRESHOLDS = np.round(np.arange(0.1, 0.8, 0.02), 2)
UNFITTED = Fitted(0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0.5, 0.5, 0.5, 0.1)
RULE = replace(UNFITTED, consensus_anchor=0.3, consensus_explorer=0.3, consensus_confirm=0.1)
BANK = 2000
SPAN_WEIGHT = (
    0.25  # of span F1 beside F1: settings that differ little in F1 differ in how many spans they find
)


@dataclass(frozen=True)
class Scored:
    """F1 of one setting, over all tasks and by group; `goal` is what the fit makes as great as it can."""

    f1: float
    goal: float
    threshold: float
    groups: dict[str, dict[str, float]]


def fit(folder: Path, material: Material, model_id: str) -> dict[str, Any]:
    """Fit the model in `folder` (as `export` wrote it), write its manifest, and return the development report."""
    sizes = json.loads((folder / "model.json").read_text("utf-8"))["sizes"]
    unfitted = {
        "format": FORMAT,
        "sizes": sizes,
        "id": model_id,
        "every_threshold": 0.5,
        "fitted": {"": asdict(UNFITTED)},
    }
    write_manifest(folder, unfitted)
    hierarchy = _add_tables(folder, material)
    write_manifest(folder, unfitted)
    engine = _engine(folder)
    evidence = collect(engine, material)
    fitted: dict[str, Fitted] = {}
    report: dict[str, Any] = {"broader": hierarchy}
    scored: dict[str, Scored] = {}
    for part in ("", *PARTS):
        fitted[part], scored[part] = fit_part(evidence, part)
    for part, row in scored.items():
        report[part] = {"f1": row.f1, "groups": row.groups}
    report["every"] = explorer_table(engine, material)
    report["calibration_error"] = calibration_error(evidence)
    done = {**unfitted, "every_threshold": report["every"]["threshold"]}
    write_manifest(folder, done | {"fitted": {part: asdict(row) for part, row in fitted.items()}})
    return report


def _engine(folder: Path) -> EmbeddedEngine:
    return EmbeddedEngine(folder, load_archetypes(), None, 2)


def _add_tables(folder: Path, material: Material) -> dict[str, float]:
    """The bank of span vectors of training mentions, against which a type's eagerness is measured, and the form that
    tells the broader of two types."""
    from samner.train.broader import learn_broader  # by PyTorch; the rest of the fit is arithmetic without it

    engine = _engine(folder)
    bank = bank_of(engine, material, BANK)
    form, figures = learn_broader(engine, material.book, material.split.unseen)
    with np.load(folder / "tables.npz", allow_pickle=False) as held:
        tables = {name: held[name] for name in held.files}
    np.savez(folder / "tables.npz", **{**tables, **form, "bank": bank.astype(np.float16)})
    return figures


def fit_part(evidence: Sequence[Evidence], part: str) -> tuple[Fitted, Scored]:
    """The best numbers with one part of the pipeline off ("" for none), and their figures. One number at a time,
    twice over: the shares hardly depend on each other."""
    choices = {
        "prior_share": PRIOR_SHARES if part != "calibration" else (0.0,),
        "agreement_share": AGREEMENT_SHARES if part not in ("calibration", "mediation") else (0.0,),
        "broader_share": BROADER_SHARES if part != "calibration" else (0.0,),
    }
    start = replace(
        RULE, prior_share=choices["prior_share"][-2:][0], agreement_share=choices["agreement_share"][-3:][0]
    )
    best = _fitted(evidence, start, part)
    for _ in range(2):
        for name, values in choices.items():
            for value in values:
                tried = _fitted(evidence, replace(best[0], **{name: value}), part)
                best = tried if tried[1].goal > best[1].goal else best
    return _consensus(evidence, *best, part) if part not in ("consensus", "explorer", "anchor") else best


def _fitted(evidence: Sequence[Evidence], by: Fitted, part: str) -> tuple[Fitted, Scored]:
    """The logistic weights and the threshold, with the shares as they are."""
    by = logistic(evidence, by, part)
    scored = score(evidence, by, part)
    return replace(by, threshold=scored.threshold), scored


def _consensus(evidence: Sequence[Evidence], by: Fitted, scored: Scored, part: str) -> tuple[Fitted, Scored]:
    """Search the consensus rule with the rest as it is."""
    best = by, scored
    for anchor in (0.2, 0.3, 0.4, 0.5, 0.6):
        for explorer in (0.1, 0.2, 0.3, 0.4, 0.5):
            for confirm in (0.0, 0.02, 0.05, 0.1, 0.2):
                tried = replace(
                    by, consensus_anchor=anchor, consensus_explorer=explorer, consensus_confirm=confirm
                )
                now = score(evidence, tried, part, thresholds=[by.threshold])
                if now.goal > best[1].goal:
                    best = tried, now
    return best


def logistic(evidence: Sequence[Evidence], by: Fitted, part: str) -> Fitted:
    """Fit the score (of the best type of each span) and `each` (of every type) as logistic regressions."""
    whole_x, whole_y, each_x, each_y = [], [], [], []
    raw = part == "calibration"
    for e in evidence:
        rows = e.active(part) & ~e.doubtful
        if not rows.any():
            continue
        table = e.table
        match = corrected(table, by, e.broader)
        odds = log_odds(match, ())
        k = match.argmax(axis=1)
        n = np.arange(len(k))
        anchor = table["anchor"].max(axis=1) if raw else table["anchor"][n, k]
        choice = np.zeros(len(k)) if raw else odds[n, k]
        x = np.stack([np.ones(len(k)), choice, table["explorer"], anchor], axis=1)
        whole_x.append(x[rows])
        whole_y.append((e.label == k)[rows] if not raw else (e.label >= 0)[rows])
        each_x.append(_each_features(match, table)[rows].reshape(-1, 4))
        each_y.append((e.label[:, None] == np.arange(match.shape[1]))[rows].ravel())
    if not whole_x:
        found = f"one that proposes none{f' without {part}' if part else ''}"
        raise ModelError("a model that proposes spans of the development texts", found, "train it for longer")
    used = [True, not raw, part != "explorer", part != "anchor"]
    bias, choice_w, explorer, anchor_w = newton(np.concatenate(whole_x), np.concatenate(whole_y), used)
    used = [True, True, part != "explorer", part != "anchor"]
    each = newton(np.concatenate(each_x), np.concatenate(each_y), used)
    return replace(
        by,
        bias=bias,
        choice=choice_w,
        explorer=explorer,
        anchor=anchor_w,
        each_bias=each[0],
        each_match=each[1],
        each_explorer=each[2],
        each_anchor=each[3],
    )


def _each_features(match: Array, table: dict[str, Array]) -> Array:
    ones = np.ones(match.shape)
    return np.stack([ones, match, table["explorer"][:, None] * ones, table["anchor"]], axis=2)


def newton(x: Array, y: Array, used: Sequence[bool], ridge: float = 1e-2) -> list[float]:
    """Logistic regression by Newton's method; features not used get weight 0."""
    columns = np.flatnonzero(used)
    x = x[:, columns].astype(np.float64)
    weight = np.zeros(len(columns))
    for _ in range(30):
        p = sigmoid(x @ weight)
        gradient = x.T @ (p - y) + ridge * weight
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(columns))
        step = np.linalg.solve(hessian, gradient)
        weight -= step
        if np.abs(step).max() < 1e-8:
            break
    out = np.zeros(len(used))
    out[columns] = weight
    return [float(round(w, 5)) for w in out]


def score(
    evidence: Sequence[Evidence], by: Fitted, part: str, thresholds: Sequence[float] = tuple(THRESHOLDS)
) -> Scored:
    """Micro-F1 at the threshold with the best goal, after consensus and overlaps."""
    tables = [
        e.ranked(combine(e.table, by, (), e.broader, raw=part == "calibration").score, by, part)
        for e in evidence
    ]
    best = Scored(-1.0, -1.0, 0.0, {})
    for threshold in thresholds:
        counts: dict[str, Array] = {}
        for e, (said, right, span) in zip(evidence, tables, strict=True):
            over = said >= threshold
            row = np.array([(right & over).sum(), over.sum(), e.wanted, (span & over).sum()])
            counts[e.group] = counts.get(e.group, np.zeros(4, np.int64)) + row
        total = sum(counts.values(), np.zeros(4, np.int64))
        f1, span_f1 = _f1(total), _f1(total[[3, 1, 2]])
        goal = f1 + SPAN_WEIGHT * span_f1
        if goal > best.goal:
            groups = {g: _figures(c) for g, c in sorted(counts.items())}
            best = Scored(f1, goal, float(threshold), groups)
    return best


def _f1(counts: Array) -> float:
    return float(round(2 * counts[0] / max(1, counts[1] + counts[2]), 5))


def _figures(c: Array) -> dict[str, float]:
    return {
        "f1": _f1(c),
        "precision": round(float(c[0]) / max(1, int(c[1])), 5),
        "recall": round(float(c[0]) / max(1, int(c[2])), 5),
        "span_f1": _f1(np.array([c[3], c[1], c[2]])),
    }


def calibration_error(evidence: Sequence[Evidence], folds: int = 2) -> dict[str, float]:
    """Expected calibration error of the score on tasks that the fit did not see, over 15 bins of equal width."""
    from samner.bench.reliability import expected_calibration_error

    names = sorted({e.task for e in evidence})
    scores, rights = [], []
    for fold in range(folds):
        held = set(names[fold::folds])
        by, _ = fit_part([e for e in evidence if e.task not in held], "")
        for e in (e for e in evidence if e.task in held):
            said, right, _ = e.ranked(combine(e.table, by, (), e.broader, raw=False).score, by, "")
            scores.append(said)
            rights.append(right)
    said, right = np.concatenate(scores), np.concatenate(rights)
    return {"ece": float(expected_calibration_error(said.tolist(), right.tolist())), "spans": len(said)}
