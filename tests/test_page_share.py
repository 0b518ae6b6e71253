"""What leaves the page and what comes into it: copies, links, reloads, hostile texts, other hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import samner
from browsing import TEXT, TYPES, answered, drawn_text, marked, opened, paste, slide, use
from samner.formats import table
from samner.formats.base import Notes
from samner.types import Document, Failure
from samner.writing.base import to_json

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]

ROOT = Path(samner.__file__).parent
PAGE = ROOT / "serve" / "page"


def copied(page: Page, form: str) -> str:
    page.click(f"#copy-{form}")
    page.wait_for_selector("#said.seen")
    page.wait_for_timeout(150)
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_copies_are_the_entities(page: Page, ner: SamNER, tmp_path: Path) -> None:
    slide(page, 0.3)
    expected = ner.extract(TEXT, TYPES, threshold=0.3)
    assert json.loads(copied(page, "json")) == json.loads(to_json(Document(TEXT), expected, None))
    rows, text = tmp_path / "rows.csv", tmp_path / "text.txt"
    rows.write_text(copied(page, "csv"), encoding="utf-8")
    text.write_text(TEXT, encoding="utf-8")
    (read,) = table.read(rows, Notes(), text)
    assert not isinstance(read, Failure)
    assert [(m.start, m.end, m.label, m.archetype) for m in read.mentions] == [
        (e.start, e.end, e.label, e.archetype) for e in expected
    ]
    program = tmp_path / "snippet.py"
    program.write_text(copied(page, "python"), encoding="utf-8")
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        f"{e.start} {e.end} {e.text} -> {e.label} {e.score:.2f}" for e in expected
    ]


def test_a_link_holds_the_state_and_no_server_sees_it(page: Page, browser: Browser, site: str) -> None:
    slide(page, 0.3)
    page.check("#nested")
    link = copied(page, "link")
    asked: list[str] = []
    with opened(browser, site, link.removeprefix(f"{site}/")) as other:
        other.context.on("request", lambda request: asked.append(request.url))
        assert marked(other) == marked(page)
        assert other.locator("#nested").is_checked()
        assert other.locator("#threshold").input_value() == "0.3"
        assert [n.input_value() for n in other.locator("#types .name").all()] == list(TYPES)
        slide(other, 0.5)
        assert "#" not in other.url  # an address that no longer tells what is shown
        other.reload()
        answered(other)
        assert other.locator("#threshold").input_value() == "0.5"
        assert drawn_text(other) == TEXT
    assert all("#" not in url and "Merkel" not in url for url in asked)


@pytest.mark.parametrize("fragment", ["#v1.AAAA", "#v1.%%%", "#v1.", "#v1." + "A" * 5000])
def test_a_damaged_link_is_told(browser: Browser, site: str, fragment: str) -> None:
    with opened(browser, site, fragment) as page:
        assert "damaged" in page.locator("#said").inner_text()
        assert page.locator("mark").count() > 0


def test_a_reload_loses_nothing(page: Page) -> None:
    before = marked(page)
    page.reload()
    answered(page)
    assert marked(page) == before


def test_hostile_text_and_types_stay_text(browser: Browser, site: str) -> None:
    evil = '<img src=x onerror="window.pwned=1"> Angela Merkel </div><script>window.pwned=1</script> in Paris ‮abc'
    with opened(browser, site) as page:
        use(page, {"<b>person</b>": "<script>window.pwned=1</script>", '"><svg onload=pwned=1>': "A city."})
        paste(page, evil)
        assert drawn_text(page) == evil
        page.locator("#missed").check()
        page.locator("#text .tag").first.focus()
        page.wait_for_selector(".stage")
        assert page.evaluate("typeof window.pwned") == "undefined"
        assert page.locator("main img, main svg, main script, .tag b").count() == 0


def test_everything_comes_from_here(browser: Browser, site: str) -> None:
    asked: list[str] = []
    browser_context = browser.new_context()
    browser_context.on("request", lambda request: asked.append(request.url))
    shown = browser_context.new_page()
    shown.goto(site)
    answered(shown)
    browser_context.close()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(site)] == []
    assert sum(file.stat().st_size for file in [*PAGE.rglob("*"), ROOT / "writing" / "colours.css"]) < 100_000
    for file in PAGE.glob("*.js"):
        source = file.read_text(encoding="utf-8")
        assert not any(way in source for way in ("innerHTML", "outerHTML", "insertAdjacent", "eval(")), file
