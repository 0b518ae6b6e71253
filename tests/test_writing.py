"""Each format, exactly, and what each does with hostile text and overlaps."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, strategies as st

from samner.errors import InputError
from samner.offsets import clean
from samner.types import Document, Entity, Span
from samner.writing import FORMATS, Sink, open_writer
from samner.writing.base import flat

ADA = Document("Ada Lovelace wrote to Charles Babbage.", "ada")
LOVELACE = Entity.of(
    ADA, Span(0, 12), "mathematician", 0.9, archetype="person", sources=("anchor", "explorer")
)
BABBAGE = Entity.of(
    ADA, Span(22, 37), "engineer", 0.75, archetype="person", alternatives=(("mathematician", 0.2),)
)
ONLY_ADA = Entity.of(ADA, Span(0, 3), "given name", 0.6)


def write(format: str, *rows: tuple[Document, Sequence[Entity]], trace: dict[str, Any] | None = None) -> str:
    return write_and_reports(format, *rows, trace=trace)[0]


def write_and_reports(
    format: str, *rows: tuple[Document, Sequence[Entity]], trace: dict[str, Any] | None = None
) -> tuple[str, list[str]]:
    out = io.StringIO()
    reports: list[str] = []
    writer = open_writer(format, Sink(out, reports.append, {"person": "#FFD84D"}))
    for document, entities in rows:
        writer.write(document, entities, trace)
    writer.close()
    return out.getvalue(), reports


@st.composite
def marked_documents(draw: st.DrawFn) -> tuple[Document, list[Entity]]:
    text = draw(
        st.text(
            st.one_of(st.characters(exclude_categories=()), st.sampled_from("[]()\\<>&\"' \n\x1b")),
            min_size=1,
        )
    )
    document = Document(text, draw(st.none() | st.text()))
    entities = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text) - 1))
        span = Span(start, draw(st.integers(start + 1, len(text))))
        score = draw(st.floats(0, 1))
        entities.append(
            Entity.of(document, span, draw(st.text(min_size=1)), score, archetype=draw(st.text()))
        )
    return document, entities


def test_unknown_formats_are_named_with_a_remedy() -> None:
    with pytest.raises(InputError, match="'jsonlines'; did you mean 'jsonl'"):
        open_writer("jsonlines", Sink(io.StringIO(), print))


def test_jsonl_is_exact() -> None:
    (line,) = write("jsonl", (ADA, [LOVELACE])).splitlines()
    assert json.loads(line) == {
        "id": "ada",
        "text": ADA.text,
        "entities": [
            {
                "start": 0,
                "end": 12,
                "text": "Ada Lovelace",
                "label": "mathematician",
                "score": 0.9,
                "archetype": "person",
                "sources": ["anchor", "explorer"],
                "alternatives": [],
            }
        ],
    }


def test_jsonl_gives_token_offsets_for_tokens_and_carries_the_trace() -> None:
    document = Document.from_tokens(["Ada", "Lovelace", "wrote"])
    entity = Entity.of(document, Span(0, 12), "person", 0.5)
    row = json.loads(write("jsonl", (document, [entity]), trace={"text": "x"}))
    assert row["entities"][0]["first_token"] == 0
    assert row["entities"][0]["last_token"] == 2
    assert row["id"] is None
    assert row["trace"] == {"text": "x"}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_an_array_of_the_same_objects(count: int) -> None:
    rows = [(ADA, [LOVELACE, BABBAGE])] * count
    lines = write("jsonl", *rows).splitlines()
    assert json.loads(write("json", *rows)) == [json.loads(line) for line in lines]


@given(marked_documents())
def test_jsonl_round_trips_any_text_on_one_utf8_line(row: tuple[Document, list[Entity]]) -> None:
    document, entities = row
    out = write("jsonl", row)
    out.encode("utf-8")
    assert out.count("\n") == 1
    back = json.loads(out)
    # Two lone surrogates side by side are one character to any JSON reader, so compare what UTF-16 would hold.
    assert back["text"].encode("utf-16", "surrogatepass") == document.text.encode("utf-16", "surrogatepass")
    assert [e["start"] for e in back["entities"]] == [e.start for e in entities]


def test_conll_is_exact() -> None:
    assert write("conll", (ADA, [BABBAGE, LOVELACE]), (Document("x"), [])) == (
        "Ada\tB-mathematician\nLovelace\tI-mathematician\nwrote\tO\nto\tO\n"
        "Charles\tB-engineer\nBabbage\tI-engineer\n.\tO\n\nx\tO\n\n"
    )


def test_conll_keeps_the_users_tokens() -> None:
    document = Document.from_tokens(["U.S.", "New York", "a\tb"])
    entity = Entity.of(document, Span(5, 13), "big\ncity", 0.5)
    assert write("conll", (document, [entity])) == "U.S.\tO\nNew York\tB-big city\na b\tO\n\n"


def test_markup_is_exact() -> None:
    text, label = r"A [b] \c (d)", r"x) \y"
    document = Document(text)
    entity = Entity.of(document, Span(2, 5), label, 0.5)
    assert write("markup", (document, [entity]), (ADA, [LOVELACE])) == (
        r"A [\[b\]](x\) \\y) \\c (d)" + "\n\n[Ada Lovelace](mathematician) wrote to Charles Babbage.\n"
    )


def parse_markup(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The inverse of markup, by the rules that its module states."""
    text, spans, at, start = "", [], 0, 0
    while at < len(marked):
        char = marked[at]
        if char == "\\":
            at += 1
            text += marked[at]
        elif char == "[":
            start = len(text)
        elif char == "]":
            at += 2
            label = ""
            while marked[at] != ")":
                at += marked[at] == "\\"
                label += marked[at]
                at += 1
            spans.append((start, len(text), label))
        else:
            text += char
        at += 1
    return text, spans


@given(marked_documents())
def test_markup_round_trips(row: tuple[Document, list[Entity]]) -> None:
    document, entities = row
    kept, _ = flat(entities)
    text, spans = parse_markup(write("markup", row)[:-1])
    assert text == clean(document.text)
    assert spans == [(e.start, e.end, clean(e.label)) for e in kept]


@pytest.mark.parametrize("format", ["conll", "markup"])
def test_flat_formats_keep_the_best_and_report_the_rest(format: str) -> None:
    out, reports = write_and_reports(format, (ADA, [ONLY_ADA, LOVELACE, BABBAGE]))
    assert "given name" not in out
    assert "mathematician" in out
    assert "engineer" in out
    (report,) = reports
    assert report.startswith(f"{format} cannot hold overlaps: left out 1 of ada: 'Ada' (given name)")


@given(marked_documents())
def test_flat_keeps_a_maximal_set_without_overlaps(row: tuple[Document, list[Entity]]) -> None:
    kept, left_out = flat(row[1])
    assert len(kept) + len(left_out) == len(row[1])
    assert all(a.end <= b.start for a, b in zip(kept, kept[1:]))  # noqa: B905, RUF007
    for entity in left_out:
        assert any(entity.span.overlaps(other.span) and other.score >= entity.score for other in kept)


class Page(HTMLParser):
    """Collects the text, the marks, and any tag that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.marks: list[tuple[int, str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)
        if tag == "mark":
            self.marks.append((len(self.text), dict(attrs)["title"] or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "p" in self.open and "small" not in self.open:
            self.text += data


@given(marked_documents())
def test_html_nests_properly_and_shows_the_text_alone(row: tuple[Document, list[Entity]]) -> None:
    page = Page()
    out = write("html", row)
    out.encode("utf-8")
    page.feed(out)
    page.close()
    assert page.open == []
    assert page.text == clean(row[0].text)
    known = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "article",
        "h2",
        "p",
        "mark",
        "small",
        "div",
        "span",
    }
    assert page.tags <= known
    assert {start for start, _ in page.marks} >= {entity.start for entity in row[1]}


def test_html_shows_colours_legend_tooltips_and_nesting() -> None:
    out = write("html", (ADA, [ONLY_ADA, LOVELACE]))
    person, misc = (
        f'data-kind="{name}" style="--kind:{colour}"'
        for name, colour in (("person", "#FFD84D"), ("misc", "#D5D5D5"))
    )
    mark = f'<mark class="mark" {person} title="mathematician · person · 90% · anchor + explorer">'
    inner = f'<mark class="mark" {misc} title="given name · misc · 60%">Ada'
    assert f'{mark}{inner}<small class="tag">given name</small></mark> Lovelace<small class="tag">' in out
    assert f"<span {person}>person</span>" in out
    assert f"<span {misc}>misc</span>" in out


def test_html_escapes_everything() -> None:
    evil = '<script>alert("x")</script>'
    document = Document(evil, evil)
    out = write(
        "html", (document, [Entity.of(document, Span(0, 8), evil, 0.5, archetype=evil, sources=(evil,))])
    )
    assert "<script" not in out


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_takes_any_text(format: str) -> None:
    text = "a\x1b[31m[red]b[/red] \ud800\x00 \u202e<b>"
    document = Document(text, text)
    entity = Entity.of(document, Span(2, 9), text, 0.5)
    out = write(format, (document, [entity]), (Document(""), []))
    out.encode("utf-8")
    assert "\x1b" not in out
    if format not in ("html", "json", "jsonl"):
        assert "red" in out


TRACE = {
    "text": ADA.text,
    "discovery": [
        {
            "start": 0,
            "end": 12,
            "text": "Ada Lovelace",
            "sources": {"anchor": 0.9},
            "kept": True,
            "why": "anchor",
        },
        {
            "start": 13,
            "end": 18,
            "text": "wrote",
            "sources": {"explorer": 0.3},
            "kept": False,
            "why": "one word",
        },
    ],
    "mediation": [
        {"start": 0, "end": 12, "text": "Ada Lovelace", "archetypes": {"person": 0.97, "misc": 0.02}}
    ],
    "calibration": [
        {
            "start": 0,
            "end": 12,
            "text": "Ada Lovelace",
            "candidates": [
                {"label": "mathematician", "score": 0.91, "match": 2.5, "prior": -0.5, "agreement": 0.25},
                {"label": "engineer", "score": 0.05, "match": -1.0, "prior": 0.5, "agreement": 0.25},
            ],
            "label": "mathematician",
            "score": 0.91,
            "decision": "accepted",
        }
    ],
}


def test_the_table_shows_entities_and_the_three_stages() -> None:
    out = write("table", (ADA, [LOVELACE, BABBAGE]), trace=TRACE)
    lines = out.splitlines()
    assert lines[0] == "ada"
    assert lines[1].replace("┃", "").split() == ["text", "label", "archetype", "score", "start", "end"]
    assert lines[3].replace("│", "").split() == [
        "Ada",
        "Lovelace",
        "mathematician",
        "person",
        "0.90",
        "0",
        "12",
    ]
    for shown in (
        "1 discovery",
        "anchor 0.90",
        "one word",
        "2 mediation",
        "person 0.97",
        "3 calibration",
        "accepted",
    ):
        assert shown in out
    assert "mathematician: 0.91 (+2.50, -0.50, +0.25)" in out


def test_a_table_of_nothing_says_so() -> None:
    assert write("table", (Document("x"), [])) == "no entities\n"
