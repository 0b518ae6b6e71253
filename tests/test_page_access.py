"""The page for everybody: axe-core's rules, contrast of every archetype, targets that a finger can hit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from browsing import DESK, PHONE, answered, opened, slide
from samner.archetypes import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.extra, pytest.mark.model]

axe_core = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="no axe-core here: pip install 'samner[browser]'"
)
LOOKS = [{**device, "color_scheme": scheme} for device, scheme in product((DESK, PHONE), ("light", "dark"))]


@pytest.fixture(params=LOOKS, ids=["desk-light", "desk-dark", "phone-light", "phone-dark"])
def page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    # axe-core is put into the page from outside, which the page's own policy rightly forbids.
    with opened(browser, site, bypass_csp=True, **request.param) as shown:
        yield shown


def faults(page: Page) -> list[str]:
    page.wait_for_timeout(200)  # past every transition
    found: list[dict[str, Any]] = axe_core.Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:200]} {node['failureSummary']}" for v in found for node in v["nodes"]]


def test_no_violation_at_first(page: Page) -> None:
    assert faults(page) == []


def test_no_violation_with_everything_open(page: Page) -> None:
    page.locator("#panel").evaluate("(panel) => { panel.open = true; }")
    page.locator("#missed").check()
    page.locator("#nested").check()
    slide(page, 0.1)
    page.locator("#types .definition").first.fill("A person who sings.")
    page.locator("#types .name").nth(8).fill("story")
    answered(page)
    page.locator("#changes summary").click()
    page.locator("#legend button").first.click()
    page.locator("#text .tag").first.focus()
    page.wait_for_selector(".stage")
    for more in page.locator(".stage summary").all():
        more.evaluate("(summary) => { summary.parentElement.open = true; }")
    assert page.locator("#changes li").count() > 0
    assert faults(page) == []


def test_no_violation_while_editing_and_in_trouble(page: Page) -> None:
    page.locator("#edit").click()
    page.context.route("**/v1/extract", lambda route: route.fulfill(status=401, json={}))
    page.locator("#source").fill("Another text.")
    page.wait_for_selector("#problem:not([hidden])")
    assert page.locator("#key-form").is_visible()
    assert faults(page) == []
    page.context.unroute("**/v1/extract")


# Contrast as WCAG 2 has it, from the colours that the browser computes.
RATIO = """(kinds) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const line = document.querySelector("#text .line");
  return kinds.map((kind) => {
    const mark = document.createElement("mark");
    mark.className = "mark";
    mark.dataset.kind = kind;
    const tag = document.createElement("button");
    tag.className = "tag";
    const bar = document.createElement("span");
    bar.className = "fill";
    mark.append("x", tag, bar);
    line.append(mark);
    const style = (element) => getComputedStyle(element);
    const paper = style(document.querySelector(".sheet")).backgroundColor;
    const found = {
      kind,
      text: ratio(style(mark).color, style(mark).backgroundColor),
      tag: ratio(style(tag).color, style(mark).backgroundColor),
      bar: ratio(style(bar).backgroundColor, paper),
      ground: style(mark).backgroundColor,
    };
    mark.remove();
    return found;
  });
}"""


def test_every_archetype_can_be_read(page: Page) -> None:
    found = page.evaluate(RATIO, [archetype.name for archetype in load()])
    low = [
        row for row in found if row["text"] < 7 or row["tag"] < 4.5 or row["bar"] < 3
    ]  # AAA for the text itself, AA for its labels, 3 for what is drawn
    assert low == []
    assert len({row["ground"] for row in found}) == len(found)


def test_targets_are_large_enough(page: Page) -> None:
    """24 pixels, as WCAG 2.2 asks; buttons within a line of text are exempt."""
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, summary, input, label.check")]
          .filter((one) => one.checkVisibility() && !one.matches(".tag, .check input"))
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => box.height < 23.5 || box.width < 23.5)
          .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""
    )
    assert small == []
