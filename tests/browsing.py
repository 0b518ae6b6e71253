"""A real Chromium for tests, without a window, and what tests ask of the page that the service shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from samner.types import Entity

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
# Faults of the page while it runs. Every test that opens a page ends with none of them.
_WATCH = """
window.faults = [];
window.long = [];
addEventListener("error", (e) => faults.push(e.message));
addEventListener("unhandledrejection", (e) => faults.push(String(e.reason)));
addEventListener("securitypolicyviolation", (e) => faults.push(`policy: ${e.violatedDirective}`));
new PerformanceObserver((list) => list.getEntries().forEach((e) => long.push(e.duration)))
  .observe({ type: "longtask", buffered: true });
"""
TEXT = """\
Angela Merkel met Emmanuel Macron in Paris, where the European Union had called a summit.

\tShe flew on to the University of Warsaw 🛫; Nokia's chief executive Pekka Lundmark stayed with the mayor of Paris.
"""
TYPES = {"person": "A named individual.", "organization": "A company or body.", "place": "A city or country."}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, or a skipped test that says how to get one."""
    program = os.environ.get("SAMNER_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in SAMNER_CHROMIUM")
    api = pytest.importorskip(
        "playwright.sync_api", reason="no Playwright here: pip install 'samner[browser]'"
    )
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str, fragment: str = "", **context: Any) -> Iterator[Page]:
    """The page at `url` in a browser that knows nothing of earlier ones, its first answer drawn."""
    visit = browser.new_context(**{**DESK, "permissions": ["clipboard-read", "clipboard-write"], **context})
    page = visit.new_page()
    page.add_init_script(_WATCH)
    page.goto(f"{url}/{fragment}")
    answered(page)
    yield page
    assert page.evaluate("faults") == []
    visit.close()


def answered(page: Page) -> None:
    """Wait until every question is answered and drawn."""
    page.wait_for_timeout(50)
    page.wait_for_selector(".sheet:not(.waiting)", timeout=600_000)
    page.wait_for_timeout(100)


def paste(page: Page, text: str) -> None:
    """Paste a text on the page, outside its fields."""
    page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }""",
        text,
    )
    answered(page)


def marked(page: Page) -> list[tuple[str, str]]:
    """Mention and label of every entity drawn, in order."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll("#text mark")].map((mark) => {
          const copy = mark.cloneNode(true);
          const tags = [...copy.querySelectorAll(".tag")];
          const label = tags.at(-1).textContent;
          tags.forEach((tag) => tag.remove());
          return [copy.textContent, label];
        })"""
    )
    return [(mention, label) for mention, label in rows]


def drawn_text(page: Page) -> str:
    """The text as it is drawn, without the labels."""
    text: str = page.evaluate(
        """() => [...document.querySelectorAll("#text .line")].map((line) => {
          const copy = line.cloneNode(true);
          copy.querySelectorAll(".tag").forEach((tag) => tag.remove());
          return copy.textContent;
        }).join("\\n")"""
    )
    return text


def slide(page: Page, threshold: float) -> None:
    """Move the threshold as a hand would: an input event."""
    page.evaluate(
        """(value) => {
          const slider = document.getElementById("threshold");
          slider.value = value;
          slider.dispatchEvent(new Event("input"));
        }""",
        threshold,
    )
    page.wait_for_timeout(150)


def use(page: Page, types: dict[str, str]) -> None:
    """Replace the types: paste a list of them into the name of an empty one."""
    page.select_option("#schema", "*")
    page.click("#add")
    lines = "\n".join(f"{name}: {definition}" for name, definition in types.items())
    page.evaluate(
        """(lines) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", lines);
          const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
          document.querySelector("#types .name").dispatchEvent(paste);
        }""",
        lines,
    )
    answered(page)


def pairs(entities: list[Entity]) -> list[tuple[str, str]]:
    return [(e.text, e.label) for e in entities]
