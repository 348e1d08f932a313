"""The one way a run starts, in a lesson and in an embed as it is published; whatever answers, the form stays usable."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.test_lesson import least_work

SLUG = "concurrency-parallelism"
PAGES = [f"/{kind}/{SLUG}" for kind in ("en/lessons", "embed/en", "zh/lessons", "embed/zh")]
PROXY = "<html><body><h1>502 Bad Gateway</h1><form></form></body></html>"
PROBLEM = json.dumps({"title": "no", "status": 0, "detail": "raw"})
ANSWERS = {
    "403": (403, PROBLEM, {}, "TIMESLICE_PUBLIC_URL"), "404": (404, PROXY, {}, ""), "409": (409, PROBLEM, {}, ""),
    "413": (413, PROBLEM, {}, ""), "429": (429, PROBLEM, {"Retry-After": "17"}, "17"), "500": (500, PROBLEM, {}, "500"),
    "502": (502, PROXY, {}, "502"), "503": (503, "", {}, "503"), "504": (504, PROXY, {}, "504"),
    "a captive portal": (200, PROXY, {}, "200"), "no answer": (0, "", {}, ""),
}  # fmt: skip


def opened(fresh_page: PageOpener, path: str) -> OpenedPage:
    this = fresh_page(path)
    this.page.wait_for_selector("html[data-ready]")
    return this


def finished(page: Page | Frame) -> None:
    """Presses Run, and waits for the end of the run that starts."""
    least_work(page)
    page.locator("#run-form .go").click()
    expect(page.locator("#run")).to_have_attribute("data-status", "finished")
    expect(page.locator("#run-form .go")).to_be_enabled()


def answering(status: int, body: str, headers: dict[str, str]) -> Callable[[Route], None]:
    """What answers in the server's place; status 0: nothing does."""

    def answer(route: Route) -> None:
        if status:
            route.fulfill(status=status, body=body, headers=headers, content_type="text/html")
        else:
            route.abort("connectionreset")

    return answer


@pytest.mark.parametrize("path", PAGES)
def test_whatever_answers_is_a_sentence_and_the_form_starts_a_run_afterwards(fresh_page: PageOpener, path: str) -> None:
    this = opened(fresh_page, f"{path}?t=0")
    for status, body, headers, said in ANSWERS.values():
        this.page.route("**/run", answering(status, body, headers))
        this.page.locator("#run-form .go").click()
        alert = this.page.locator("#run [role=alert]")
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text(said)
        expect(alert).not_to_contain_text("raw")
        expect(this.page.locator("#run-form .go")).to_be_enabled()
        expect(this.page.locator("#status")).to_have_text("")
        this.page.unroute("**/run")
    this.trouble.clear()  # the browser logs each of them
    finished(this.page)
    expect(this.page.locator("#run [role=alert]")).to_have_count(0)


def test_the_buttons_of_the_text_and_the_enter_key_start_a_run_on_the_same_path(fresh_page: PageOpener) -> None:
    this = opened(fresh_page, f"/en/lessons/{SLUG}?t=0")
    least_work(this.page)
    this.page.locator("#run-form .go").hover()
    this.page.wait_for_function("() => 'htmx' in window")
    this.page.click("[data-open=share]")
    this.page.click("#share [data-close]")  # a form of its own: it closes the dialog and starts nothing
    expect(this.page.locator("#share")).to_be_hidden()
    with this.page.expect_request("**/run") as asked:
        this.page.eval_on_selector("#run-form", "form => form.requestSubmit()")
    assert asked.value.headers["hx-request"] == "true"
    expect(this.page.locator("#run")).to_have_attribute("data-status", "finished")


def test_the_published_snippet_runs_in_chromium(fresh_page: PageOpener, tmp_path: Path) -> None:
    page = opened(fresh_page, f"/en/lessons/{SLUG}?t=0").page
    host = tmp_path / "course.html"
    host.write_text(page.locator("#embed textarea").input_value())
    this = fresh_page(host.as_uri())
    frame = this.page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    frame.locator("[data-guess]").first.click()  # it asks first, as the lesson does
    finished(frame)


def test_without_an_origin_the_lesson_opens_in_a_tab_of_its_own(
    fresh_page: PageOpener, site: str, tmp_path: Path
) -> None:
    host = tmp_path / "strict.html"
    host.write_text(f'<iframe src="{site}/embed/en/{SLUG}?guess=skip" sandbox="allow-scripts allow-popups"></iframe>')
    this = fresh_page(host.as_uri())
    frame = this.page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    with this.page.context.expect_page() as tab:
        frame.locator("#run-form .go").click()
    assert tab.value.url.endswith(f"/en/lessons/{SLUG}")
    assert "data-run" not in str(frame.locator("#run").evaluate("run => run.outerHTML"))


@pytest.mark.parametrize(
    ("lang", "place", "lacks"),
    [("en", "position 3; it should start in about 40 s", "Other runs have used up"), ("zh", "第3位，大约40秒", "配额")],
)
def test_a_run_that_waits_says_its_place_its_estimate_and_what_it_lacks_as_they_change(
    fresh_page: PageOpener, lang: str, place: str, lacks: str
) -> None:
    this = opened(fresh_page, f"/{lang}/lessons/{SLUG}?t=0")
    said = [{"place": 9, "estimate_s": 75, "pages": 1}, {"place": 3, "estimate_s": 40, "pages": 1, "why": "quota"}]
    body = "".join(f"event: queue\ndata: {json.dumps(each)}\n\n" for each in said)
    this.page.route("**/events*", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    least_work(this.page)
    this.page.locator("#run-form .go").click()
    words = this.page.locator("#run p").first
    expect(words).to_contain_text(place)
    expect(words).to_contain_text(lacks)
    this.page.unroute("**/events*")
    expect(this.page.locator("#run")).to_have_attribute("data-status", "finished")
    expect(words).not_to_contain_text(lacks)
