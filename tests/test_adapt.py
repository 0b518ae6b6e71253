"""Learning types from a few texts: it helps on texts not seen, and leaves every other type's bits alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from samner import SamNER
from samner.adapt.calibrate import calibrate, read
from samner.adapt.evidence import gather_evidence
from samner.adapt.learn import Strength, descend, learn
from samner.adapt.run import adapt
from samner.adapt.scores import Said, judge, likely_threshold, tempered, tempers
from samner.alike import open_engine
from samner.bench.datasets import GoldDocument, GoldEntity
from samner.cli.main import run
from samner.errors import InputError, ModelError
from samner.types import Entity, EntityType, Failure, Schema

pytestmark = pytest.mark.model

# Ships that the model takes for people, companies or nothing: a meaning of our own, learnable from a few texts.
NAMES = ["Aurora", "Mary Rose", "Calypso", "Bounty", "Old Grey", "Halcyon", "Wanderer", "Silver Fox"]
FRAMES = [
    "The crew repainted the {} before she left port.",
    "We sailed on the {} from Bergen to Leith.",
    "The {} was last seen off the coast with torn sails.",
    "Captain Hale lost the {} in a storm.",
]
SHIP = Schema((EntityType("vessel", "Anything that carries cargo."), EntityType("person", "A human being.")))


def ship(name: str, frame: str) -> GoldDocument:
    text = frame.format(name)
    at = text.index(name)
    people = [GoldEntity(8, 12, "person")] if "Hale" in text else []
    return GoldDocument(text, (*people, GoldEntity(at, at + len(name), "vessel")))


SEEN = [ship(name, frame) for name in NAMES[:4] for frame in FRAMES]
UNSEEN = [ship(name, frame) for name in NAMES[4:] for frame in FRAMES]


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("adapted") / "ships"
    report = adapt(SEEN, SHIP, out, threads=1)
    assert report["documents"] == 16
    assert report["mentions"] == 20
    assert report["f1_after"] >= report["f1_before"]
    assert report["strength"] is not None
    return out


def right(ner: SamNER, documents: list[GoldDocument]) -> int:
    results = ner.extract_batch([d.text for d in documents], SHIP)
    return sum(
        (e.start, e.end, e.label) in d.entities
        for d, found in zip(documents, results, strict=True)
        if isinstance(found, list)
        for e in found
    )


def test_it_helps_on_names_that_were_not_seen(ner: SamNER, adapted: Path) -> None:
    assert right(SamNER(adapted, threads=1), UNSEEN) > right(ner, UNSEEN)


def test_other_types_keep_every_bit(ner: SamNER, adapted: Path) -> None:
    """The same name with another definition is another type; so is every type that was not learned."""
    text = "Captain Hale lost the Aurora in Bergen, said the Norwegian Maritime Authority."
    for schema in (["person", "ship", "city"], {"vessel": "A ship.", "person": "Someone."}, "news"):
        for options in ({}, {"multi_label": True, "threshold": 0.01}):
            plain = ner.extract(text, schema, **options)
            assert SamNER(adapted, threads=1).extract(text, schema, **options) == plain
            assert options == {} or plain
    assert SamNER(adapted, threads=1).extract(text, None) == ner.extract(text, None)


def test_the_adapter_does_not_copy_the_model(adapted: Path) -> None:
    assert sum(file.stat().st_size for file in adapted.iterdir()) < 100_000
    assert SamNER(adapted, threads=1).info.id == "ships"


def test_the_same_texts_give_the_same_adapter(adapted: Path, tmp_path: Path) -> None:
    adapt(SEEN, SHIP, tmp_path / "ships", threads=2)
    assert (tmp_path / "ships" / "adapter.json").read_bytes() == (adapted / "adapter.json").read_bytes()


def test_an_adapter_can_be_adapted_further(adapted: Path, tmp_path: Path) -> None:
    places = Schema((EntityType("harbour", "A place where ships lie."),))
    texts = [
        GoldDocument(f"She lay in {p} for a week.", (GoldEntity(11, 11 + len(p), "harbour"),))
        for p in ("Leith", "Bergen", "Hull", "Vigo")
    ]
    adapt(texts, places, tmp_path / "more", model=adapted, threads=1)
    both = SamNER(tmp_path / "more", threads=1)
    assert both.extract_batch([d.text for d in UNSEEN], SHIP) == SamNER(adapted, threads=1).extract_batch(
        [d.text for d in UNSEEN], SHIP
    )


def test_a_users_own_threshold_stays(adapted: Path) -> None:
    own = Schema(tuple(EntityType(t.name, t.definition, threshold=0.999) for t in SHIP))
    assert SamNER(adapted, threads=1).extract(UNSEEN[0].text, own) == []


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: d.write_text("{"), "an adapter in JSON"),
        (lambda d: d.write_text(d.read_text().replace('"format": 1', '"format": 7')), "adapter format 1"),
        (lambda d: (d.parent / "adapter.npz").write_bytes(b"x"), "adapter.npz with SHA-256"),
        (
            lambda d: d.write_text(
                json.dumps(json.loads(d.read_text()) | {"base": {"hash": "0", "folder": None}})
            ),
            "that .* was learned on",
        ),
    ],
)
def test_a_damaged_or_foreign_adapter_is_refused(
    adapted: Path, tmp_path: Path, damage: object, says: str
) -> None:
    for file in adapted.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    damage(tmp_path / "adapter.json")  # type: ignore[operator]
    with pytest.raises(ModelError, match=says):
        SamNER(tmp_path, threads=1)


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        (SEEN[:1], "2 to 5000"),
        ([GoldDocument("Nothing.", ()), GoldDocument("Here.", ())], "mentions marked"),
        ([*SEEN, GoldDocument("Ada", (GoldEntity(0, 3, "poet"),))], "'poet'"),
    ],
)
def test_data_that_nothing_can_be_learned_from(
    documents: list[GoldDocument], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        adapt(documents, SHIP, tmp_path / "x", threads=1)
    assert not (tmp_path / "x").exists()


def test_every_gold_span_is_a_candidate_and_texts_without_words_are_none() -> None:
    engine = open_engine(None, None, 1)
    compiled = engine.compile(SHIP)
    first, empty = gather_evidence(engine, compiled, [SEEN[3], GoldDocument(" ", ())])
    assert sorted(first.label.tolist())[:2] == [0, 1]
    assert [view.sum() for view in first.marks] == [2.0, 2.0, 2.0]
    assert (len(empty.label), empty.words[0].shape) == (0, (0, compiled.vectors.start.shape[1]))
    learned = learn(empty, (), Strength(1, 1))
    assert all(not change.match.any() and change.bias == 0 for change in learned)


def test_descent_reaches_the_point_where_slope_and_pull_balance() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 5)).astype(np.float32), (rng.random((40, 2)) < 0.5).astype(np.float32)

    def slope(w: np.ndarray) -> np.ndarray:
        return x.T @ (1 / (1 + np.exp(-x @ w)) - y)

    w = descend(slope, x, 0.25, 1.0, 2)
    assert np.abs(slope(w) + w).max() < 1e-3
    assert np.abs(w).max() > 0.1


def said(pairs: list[tuple[float, bool]], wanted: int) -> Said:
    """Answers of a single text."""
    score, truth = zip(*pairs, strict=True)
    label, text = np.array(["a"] * len(pairs), object), np.zeros(len(pairs), int)
    return Said(np.array(score), np.array(truth), label, text, {"a": wanted}, np.array([wanted]))


def test_tempering_makes_scores_mean_what_they_say() -> None:
    """Half of the answers scored 0.9 are right: after it they are scored near a half."""
    answers = said([(0.9, n % 2 == 0) for n in range(400)], 200)
    by = tempers(answers, ["a", "b"])
    assert tempered(answers, by)[0] == pytest.approx(0.5, abs=0.03)
    assert by["b"] == pytest.approx(by["a"], abs=0.1)  # no answers of its own: as all together


def test_a_handful_of_answers_never_flattens_a_types_scores() -> None:
    """All of a type's few answers are right, the poor ones too: a poor answer still does not pass for a good one."""
    right = said([(0.05, True), (0.1, True), (0.9, True), (0.95, True)], 4)
    scale, shift = tempers(right, ["a"])["a"]
    assert scale >= 0.5
    assert 0 < shift < 1.5


def test_the_likely_threshold_by_hand() -> None:
    """Expected F1 by number of answers kept, 2 to be found: 0.9 -> .6, +0.8 -> .85, +0.1 -> .72."""
    assert likely_threshold(np.array([0.1, 0.9, 0.8]), 2) == pytest.approx(0.45)
    assert said([(0.9, True), (0.8, False)], 1).best_f1() == 1.0
    assert likely_threshold(np.array([]), 2) == 0.5


def test_a_failed_text_has_no_answers() -> None:
    gold = [ship("Aurora", FRAMES[0]), ship("Aurora", FRAMES[1])]
    answer = Entity(gold[1].entities[0].start, gold[1].entities[0].end, "Aurora", "vessel", 0.5)
    found = judge(gold, [Failure(ValueError("no")), [answer]])
    assert (found.right.tolist(), found.gold) == ([True], 2)


def test_calibrate_with_and_without_marks(tmp_path: Path, ner: SamNER) -> None:
    marked, plain = tmp_path / "marked.jsonl", tmp_path / "plain.jsonl"
    rows = [{"text": d.text, "entities": [e._asdict() for e in d.entities]} for d in SEEN]
    marked.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plain.write_text("".join(json.dumps({"text": d.text}) + "\n" for d in SEEN))
    for file, has_marks in ((marked, True), (plain, False)):
        documents, found = read(file, SHIP.names)
        assert (found, len(documents)) == (has_marks, 16)
        report = calibrate(documents, SHIP, tmp_path / file.stem, marked=found, threads=1)
        fitted = SamNER(tmp_path / file.stem, threads=1)
        assert ("calibration_error" in report) is has_marks
        assert 0 < report["threshold"] < 1
        first, second = (m.extract(SEEN[3].text, SHIP, threshold=0) for m in (ner, fitted))
        assert [(e.start, e.end) for e in first] == [(e.start, e.end) for e in second]
        assert ([e.score for e in first] == [e.score for e in second]) is not has_marks
        assert all(e.score >= report["threshold"] for e in fitted.extract(SEEN[3].text, SHIP))


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, schema, out = tmp_path / "few.jsonl", tmp_path / "s.yaml", tmp_path / "ships"
    rows = [{"text": d.text, "entities": [e._asdict() for e in d.entities]} for d in SEEN]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    schema.write_text("vessel: Anything that carries cargo.\nperson: A human being.\n")
    given = ["--data", str(data), "--schema", str(schema), "--threads", "1"]
    assert run(["adapt", *given, "--out", str(out)]) == 0
    assert f"use it with --model {out}" in capsys.readouterr().out
    again = [*given, "--model", str(out), "--out", str(tmp_path / "set"), "--json"]
    assert run(["calibrate", *again]) == 0
    assert json.loads(capsys.readouterr().out)["marked"] is True
    assert SamNER(tmp_path / "set", threads=1).info.id == "set"
    assert run(["adapt", "--data", str(data), "--labels", "vessel", "--out", str(out)]) == 1
    assert "'person'" in capsys.readouterr().err
    data.write_text(json.dumps(rows[0]) + "\n")
    assert run(["adapt", *given, "--out", str(out)]) == 2
    assert "2 to 5000" in capsys.readouterr().err
