"""A run answered somewhere else: the same bytes are asked, stage by stage, and the replies give the same result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_rules import Rules, mentions
from samner import FormatError, LLMUse, SamNER
from samner.cli.main import run
from samner.llms import LLMSettings
from samner.llms.offline import OfflineLLM, add_replies, prompt_id, write_prompts
from samner.ports import Prompt, Reply

pytestmark = pytest.mark.model
TYPES = {"chancellor": "Who leads a government.", "capital": "A town.", "party": "A political party."}
TEXTS = ["Angela Merkel met a friend of the CDU in Berlin.", "Berlin was cold.", "Nothing here."]
ANSWERS = {"Angela Merkel": "chancellor", "Berlin": "capital", "CDU": "party"}
PROMPT = Prompt("system", "user", {"type": "object"}, "calibrate/1")


def answer(prompt: Prompt) -> str:
    if prompt.version.startswith(("anchor", "explorer")):
        return json.dumps({"mentions": [m for m in ANSWERS if m in prompt.user]})
    table = dict.fromkeys(ANSWERS, "person") if prompt.version.startswith("archetype") else ANSWERS
    otherwise = "misc" if prompt.version.startswith("archetype") else "none"
    return json.dumps({s: table.get(m, otherwise) for s, m in mentions(prompt).items()})


def replied(folder: Path, out: Path) -> int:
    """Answer the newest exported prompts, as somebody with a model would."""
    newest = max(folder.glob("prompts-*.jsonl"))
    rows = [json.loads(row) for row in newest.read_text("utf-8").splitlines()]
    with out.open("w", encoding="utf-8") as file:
        for row in rows:
            asked = Prompt(row["prompt"]["system"], row["prompt"]["user"], row["answer"], row["version"])
            assert prompt_id(asked) == row["id"]
            file.write(json.dumps({"id": row["id"], "reply": answer(asked)}) + "\n")
    return len(rows)


@pytest.mark.extra
def test_stage_by_stage_to_the_result_of_a_run_that_was_answered_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rapidfuzz", reason="needs the extra llm")
    texts, schema, folder = tmp_path / "in.jsonl", tmp_path / "types.json", tmp_path / "off"
    texts.write_text("".join(json.dumps({"text": t, "id": str(n)}) + "\n" for n, t in enumerate(TEXTS)))
    schema.write_text(json.dumps(TYPES))
    export = ["llm", "export-prompts", str(folder), str(texts), "--schema", str(schema), "--engine", "llm"]
    stages = []
    while True:
        assert run(export) == 0
        said = capsys.readouterr().out
        if "nothing is left" in said:
            break
        stages.append(said.rsplit(": ", 1)[1].strip())
        count = replied(folder, tmp_path / "replies.jsonl")
        assert run(["llm", "import-replies", str(folder), str(tmp_path / "replies.jsonl")]) == 0
        assert f"{count} replies taken, 0 prompts still without one" in capsys.readouterr().out
    assert [row.split(" of ")[1] for row in stages] == ["stage 1", "stage 2", "stage 3"]
    assert stages[0].startswith("6 prompts")  # an anchor and an explorer for each text
    offline = ["--engine", "llm", "--llm", "offline", "--llm-model", str(folder), "--no-cache"]
    assert run(["extract", str(texts), "--schema", str(schema), "-f", "jsonl", *offline]) == 0
    out, err = capsys.readouterr()
    direct = SamNER(engine="llm", llm=Rules(answer), cache_dir=False)
    for line, expected in zip(out.splitlines(), direct.extract_batch(TEXTS, TYPES), strict=True):
        body = json.loads(line)
        assert body["entities"] == [e.to_dict() for e in expected]
        assert body["metadata"]["llm"].startswith("offline off ")
    assert "0 requests" in err
    assert "got no answer" not in err


def test_the_prompts_are_the_same_bytes_as_those_that_a_live_run_asks(tmp_path: Path) -> None:
    live, offline = Rules(answer), OfflineLLM(LLMSettings(backend="offline", model=str(tmp_path)))
    for llm in (live, offline):
        SamNER(engine="hybrid", llm=llm, use=LLMUse(gate=None), cache_dir=False).extract_batch(TEXTS, TYPES)
    assert {prompt_id(p): p for p in live.asked} == offline.missing


def test_eval_and_crossner_can_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"text": TEXTS[1], "entities": [{"start": 0, "end": 6, "label": "capital"}]}))
    labels = ["--labels", "capital,party"]
    folder = tmp_path / "off"
    assert run(["llm", "export-prompts", str(folder), "--gold", str(gold), *labels, "--gate", "1"]) == 0
    assert "prompts of stage 3" in capsys.readouterr().out
    replied(folder, tmp_path / "replies.jsonl")
    assert run(["llm", "import-replies", str(folder), str(tmp_path / "replies.jsonl")]) == 0
    offline = ["--engine", "hybrid", "--llm", "offline", "--llm-model", str(folder), "--gate", "1"]
    assert run(["eval", str(gold), *labels, "--json", "--no-cache", *offline]) == 0
    report = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert report["f1"] == report["typing_accuracy"] == 1.0
    assert run(["llm", "export-prompts", str(folder), *labels]) == 2
    assert "expected texts, --gold or --crossner" in capsys.readouterr().err


def exported(folder: Path) -> str:
    write_prompts(folder, 3, [PROMPT, PROMPT])
    return prompt_id(PROMPT)


def test_replies_are_taken_line_by_line_and_an_object_is_as_good_as_its_text(tmp_path: Path) -> None:
    id, file = exported(tmp_path), tmp_path / "r.jsonl"
    file.write_text(json.dumps({"id": id, "reply": {"s1": "none"}}) + "\n\n")
    assert add_replies(tmp_path, file) == (1, 0)
    file.write_text(json.dumps({"id": id, "reply": "later", "prompt": {"system": "system", "user": "user"}}))
    assert add_replies(tmp_path, file) == (1, 0)
    llm = OfflineLLM(LLMSettings(backend="offline", model=str(tmp_path)))
    (reply,) = llm.ask([PROMPT])
    assert isinstance(reply, Reply)
    assert (reply.text, reply.usage.requests, reply.usage.from_cache) == ("later", 0, 1)
    (lost,) = llm.ask([Prompt("s", "other", {}, "calibrate/1")])
    assert isinstance(lost, Exception)
    assert "none in" in str(lost)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "unknown", "reply": "x"}', "the id of an exported prompt"),
        ('{"id": ["x"], "reply": "x"}', "the id of an exported prompt"),
        ('{"id": "ID", "reply": 3}', "a reply as a string or an object"),
        ('{"id": "ID"}', "a reply as a string or an object"),
        (
            '{"id": "ID", "reply": "x", "prompt": {"system": "system", "user": "changed"}}',
            "as it was exported",
        ),
        ("{", "a JSON object"),
        ("[]", "a JSON object"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_taken(tmp_path: Path, line: str, told: str) -> None:
    id, file = exported(tmp_path), tmp_path / "r.jsonl"
    good = json.dumps({"id": id, "reply": "x"})
    file.write_text(good + "\n" + line.replace('"ID"', f'"{id}"'))
    with pytest.raises(FormatError, match=f"{told}.*r.jsonl.*2"):
        add_replies(tmp_path, file)
    assert not (tmp_path / "replies.jsonl").exists()


def test_without_exported_prompts_there_is_nothing_to_reply_to(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text("")
    with pytest.raises(FormatError, match="exported prompts in"):
        add_replies(tmp_path, tmp_path / "r.jsonl")
