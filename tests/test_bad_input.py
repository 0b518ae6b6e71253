"""Texts and types that nobody should send, and that somebody will."""

from __future__ import annotations

import json
import random
import string
import subprocess
import sys
from pathlib import Path

import pytest

from material import SENTENCE, TYPES
from samner import SamNER

pytestmark = pytest.mark.model
MARK = "\U000111c9"  # of a word to us, and punctuation to the tokenizer


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t\r\n", "\x00\x01\x7f", "\u200b\ufeff", "\ud800", "\ufffd" * 9]
)
def test_texts_with_nothing_in_them_have_no_entities(ner: SamNER, text: str) -> None:
    assert ner.extract(text, TYPES, threshold=0.0) == []
    assert ner.extract(text, None, threshold=0.0) == []
    assert ner.trace(text, TYPES).to_dict()["discovery"] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\ufeff", ""),
        ("\x00\x1b[31m ", "\x1b[0m"),
        ("\ud83d", "\ude00"),
        ("👩‍🔬🏴󠁧󠁢󠁥󠁮󠁧󠁿 ", " 👍🏽"),
        ("\u202eמשה\u202c ", " القاهرة"),
        ("e\u0301\u0302 ", " a\u0308"),
        ("\r\n\r\n", "\r\n"),
    ],
    ids=["BOM", "escapes", "surrogates", "emoji", "RTL", "marks", "CRLF"],
)
def test_what_stands_around_does_not_move_an_entity(ner: SamNER, before: str, after: str) -> None:
    text = f"{before}They say that Ada Lovelace lived in London.{after}"
    found = {e.text: e for e in ner.extract(text, TYPES, threshold=0.0, nested=True)}
    for name in ("Ada Lovelace", "London"):
        assert found[name].start == text.index(name)


def test_accents_may_be_composed_or_not(ner: SamNER) -> None:
    for name in ("Zoë Müller", "Zoe\u0308 Mu\u0308ller"):
        assert name in {e.text for e in ner.extract(f"I met {name} in Paris.", ["person"])}


@pytest.mark.parametrize(
    "name", ["perſon\ud800", "a\x00b", "\u200bperson", "人", "p" * 5000, "person\n- x: [y"]
)
def test_odd_labels_come_back_as_they_were(ner: SamNER, name: str, tmp_path: Path) -> None:
    types = {name: "A human being.", "city": "A town."}
    found = ner.extract(SENTENCE, types)
    assert {e.label for e in found} <= set(types)
    assert found[0].label == name
    assert SamNER(cache_dir=tmp_path).extract(SENTENCE, types) == found


def test_a_definition_of_ten_thousand_words_is_read_to_its_end(ner: SamNER) -> None:
    long = "A human being who is told of at length. " * 1200
    found = ner.extract(SENTENCE, {"person": long, "city": "A large town."})
    assert found[0].text == "Ada Lovelace"
    assert found[0].label == "person"
    other = ner.extract(SENTENCE, {"person": long + "Or a town.", "city": "A large town."})
    assert found[0].score != other[0].score


def test_many_labels(ner: SamNER) -> None:
    letters = random.Random(1)
    names = ["".join(letters.choices(string.ascii_lowercase, k=9)) for _ in range(300)]
    found = ner.extract(SENTENCE, [*names, *TYPES], threshold=0.0)
    assert {e.label for e in found} <= {*names, *TYPES}
    assert len(ner.compile([*names, *TYPES]).schema) == 304


def test_one_word_without_end(ner: SamNER) -> None:
    words = ["x" * 100_000, "東" * 3_000, "!" * 3_000, "กข" * 50_000, "a" + MARK * 2_000]
    text = " ".join(["Ada Lovelace lived in London.", *words])
    found = ner.extract(text, TYPES)
    assert found[0].text == "Ada Lovelace"
    assert all(text[e.start : e.end] == e.text for e in found)


MEASURE = f"""
import resource, sys
from samner import SamNER

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

ner = SamNER(cache_dir=False, threads=2)
types = {TYPES!r}
sentence = {SENTENCE!r} + " Nothing of the kind had been seen in that town before. "
ner.extract(sentence * 200, types)
before = peak()
text = sentence * (1_000_000 // len(sentence))
found = ner.extract(text, types)
assert all(text[e.start : e.end] == e.text for e in found)
assert sum(e.text == "Ada Lovelace" for e in found) > 0.9 * text.count("Ada Lovelace")
print((peak() - before) // 2**20)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")
def test_a_text_of_a_megabyte_in_bounded_memory() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, timeout=3000)
    assert done.stderr == ""
    assert int(done.stdout) < 150  # MB


@pytest.mark.slow
def test_a_line_of_ten_megabytes_through_the_command_line(tmp_path: Path) -> None:
    letters = random.Random(1)
    junk = " ".join("".join(letters.choices(string.ascii_letters, k=250)) for _ in range(40_000))
    plain = " ".join([SENTENCE] * 8)  # some passages' worth
    text = f"{plain} {junk} {plain}"
    assert len(text) > 10_000_000
    file = tmp_path / "line.txt"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", "from samner.cli import main; main()", "extract", str(file)]
    more = ["--labels", "person,city", "--format", "jsonl"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=3000, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["text"] == text
    assert all(text[e["start"] : e["end"]] == e["text"] for e in document["entities"])
    starts = [e["start"] for e in document["entities"] if e["text"] == "Ada Lovelace"]
    assert (starts[0], starts[-1]) == (0, text.rindex("Ada Lovelace"))
