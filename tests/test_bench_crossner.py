"""The CrossNER run on small files of the right number of sentences, with a gazetteer."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench_gazetteer import Gazetteer
from samner import SamNER
from samner.bench import crossner, frozen, looks, machine
from samner.bench.crossner_data import tasks
from samner.bench.datasets import DOMAINS, TEST_SENTENCES
from samner.bench.tables import print_crossner
from samner.errors import FormatError, InputError, SamnerError
from samner.schema import read_schema

SENTENCES = "New\tB-country\nGuinea\tI-country\nand\tO\nPeru\tB-country\nmet\tO\nStuff\tB-misc\n\nPeru\tO\n\n"
NER = Gazetteer({"New Guinea": ("country", 0.9), "Peru": ("country", 0.8)})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A dev part of two sentences a domain and a test part of the original size, most of it empty."""
    for domain in DOMAINS:
        (tmp_path / f"{domain}.dev.txt").write_text(SENTENCES)
        rest = "x\tO\n\n" * (TEST_SENTENCES[domain] - 2)
        (tmp_path / f"{domain}.test.txt").write_text(SENTENCES + rest)
    return tmp_path


@pytest.fixture
def frozen_schemas(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the schemas with hashes of its own, so that the test does not depend on the release's state."""
    folder = tmp_path_factory.mktemp("schemas")
    for domain in DOMAINS:
        (folder / f"{domain}.yaml").write_bytes((frozen.FOLDER / f"{domain}.yaml").read_bytes())
    frozen.freeze(folder)
    monkeypatch.setattr(frozen, "FOLDER", folder)
    return folder


def test_tasks_speak_the_names_of_the_schema(data: Path) -> None:
    for task in tasks(data, "dev"):
        assert {e.label for d in task.documents for e in d.entities} == {"country", task.catch_all}
        assert task.catch_all in task.full_schema.names
        assert task.catch_all not in task.schema.names
        assert {e.label for d in task.specific for e in d.entities} == {"country"}


def test_every_domain_schema_has_a_type_for_each_tag_of_the_original_data() -> None:
    tags = {"ai": 14, "literature": 12, "music": 13, "politics": 9, "science": 17}
    for domain in DOMAINS:
        file = read_schema(f"crossner/{domain}")
        assert len(file.schema) + 1 == tags[domain]
        assert all("gold" in about for about in file.type_about.values())


def test_a_tag_without_a_type_is_refused(data: Path) -> None:
    (data / "music.dev.txt").write_text("A\tB-planet\n")
    with pytest.raises(FormatError, match="'planet'"):
        tasks(data, "dev")


def test_figures_by_hand(data: Path) -> None:
    result = crossner.run(NER, data, part="dev")
    # a domain: gold 2 (the catch-all left out), said 3 (Peru of the second sentence is no country there), right 2
    assert result["strict"]["domains"] == dict.fromkeys(DOMAINS, pytest.approx(4 / 5))
    assert (
        result["strict"]["mean"] == result["paper"]["mean"] == result["span"]["mean"] == pytest.approx(4 / 5)
    )
    # offered and counted: gold 3
    assert (
        result["strict"]["mean_with_catch_all"]
        == result["paper"]["mean_with_catch_all"]
        == pytest.approx(4 / 6)
    )
    assert result["typing_accuracy"]["mean"] == 1.0
    assert result["details"]["ai"]["strict"] | {"f1": 0} == {
        "precision": pytest.approx(2 / 3), "recall": 1.0, "f1": 0, "right": 2, "predicted": 3, "gold": 2
    }  # fmt: skip
    low, high = result["strict"]["interval"]
    assert low <= result["strict"]["mean"] <= high
    assert result["sentences"] == 10
    assert result["sentences_per_second"] == pytest.approx(10 / result["seconds"])
    assert result["look"] == "not logged: not the test part"
    assert result["model"]["id"] == "gazetteer"
    json.dumps(result)


def test_without_the_catch_all_runs(data: Path) -> None:
    result = crossner.run(NER, data, part="dev", catch_all=False)
    assert result["strict"]["mean_with_catch_all"] is None
    assert result["strict"]["mean"] == pytest.approx(4 / 5)


def test_a_trial_takes_some_sentences_of_each_domain_from_all_over_its_file(data: Path) -> None:
    rows = "".join(f"w{n}\tO\n\n" for n in range(10))
    (data / "ai.dev.txt").write_text(rows)
    picked = tasks(data, "dev", 3)
    assert [len(task.documents) for task in picked] == [3, 2, 2, 2, 2]
    assert picked[0].texts == ["w0", "w3", "w6"]
    result = crossner.run(NER, data, part="dev", catch_all=False, sentences=1)
    assert result["sentences"] == 5
    assert result["options"]["sentences"] == 1
    out = io.StringIO()
    print_crossner(result, Console(file=out, width=160))
    assert "CrossNER dev, 1 sentences of each domain" in out.getvalue()


def test_ablation_row(data: Path) -> None:
    row = crossner.run(NER, data, part="dev", ablate=["-explorer"])["ablations"]["-explorer"]
    assert row["strict"]["mean"] == pytest.approx(2 / 4)  # New Guinea is gone
    assert row["difference"]["difference"] == pytest.approx(2 / 4 - 4 / 5)


def test_ablation_names() -> None:
    assert crossner.ablations(["all"]) == crossner.ABLATIONS
    assert crossner.ablations(["-consensus", " explorer", "consensus"]) == ("explorer", "consensus")
    with pytest.raises(InputError, match="'spelling'"):
        crossner.ablations(["spelling"])


def test_a_warm_up_batch_comes_before_each_timed_run(data: Path) -> None:
    ner = Gazetteer(NER.names)
    crossner.run(ner, data, part="dev", catch_all=False, batch_size=1)
    assert ner.asked == [1, 2] * 5


@pytest.mark.usefixtures("frozen_schemas")
def test_each_look_at_the_test_part_leaves_one_line(data: Path, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "looks.jsonl"
    first = crossner.run(NER, data, log=log, catch_all=False)
    crossner.run(NER, data, log=log, catch_all=False, ablate=["explorer"])
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["strict"] for line in lines] == [first["strict"]["mean"]] * 2
    assert [list(line["ablations"]) for line in lines] == [[], ["-explorer"]]
    assert set(lines[0]) >= {"time", "version", "commit", "dirty", "model", "options", "paper"}
    assert lines[0]["model"]["hash"] == NER.info.hash
    assert first["look"] == f"logged in {log}"


def test_a_look_outside_a_checkout_says_that_it_was_not_logged(
    data: Path, frozen_schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "checkout", lambda: None)
    assert "not logged" in crossner.run(NER, data, catch_all=False)["look"]


@pytest.mark.usefixtures("frozen_schemas")
def test_an_unwritable_log_stops_before_the_run(data: Path, tmp_path: Path) -> None:
    ner = Gazetteer(NER.names)
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match="log of looks"):
        crossner.run(ner, data, log=tmp_path / "file" / "looks.jsonl")
    assert ner.asked == []


def test_changed_definitions_refuse_the_test_part(data: Path, frozen_schemas: Path) -> None:
    with open(frozen_schemas / "music.yaml", "a") as file:
        file.write("# a better wording\n")
    ner = Gazetteer(NER.names)
    with pytest.raises(FormatError, match=r"changed: music\.yaml.*samner\.bench\.frozen"):
        crossner.run(ner, data)
    assert ner.asked == []


def test_unfrozen_definitions_refuse_the_test_part(data: Path, frozen_schemas: Path) -> None:
    (frozen_schemas / frozen.NAME).unlink()
    with pytest.raises(FormatError, match=r"found none.*samner\.bench\.frozen"):
        crossner.run(NER, data)


def test_freezing_is_refused_after_the_first_look_of_a_release(frozen_schemas: Path, tmp_path: Path) -> None:
    log = tmp_path / "looks.jsonl"
    log.write_text(json.dumps({"time": "2026-01-01", "version": "0.1.0"}) + "\n")
    with pytest.raises(SamnerError, match="raise the version"):
        frozen.freeze(frozen_schemas, log, "0.1.0")
    assert frozen.freeze(frozen_schemas, log, "0.2.0").is_file()


def test_the_checkout_knows_itself() -> None:
    here = machine.checkout()
    if here is None:
        pytest.skip("not run from a checkout")
    assert (here.root / "src" / "samner" / "bench").is_dir()
    assert len(here.commit) == 40


def test_release_is_the_one_of_pyproject() -> None:
    here = machine.checkout()
    if here is None:
        pytest.skip("not run from a checkout")
    assert f'version = "{machine.release()}"' in (here.root / "pyproject.toml").read_text()


@pytest.mark.model
def test_the_shipped_model_can_be_measured(data: Path) -> None:
    """What SamNER gives is what the bench asks for; no figure of a real benchmark is looked at here."""
    ner = SamNER()
    result = crossner.run(ner, data, part="dev", ablate=["all"])
    json.dumps(result)
    assert list(result["ablations"]) == [f"-{name}" for name in crossner.ABLATIONS]
    assert result["failures"] == {}
    assert result["model"]["hash"] == ner.info.hash
    assert result["thresholds"]
    assert 0 < result["typing_accuracy"]["mean"] <= result["typing_accuracy_forced"]["mean"] <= 1


def test_table(data: Path) -> None:
    out = io.StringIO()
    result = crossner.run(NER, data, part="dev", ablate=["explorer"])
    print_crossner(result, Console(file=out, width=140))
    text = out.getvalue()
    assert "strict, catch-all left out" in text
    assert "80.0" in text
    assert "strict, -explorer" in text
    assert "50.0" in text
