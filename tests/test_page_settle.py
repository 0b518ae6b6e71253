"""Thresholds and overlaps in the page's own code and in the package's give the same entities."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from browsing import opened
from samner.calibration import Limits, settle
from samner.options import Options
from samner.types import Entity, EntityType, Schema

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.extra

USUAL = 0.3
SCORES = [0.05, 0.2, 0.3, 0.30001, 0.5, 0.5, 0.9]  # some of them equal, some at a threshold
PAGE_CODE = """async ({ cases, usual }) => {
  const { limits, settle } = await import("/page/settle.js");
  return cases.map(({ spans, types, threshold, nested }) =>
    settle(spans, limits(types, usual, threshold), nested).map((span) => span.n));
}"""


def case(rng: random.Random) -> tuple[list[Entity], Schema, Options]:
    types = [EntityType(name, threshold=rng.choice([None, 0.0, 0.4])) for name in "abc"]
    places = {(start := rng.randrange(20), start + rng.randint(1, 8)) for _ in range(rng.randrange(16))}
    entities = [
        Entity(start, end, "x" * (end - start), rng.choice("abc"), rng.choice(SCORES))
        for start, end in sorted(places)
    ]
    options = Options(threshold=rng.choice([None, 0.0, 0.3, 0.7, 1.0]), nested=rng.random() < 0.5)
    return entities, Schema(tuple(types)), options


def test_the_same_entities_come_out(browser: Browser, site: str) -> None:
    rng = random.Random(7)
    cases = [case(rng) for _ in range(2000)]
    asked: list[dict[str, Any]] = []
    for entities, schema, options in cases:
        spans = [{**e.to_dict(), "n": n, "others": []} for n, e in enumerate(entities)]
        types = [{"name": t.name, "threshold": t.threshold} for t in schema]
        asked.append(
            {"spans": spans, "types": types, "threshold": options.threshold, "nested": options.nested}
        )
    with opened(browser, site, bypass_csp=True) as page:
        given = page.evaluate(PAGE_CODE, {"cases": asked, "usual": USUAL})
    kept = 0
    for (entities, schema, options), numbers in zip(cases, given, strict=True):
        expected = settle(entities, Limits(schema, USUAL, options), options)
        assert [entities[n] for n in numbers] == expected
        kept += len(expected)
    assert kept > 2000  # neither side may pass by letting nothing out


def test_equal_scores_go_by_place_and_name(browser: Browser, site: str) -> None:
    first = Entity(0, 4, "aaaa", "b", 0.5)
    rivals = [
        first,
        replace(first, label="a"),
        replace(first, start=2, end=6),
        replace(first, end=3, text="aaa"),
    ]
    spans = [{**e.to_dict(), "n": n, "others": []} for n, e in enumerate(rivals)]
    with opened(browser, site, bypass_csp=True) as page:
        case = {"spans": spans, "types": None, "threshold": None, "nested": False}
        ((number,),) = page.evaluate(PAGE_CODE, {"cases": [case], "usual": USUAL})
    assert [rivals[number]] == settle(rivals, Limits(None, USUAL, Options()), Options())
