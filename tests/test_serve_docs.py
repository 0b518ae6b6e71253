"""The API's description at /docs in a real Chromium: it works under the service's own rules, and asks no other host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("fastapi")

from serving import THREADS, serving

pytestmark = [pytest.mark.extra, pytest.mark.model]


def test_it_shows_every_route_and_tries_one(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, THREADS) as server:
        page = browser.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{server.url}/docs")
        page.wait_for_selector(".opblock", timeout=60_000)
        paths = page.locator(".opblock-summary-path").all_inner_texts()
        page.click("#operations-extraction-extract_v1_extract_post .opblock-summary-control")
        page.click(".try-out__btn")
        page.click(".execute")
        page.wait_for_selector(".live-responses-table .response-col_status", timeout=60_000)
        status = page.locator(".live-responses-table .response-col_status").last.inner_text()
        page.close()
    assert {path.replace("\u200b", "") for path in paths} >= {
        "/v1/extract",
        "/v1/stream",
        "/v1/schemas/{name}",
    }
    assert status.startswith("200")
    assert said == []
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert hosts == {urlsplit(server.url).netloc}
