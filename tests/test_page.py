"""The page of the service in a real browser: what it shows is what the model says."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from browsing import PHONE, TEXT, TYPES, answered, drawn_text, marked, opened, pairs, slide

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

    from samner import SamNER

pytestmark = [pytest.mark.extra, pytest.mark.model]


def test_entities_are_those_of_the_model(page: Page, ner: SamNER) -> None:
    expected = ner.extract(TEXT, TYPES)
    assert len(expected) >= 5
    assert marked(page) == pairs(expected)
    assert drawn_text(page) == TEXT
    counts = page.locator("#legend button b").all_inner_texts()
    assert sum(map(int, counts)) == len(expected)
    assert f"{len(expected)} entities" in page.locator("#state").inner_text()


def test_dials_ask_nobody(page: Page, ner: SamNER) -> None:
    asked: list[Request] = []
    page.context.on("request", lambda request: asked.append(request))
    for threshold in (0.05, 0.4, 0.75, 0.95):
        slide(page, threshold)
        assert marked(page) == pairs(ner.extract(TEXT, TYPES, threshold=threshold))
    slide(page, 0.02)
    page.check("#nested")
    page.wait_for_timeout(150)
    nested = ner.extract(TEXT, TYPES, threshold=0.02, nested=True)
    assert len(nested) > len(ner.extract(TEXT, TYPES, threshold=0.02))
    assert marked(page) == pairs(nested)
    page.click("#threshold-reset")
    page.uncheck("#nested")
    page.wait_for_timeout(150)
    assert marked(page) == pairs(ner.extract(TEXT, TYPES))
    assert asked == []


def test_stages_of_an_entity_are_those_of_the_trace(page: Page, ner: SamNER) -> None:
    trace = ner.trace(TEXT, TYPES)
    entity = trace.entities[0]
    (found,) = [row for row in trace.discovery if row["start"] == entity.start and row["end"] == entity.end]
    (judged,) = [
        row for row in trace.calibration if row["start"] == entity.start and row["end"] == entity.end
    ]
    page.locator("#text mark").first.hover()
    page.wait_for_selector(".stage")
    discovery, mediation, calibration = page.locator(".stage").all()
    assert page.locator("#stages h2").inner_text() == entity.text
    assert f"characters {entity.start}–{entity.end}" in page.locator("#stages").inner_text()
    assert found["why"] in discovery.inner_text()
    assert set(discovery.locator(".name").all_inner_texts()) == set(found["sources"])
    assert mediation.locator(".name").first.inner_text() == entity.archetype.replace("_", " ")
    assert mediation.locator("li").count() == 15
    best = sorted(judged["candidates"], key=lambda row: -row["score"])
    assert calibration.locator(".name").all_inner_texts() == [row["label"] for row in best]
    assert calibration.locator(".value").first.inner_text() == f"{best[0]['score']:.2f}"
    assert f"Comes out as {entity.label}" in calibration.inner_text()


def test_keys_lead_through_the_entities(page: Page) -> None:
    page.locator("#missed").focus()
    for _ in range(page.locator("#legend button").count() + 1):
        page.keyboard.press("Tab")
    mentions = [mention for mention, _ in marked(page)]
    heading = page.locator("#stages h2")
    heading.wait_for()
    assert heading.inner_text() == mentions[0]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.wait_for_timeout(150)
    assert heading.inner_text() == mentions[2]
    page.keyboard.press("Enter")
    page.wait_for_timeout(150)
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.keyboard.press("Escape")
    assert mentions[2] in page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert page.locator(".stage").count() == 0


def test_an_edited_definition_shows_what_it_changed(page: Page, ner: SamNER) -> None:
    before = marked(page)
    edited = {**TYPES, "head of state": "A president or a chancellor."}
    del edited["person"]
    page.locator("#types .name").first.fill("head of state")
    page.locator("#types .definition").first.fill(edited["head of state"])
    answered(page)
    now = [(e.text, e.label) for e in ner.extract(TEXT, edited)]
    assert set(now) != set(before)
    changed = page.locator("#changes .sign").all_inner_texts()
    page.locator("#changes summary").click()
    items = page.locator("#changes li").all_inner_texts()
    assert len(changed) == len(items) > 0
    retyped = [item for item in items if "retyped" in item]
    assert any("Angela Merkel" in item and "person" in item and "head of state" in item for item in retyped)
    page.click("#undo")
    answered(page)
    assert marked(page) == before
    assert page.locator("#changes").is_hidden()


def test_a_removed_entity_tells_why(page: Page, ner: SamNER) -> None:
    before = pairs(ner.extract(TEXT, TYPES))
    page.get_by_role("button", name="Remove place").click()
    answered(page)
    left = pairs(ner.extract(TEXT, {name: TYPES[name] for name in ("person", "organization")}))
    assert ("Paris", "place") in before
    assert "Paris" not in dict(left)
    assert marked(page) == left
    page.locator(".mark.gone .tag").first.focus()
    page.wait_for_selector(".stage")
    assert "Removed by your edit; it was place." in page.locator("#stages").inner_text()
    page.click("#keep")
    page.wait_for_timeout(150)
    assert page.locator(".mark.gone").count() == 0


def test_the_dial_tells_the_threshold_that_applies(page: Page, ner: SamNER) -> None:
    said = page.locator("#threshold-said")
    typed, untyped = ner.info.thresholds["default"], ner.every_threshold
    assert typed != untyped
    assert said.inner_text() == f"{typed:.2f} default"
    for name in TYPES:
        page.get_by_role("button", name=f"Remove {name}").click()
    answered(page)
    assert said.inner_text() == f"{untyped:.2f} default"
    page.click("#undo")
    answered(page)
    assert said.inner_text() == f"{typed:.2f} default"


def test_a_built_in_schema_and_no_schema(page: Page, ner: SamNER) -> None:
    page.select_option("#schema", "news")
    answered(page)
    assert marked(page) == pairs(ner.extract(TEXT, "news"))
    page.select_option("#schema", "*")
    answered(page)
    assert marked(page) == pairs(ner.extract(TEXT, None))
    slide(page, 0.9)
    assert marked(page) == pairs(ner.extract(TEXT, None, threshold=0.9))


def test_editing_keeps_the_marks_under_the_letters(page: Page) -> None:
    page.click("#edit")
    page.wait_for_timeout(200)
    sizes = page.evaluate(
        "['text', 'source'].map((id) => document.getElementById(id)).map((e) => [e.clientWidth, e.scrollHeight])"
    )
    assert sizes[0] == sizes[1]
    page.keyboard.press("Control+Home")
    page.keyboard.type("Barack Obama, ")
    assert marked(page)[0][0] == "Angela Merkel"  # at once, before any answer
    answered(page)
    assert marked(page)[0][0] == "Barack Obama"
    page.keyboard.press("Escape")
    assert page.locator("#source").is_hidden()


def test_the_last_question_wins(page: Page) -> None:
    """An answer that comes late, to an older text, is dropped."""
    held: list[Any] = []

    from playwright.sync_api import Error

    def hold(route: Any) -> None:
        if "Helsinki" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.context.route("**/v1/extract", hold)
    page.evaluate("document.querySelector('#edit').click()")
    with page.context.expect_event("request", lambda request: "Helsinki" in (request.post_data or "")):
        page.locator("#source").fill("She lives in Helsinki.")
    page.locator("#source").fill("She lives in Madrid.")
    answered(page)
    assert marked(page) == [("Madrid", "place")]
    (late,) = held
    with suppress(Error):  # the page may have given the question up
        late.continue_()
    page.wait_for_timeout(1000)
    assert marked(page) == [("Madrid", "place")]
    page.context.unroute("**/v1/extract")


def test_a_phone_has_room(browser: Browser, site: str) -> None:
    with opened(browser, site, **PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        mark = page.locator("#text mark").nth(6)
        mark.tap()
        page.wait_for_selector(".stage")
        page.wait_for_timeout(200)
        sheet, place = page.locator("#aside").bounding_box(), mark.bounding_box()
        assert sheet is not None
        assert place is not None
        assert sheet["y"] + sheet["height"] == pytest.approx(740, abs=1)
        assert 0 < place["y"] < place["y"] + place["height"] < sheet["y"]
        page.locator("#close").tap()
        assert page.locator("#aside").is_hidden()
        page.locator("#panel summary").tap()
        page.locator("#types .name").first.fill("a very long name of a type that has no end " * 3)
        answered(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
