"""A server below a path of somebody else's site: a lesson runs there, and so does its embed in a page beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page

from server.lesson.catalog import discover
from tests.browser.conftest import opener
from tests.browser.proxy import ROOT, shown_below
from tests.browser.test_lesson import answered, least_work

SLUG = "concurrency-parallelism"
OVER = "#run:is([data-status=finished], [data-status=failed])"


def run(page: Page | Frame) -> None:
    page.wait_for_selector("html[data-ready]")
    least_work(page)
    page.locator("#run-form .go").click()
    assert page.wait_for_selector(OVER).get_attribute("data-status") == "finished"  # type: ignore[union-attr]


@pytest.mark.parametrize("keeps", [False, True], ids=["stripped", "kept"])
def test_a_lesson_runs_stops_and_turns_its_pages_below_a_path(chromium: Browser, keeps: bool) -> None:
    """Nothing that it asks for is missing: the proxy answers 404 to whatever lies outside."""
    with shown_below(keeps) as public, opener(chromium, public) as fresh_page:
        page = fresh_page(answered(SLUG)).page
        run(page)
        page.wait_for_selector("#proof[data-verdict=proved]")
        page.keyboard.press("PageDown")
        page.locator("[data-language]").click()
        page.wait_for_url(f"{public}/zh/lessons/{SLUG}*")
        page.wait_for_selector("html[data-ready]")
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["value"], cookie["path"]) == ("lang", "zh", ROOT)
        assert page.goto(public).url == f"{public}/zh/"  # type: ignore[union-attr]
        page.goto(f"{public}/zh/lessons/{SLUG}")
        page.wait_for_selector("html[data-ready]")
        page.keyboard.press("p")
        page.wait_for_selector("html.presenting")


def test_an_embed_runs_below_a_path(chromium: Browser, tmp_path: Path) -> None:
    with shown_below(keeps=False) as public, opener(chromium, public) as fresh_page:
        host = tmp_path / "host.html"
        host.write_text(
            f'<!doctype html><meta charset="utf-8"><script type="module" src="{public}/embed.js"></script>'
            f'<time-slice lesson="{SLUG}" lang="en" guess="{discover()[SLUG].right}"></time-slice>'
        )
        page = fresh_page(host.as_uri()).page
        page.wait_for_selector("iframe")
        frame = page.frames[1]
        frame.wait_for_url(f"{public}/embed/en/{SLUG}*")
        run(frame)
