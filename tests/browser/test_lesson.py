"""A lesson from the first look to the last step, driven as a reader drives it; most of it by keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from server.lesson.catalog import discover
from tests.browser.conftest import OpenedPage, PageOpener, opener

LESSONS = [slug for slug, lesson in discover().items() if not lesson.actions]


def tab_to(this: OpenedPage, selector: str, most: int = 200) -> None:
    """Presses Tab until the element has the focus; it must be reachable."""
    for _ in range(most):
        if this.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        this.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


def answered(slug: str, lang: str = "en") -> str:
    """The address of a lesson whose question has been answered: its run is on screen."""
    return f"/{lang}/lessons/{slug}?guess={discover()[slug].right}"


def drawn(this: OpenedPage) -> None:
    """Waits until what was just asked for is drawn."""
    this.drawn()


def press(this: OpenedPage, key: str) -> None:
    """Presses a key and waits until the page has drawn what it asks for."""
    this.page.keyboard.press(key)
    drawn(this)


def addressed(this: OpenedPage) -> None:
    """Waits until the address, which is written a little later than the picture is drawn, names this instant."""
    drawn(this)
    scrub_us = int(this.page.input_value("#scrub"))
    this.page.wait_for_url(
        lambda url: any(abs(int(t) / 1000 - scrub_us) <= 1 for t in parse_qs(urlsplit(url).query).get("t", []))
    )


def least_work(page: Page | Frame) -> None:
    """Where a reader may choose how much the next run computes: as little as may be."""
    page.eval_on_selector_all("#run-form [name=millions]", "all => all.forEach(each => { each.value = each.min })")


def run(this: OpenedPage) -> dict[str, Any]:
    """Presses Run with the keyboard, waits for the end, and returns the run as the API tells it."""
    least_work(this.page)
    tab_to(this, ".go")
    this.page.keyboard.press("Enter")
    this.page.wait_for_selector("#run[data-run]")
    address = this.page.get_attribute("#run", "data-run")
    this.page.wait_for_selector("#run:is([data-status=finished], [data-status=failed])")
    origin = this.page.evaluate("location.origin")
    answer = httpx.get(f"{origin}/api/runs/{address}").json()
    assert isinstance(answer, dict)
    assert answer["status"] == "finished", answer
    return answer


@dataclass(frozen=True)
class Ran:
    """A page whose reader has guessed and made a run of a lesson, and the run as the API tells it."""

    slug: str
    guess: str | None
    this: OpenedPage
    run: dict[str, Any]


def by_keyboard(fresh_page: PageOpener, slug: str, lang: str) -> Ran:
    """Opens a lesson, answers its question and runs it, all by the keyboard."""
    this = fresh_page(f"/{lang}/lessons/{slug}", size=(1280, 720))
    page = this.page
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("document.documentElement.hasAttribute('data-veil')")
    tab_to(this, "[data-guess]")
    page.keyboard.press("Enter")
    guess = page.get_attribute("[data-guess][aria-current]", "data-guess")
    ended = run(this)
    page.evaluate("document.activeElement.blur()")
    return Ran(slug, guess, this, ended)


@pytest.fixture(scope="module", params=LESSONS)
def ran(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Ran]:
    """One run of each lesson for all tests that look at what it has left on the page."""
    with opener(chromium, site) as fresh_page:
        yield by_keyboard(fresh_page, request.param, "en")


def goes_on_by_keyboard(ran: Ran) -> None:
    """What a reader without a mouse finds once the run is over: the verdict, the player, every step."""
    this, page = ran.this, ran.this.page
    assert ran.run["status"] == "finished"
    assert page.get_attribute("#proof", "data-verdict") == "proved"
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("guess") == [ran.guess])
    page.wait_for_selector("#because:not([hidden])")

    press(this, "Home")
    start = page.input_value("#scrub")
    press(this, "ArrowRight")
    press(this, "ArrowRight")
    forward = page.text_content("#clock")
    press(this, "ArrowRight")
    press(this, "ArrowLeft")
    assert page.text_content("#clock") == forward
    press(this, "Home")
    assert page.input_value("#scrub") == start

    steps = page.eval_on_selector_all(".step", "all => all.map(e => e.id)")
    for _ in steps[1:]:
        press(this, "PageDown")
    assert page.evaluate("document.querySelector('.step[data-current]').id") == steps[-1]
    assert this.axe() == []


@pytest.mark.parametrize("slug", LESSONS)
def test_the_whole_lesson_by_keyboard_alone_in_chinese(fresh_page: PageOpener, slug: str) -> None:
    goes_on_by_keyboard(by_keyboard(fresh_page, slug, "zh"))


def test_every_claim_that_held_is_ticked_at_the_end(ran: Ran) -> None:
    ticked = {claim.name for claim in discover()[ran.slug].claims if claim.kind == "asserted"}
    held = {claim["claim"] for claim in ran.run["claims"] if claim["kind"] == "claim.held"} & ticked
    assert held
    press(ran.this, "End")
    shown = ran.this.page.eval_on_selector_all("[data-claim][data-held=yes]", "all => all.map(e => e.dataset.claim)")
    assert held <= set(shown)


def test_the_address_reproduces_the_screen(ran: Ran, fresh_page: PageOpener) -> None:
    this = ran.this
    press(this, "Home")
    for _ in range(5):
        press(this, "ArrowRight")
    addressed(this)
    clock = this.page.text_content("#clock")
    again = fresh_page("/" + this.page.url.split("/", 3)[3])
    again.page.wait_for_selector("html[data-ready]")
    expect(again.page.locator("#clock")).to_have_text(str(clock))


def test_the_whole_lesson_by_keyboard_alone_in_english(ran: Ran) -> None:
    """Last of those that share the page: it leaves the lesson at its last step."""
    goes_on_by_keyboard(ran)


def test_a_run_that_is_refused_says_so_in_the_form(fresh_page: PageOpener) -> None:
    this = fresh_page(answered(LESSONS[0]))
    this.page.wait_for_selector("html[data-ready]")
    this.page.eval_on_selector("#run-form [name=preset]", "e => { e.value = 'no-such-preset' }")
    this.page.click(".go")
    this.page.wait_for_selector("#run .error")
    assert "no-such-preset" not in (this.page.text_content("#run .error") or "")
    # the refusal itself is the one thing that went wrong, and the browser logs it as such
    assert all("422" in trouble for trouble in this.trouble)
    this.trouble.clear()


def test_an_embed_in_a_sandbox_plays_its_recording(fresh_page: PageOpener, site: str, tmp_path: Path) -> None:
    host = tmp_path / "slides.html"
    source = f"{site}/embed/en/{LESSONS[0]}?guess=skip"
    host.write_text(f'<iframe src="{source}" width="720" height="480" sandbox="allow-scripts"></iframe>')
    this = fresh_page(host.as_uri())
    inner = this.page.frame_locator("iframe")
    inner.locator("html[data-ready]").wait_for()
    before = str(inner.locator("#clock").text_content())
    inner.locator("[data-do=next]").click()
    expect(inner.locator("#clock")).not_to_have_text(before)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_caption_names_what_the_log_has_shown_up_to_the_playhead(shared_page: PageOpener, lang: str) -> None:
    this = shared_page(answered("concurrency-parallelism", lang))
    this.page.wait_for_selector("html[data-ready]")
    labels = json.loads(this.page.text_content("#page") or "")["labels"]
    captions = {key.removeprefix("caption."): words for key, words in labels.items() if key.startswith("caption.")}
    press(this, "Home")
    expect(this.page.locator("#caption")).to_have_text("")
    seen = []
    for claim, words in captions.items():  # each at the instant that shows its claim
        seek = this.page.locator(f"[data-claim='{claim}'] .claim-seek:not([hidden])").first
        if seek.count():
            seek.dispatch_event("click")
            drawn(this)
            seen.append((this.page.text_content("#caption"), words))
    assert seen
    assert all(shown == words for shown, words in seen)


def test_what_an_earlier_trial_has_shown_is_no_caption_of_this_one(shared_page: PageOpener) -> None:
    """The playhead is at the spinning thread; that the blocking one of the trial before slept is not about it."""
    this = shared_page(answered("blocking"))
    this.page.wait_for_selector("html[data-ready]")
    drawn(this)
    expect(this.page.locator("#clock")).to_contain_text("spinning")
    expect(this.page.locator("#caption")).to_have_text("")


def test_the_matrix_has_the_calls_of_the_recording_on_screen(shared_page: PageOpener) -> None:
    """Another recording may be as long in versions as the one before it."""
    this = shared_page(answered("blocking"))
    this.page.wait_for_selector("html[data-ready]")
    steps = [scene.step for scene in discover()["blocking"].scenes]
    for _ in range(steps.index("matrix")):
        this.page.locator(".pager [data-turn='1']").first.click()
        drawn(this)
    expect(this.page.locator(".matrix-cell.awake strong")).to_have_text(["cached", "given to a pool"])
