"""The page's reading of a trace, with and without a language model that moves and adds spans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from browsing import opened
from llm_rules import Rules, Switch, mentions
from samner import LLMUse, SamNER
from samner.ports import Prompt
from samner.trace import Trace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.extra, pytest.mark.model]

TYPES = {"person": "A named human being.", "city": "A town.", "drink": "Something to drink."}
TEXT = "👩‍🚀 Angela Merkel drank Earl Grey tea in Berlin."
PAGE_CODE = """async ({ text, result, typed, types, usual }) => {
  const [{ rowsOf, brief }, { limits, settle }] = await Promise.all(
    ["rows", "settle"].map((name) => import(`/page/${name}.js`)));
  const rows = rowsOf(result, typed);
  const taken = settle(brief(text, rows, types), limits(types, usual, null), false);
  return taken.map((span) => [text.slice(span.start, span.end), span.label, span.archetype, rows[span.n]]);
}"""


def read(
    browser: Browser, site: str, trace: Trace, usual: float, typed: bool = True, types: Any = None
) -> list[Any]:
    """The entities as the page has them: mention, label, archetype, and all that it shows of each."""
    stages = trace.to_dict()
    result = {"entities": stages.pop("entities"), "trace": stages}
    with opened(browser, site, bypass_csp=True) as page:
        asked = {"text": trace.text, "result": result, "typed": typed, "types": types, "usual": usual}
        rows: list[Any] = page.evaluate(PAGE_CODE, asked)
    return rows


@pytest.mark.parametrize("typed", [True, False])
def test_offsets_behind_an_emoji(browser: Browser, site: str, ner: SamNER, typed: bool) -> None:
    trace = ner.trace(TEXT, TYPES if typed else None)
    usual = ner.info.thresholds["default"] if typed else ner.every_threshold
    rows = read(browser, site, trace, usual, typed)
    assert [row[:3] for row in rows] == [[e.text, e.label, e.archetype] for e in trace.entities]
    assert len(rows) >= 2


def test_a_second_label_where_the_best_fails_its_own_threshold(
    browser: Browser, site: str, ner: SamNER
) -> None:
    usual = ner.info.thresholds["default"]
    plain = ner.extract(TEXT, list(TYPES))
    strict = [
        {"name": name, "threshold": 1.0 if name == plain[0].label else 0.0 if name == "drink" else None}
        for name in TYPES
    ]
    trace = ner.trace(TEXT, strict)
    assert (plain[0].text, "drink") in [(e.text, e.label) for e in trace.entities]
    rows = read(browser, site, trace, usual, types=strict)
    assert [row[:3] for row in rows] == [[e.text, e.label, e.archetype] for e in trace.entities]


def test_spans_that_a_language_model_moved_or_added(browser: Browser, site: str) -> None:
    switch = Switch()
    llm = SamNER(engine="hybrid", llm=switch, use=LLMUse(gate=None, repair=True), cache_dir=False, threads=2)
    first = llm.trace(TEXT, TYPES)
    words = {row["text"] for row in first.discovery}
    assert "Earl Grey tea" not in words

    def rule(prompt: Prompt) -> str:
        tokens = next(json.loads(r)["tokens"] for r in prompt.user.splitlines() if '"tokens"' in r)
        at = {token.partition(" ")[2]: n for n, token in enumerate(tokens)}
        tea = {"type": "drink", "first": at["Earl"], "last": at["tea"]}
        none = {"type": "none", "first": 0, "last": 0}
        rows = {s: tea if "Grey" in m else none for s, m in mentions(prompt).items()}
        return json.dumps(rows | {"missed": [] if tea in rows.values() else [tea]})

    switch.now = Rules(rule)
    trace = llm.trace(TEXT, TYPES)
    assert [e.text for e in trace.entities] == ["Earl Grey tea"]
    ((mention, label, archetype, row),) = read(browser, site, trace, llm.info.thresholds["default"])
    assert (mention, label, archetype) == ("Earl Grey tea", "drink", trace.entities[0].archetype)
    assert {"moved", "added"} & {note["event"] for note in row["notes"]}
    assert "language model" in row["why"]
