"""The page before a service that wants a key, has limits, or is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import answered, marked, opened, paste

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("fastapi")
httpx = pytest.importorskip("httpx")

from serving import THREADS, serving  # noqa: E402

pytestmark = [pytest.mark.extra, pytest.mark.model]

KEY = "page-test-key-0123456789"


def test_a_key_is_asked_for_and_kept_out_of_links(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, THREADS, KEY) as server, opened(browser, server.url) as page:
        assert marked(page) == []
        assert "API key" in page.locator("#problem").inner_text()
        page.locator("#key").fill("wrong-key-0123456789")
        page.keyboard.press("Enter")
        answered(page)
        assert page.locator("#problem").is_visible()
        page.locator("#key").fill(KEY)
        page.keyboard.press("Enter")
        page.wait_for_selector("#text mark")
        assert page.locator("#problem").is_hidden()
        assert page.locator("#schema option").count() > 10
        page.click("#copy-link")
        page.wait_for_selector("#said.seen")
        page.wait_for_timeout(150)
        assert KEY not in page.url
        assert KEY not in page.evaluate("JSON.stringify(localStorage)")
        assert "Voyager" not in server.log


def test_limits_and_faults_are_told_and_the_entities_stay(browser: Browser, tmp_path: Path) -> None:
    limits = (*THREADS, "--max-characters", "2000", "--max-labels", "11")
    with serving(tmp_path, limits) as server, opened(browser, server.url) as page:
        shown = marked(page)
        assert len(shown) > 10
        paste(page, "Paris. " * 400)
        assert "at most 2000 characters" in page.locator("#problem").inner_text()
        assert marked(page) == shown
        paste(page, "Ada Lovelace lived in London.")
        assert page.locator("#problem").is_hidden()
        assert [mention for mention, _ in marked(page)] == ["Ada Lovelace", "London"]
        page.locator("#types .name").nth(1).fill("musician")
        answered(page)
        assert "every label once" in page.locator("#problem").inner_text()
        page.locator("#types .name").nth(1).fill("scientist")
        answered(page)
        assert page.locator("#problem").is_hidden()
        server.process.kill()
        server.process.wait()
        paste(page, "Charles Babbage lived in London.")
        assert "cannot be reached" in page.locator("#problem").inner_text()


def test_stored_schemas_are_offered_and_a_lost_one_is_told(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, THREADS) as server:
        path = f"{server.url}/v1/schemas/team/people"
        assert httpx.put(path, json={"composer": "A person who writes music."}).status_code == 201
        with opened(browser, server.url) as page:
            page.select_option("#schema", "team/people")
            answered(page)
            assert "Johann Sebastian Bach" in dict(marked(page))
            assert {label for _, label in marked(page)} == {"composer"}
            shown = marked(page)
            page.select_option("#schema", "")
            answered(page)
            assert httpx.delete(path).status_code == 204
            page.select_option("#schema", "team/people")
            answered(page)
            assert "unknown" in page.locator("#problem").inner_text()
            assert page.locator("#schema").input_value() == ""
            assert marked(page) == shown
