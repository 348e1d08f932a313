"""Presenting: slides that fit, a lesson by PageDown alone with run and recall, keys, and the notes window."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from server.lesson.catalog import discover
from server.text.labels import LANGS
from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.slides import fitted, go, measured
from tests.browser.test_lesson import drawn

SLUG = "concurrency-parallelism"
COUNT = re.compile(r"(\d+) / (\d+)")


def opened(
    fresh_page: PageOpener, slug: str = SLUG, query: str = "present=1", lang: str = "en", **how: object
) -> OpenedPage:
    this = fresh_page(f"/{lang}/lessons/{slug}?{query}", **how)
    fitted(this.page)
    return this


def place(page: Page) -> tuple[int, int]:
    """Number of the slide on screen, and how many there are."""
    found = COUNT.fullmatch(page.inner_text(".slide-count").strip())
    assert found is not None
    return int(found[1]), int(found[2])


def pressed(page: Page, key: str) -> str:
    """Presses a key that leads to another slide; the slide's name."""
    before = place(page)[0]
    page.keyboard.press(key)
    page.wait_for_function("n => !document.querySelector('.slide-count').textContent.startsWith(`${n} /`)", arg=before)
    return fitted(page)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", list(discover()))
def test_every_slide_fits_a_small_screen(fresh_page: PageOpener, slug: str, lang: str) -> None:
    """The two hardest sizes, one a language; benchmarks/slides.py measures all six in both."""
    size = (1024, 600) if lang == "zh" else (1024, 768)
    page = opened(fresh_page, slug, "present=all", lang, size=size).page
    count = place(page)[1]
    wrong = [f"{name}: {each}" for name, _, found in measured(page, count, (size,)) for each in found]
    assert wrong == []


HEIGHTS = """[...document.querySelectorAll('.slide-inner .view')].filter(e => e.checkVisibility()).map(e =>
  [e.dataset.view, e.clientHeight, ...[...e.querySelectorAll('canvas')].map(c => c.height)].join(" "))"""


@pytest.mark.parametrize("slug", ["concurrency-parallelism", "states"])
def test_a_slide_looks_the_same_wherever_one_came_from(fresh_page: PageOpener, slug: str) -> None:
    """Forth and back: the pictures of the slide before leave no trace in the room of the next ones."""
    page = opened(fresh_page, slug, "present=all").page
    name, forth, back = go(page, 3), {}, {}
    while not name.startswith("recall"):
        forth[name] = page.evaluate(HEIGHTS)
        name = pressed(page, "ArrowRight")
    while place(page)[0] > 3:
        name = pressed(page, "ArrowLeft")
        back[name] = page.evaluate(HEIGHTS)
    assert len(back) > 3
    assert {each: forth[each] for each in back} == back


def test_slides_grow_with_the_screen(fresh_page: PageOpener) -> None:
    page = opened(fresh_page, query="present=1&step=rule").page
    for width, height in ((1366, 768), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        fitted(page)
        high = page.eval_on_selector(".slide", "e => e.getBoundingClientRect().height")
        assert high == pytest.approx(height, abs=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_slides_are_accessible(fresh_page: PageOpener, theme: str) -> None:
    this = opened(fresh_page, theme=theme)
    for number in (1, 2, 3, 4, place(this.page)[1]):
        go(this.page, number)
        assert this.axe() == []


def test_a_whole_lesson_by_page_down_and_b_alone_run_and_recall_included(fresh_page: PageOpener) -> None:
    this = opened(fresh_page)
    page = this.page
    assert page.is_visible(".slide-answer")
    assert pressed(page, "PageDown") == ".run"
    assert not page.evaluate("document.documentElement.hasAttribute('data-veil')")
    page.keyboard.press("PageDown")
    page.wait_for_selector("#run[data-status=finished]", state="attached", timeout=60_000)
    page.keyboard.press("b")
    assert page.is_visible(".slide-black")
    page.keyboard.press("b")
    assert not page.is_visible(".slide-black")
    assert pressed(page, "PageDown") == ".verdict"
    assert "run=" in page.url
    names = []
    while place(page)[0] < place(page)[1]:
        names.append(pressed(page, "PageDown"))
        if names[-1].startswith("recall"):
            assert not page.is_visible(".slide-reveal")
            page.keyboard.press("PageDown")
            page.wait_for_selector(".slide-reveal")
            fitted(page)
            expect(page).not_to_have_url(re.compile("[?&]run="))  # its answer is the recording's, and so is its picture
    assert [each for each in names if each.startswith("recall")] == ["recall.1", "recall.2", "recall.3", "recall.4"]
    page.keyboard.press("PageDown")
    page.wait_for_url("**/lessons/*?present=1*")
    page.wait_for_function(
        "() => location.pathname.indexOf('concurrency') < 0 && document.documentElement.dataset.fitted"
    )
    assert place(page)[0] == 1


@pytest.mark.parametrize("can_run", [True, False])
def test_the_slide_of_the_run_says_the_same_wherever_one_came_from(fresh_page: PageOpener, can_run: bool) -> None:
    """Nothing of the recording that is on screen, but why no run can be started."""
    this = opened(fresh_page, query="present=1&slide=.run")
    page = this.page
    assert page.text_content(".slide-status") == ""
    if not can_run:
        page.evaluate("document.querySelector('#run-form .go').disabled = true")
    for key in ("PageDown", "PageUp") if not can_run else ("PageUp", "PageDown"):
        pressed(page, key)
    expected = "" if can_run else page.text_content("#run > p")
    assert page.text_content(".slide-status") == expected
    assert can_run or expected


def test_without_facts_the_recording_goes_on(fresh_page: PageOpener) -> None:
    """The start is never answered, as by a server that hangs; the page's clock is the test's."""
    this = opened(fresh_page, query="present=1&slide=.run")
    page = this.page
    page.clock.install()
    held: list[Route] = []  # an answer that does not come
    page.route("**/run", lambda route: held.append(route))
    page.keyboard.press("PageDown")
    page.clock.run_for(4_000)
    page.keyboard.press("PageDown")
    assert place(page)[0] == 2
    page.clock.run_for(2_000)
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('.slide-count').textContent.startsWith('3 /')")
    page.clock.run_for(2_000)
    fitted(page)
    assert page.is_visible(".slide-right")
    assert len(held) == 1
    held[0].abort()
    page.wait_for_selector("#run .error", state="attached")
    drawn(this)
    this.trouble.clear()


def test_answers_numbers_all_slides_and_the_way_out(fresh_page: PageOpener) -> None:
    page = opened(fresh_page).page
    page.keyboard.press("2")
    assert page.get_attribute(".slide-answer[aria-pressed=true]", "data-pick") == list(discover()[SLUG].answers)[1]
    few = place(page)[1]
    page.keyboard.press("a")
    fitted(page)
    assert place(page)[1] > few
    name = go(page, 4)
    page.reload()
    assert fitted(page) == name
    assert pressed(page, "Home") == "guess"
    pressed(page, "End")
    page.keyboard.press("?")
    assert page.is_visible(".deck-help")
    page.keyboard.press("Escape")
    assert not page.is_visible(".deck-help")
    page.keyboard.press("Escape")
    expect(page.locator("#deck")).to_have_count(0)
    assert page.is_visible("#player")
    assert "present" not in page.url
    page.keyboard.press("p")
    fitted(page)


def test_single_key_shortcuts_off_keeps_the_clicker(fresh_page: PageOpener) -> None:
    page = opened(fresh_page, query="present=1&step=rule").page
    page.evaluate("document.getElementById('shortcuts').click()")
    for key in ("b", ".", "?", "g"):
        page.keyboard.press(key)
    assert not page.is_visible(".slide-black")
    assert not page.is_visible(".deck-help")
    pressed(page, "PageDown")
    pressed(page, "ArrowLeft")


def test_space_and_enter_belong_to_a_button_that_has_the_focus(fresh_page: PageOpener) -> None:
    page = opened(fresh_page).page
    page.focus(".slide-answer >> nth=0")
    page.keyboard.press("Enter")
    assert place(page)[0] == 1
    assert page.locator(".slide-answer[aria-pressed=true]").count() == 1
    page.keyboard.press("Enter")  # the title has the focus again
    page.wait_for_function("() => document.querySelector('.slide-count').textContent.startsWith('2 /')")


def test_the_notes_window_follows_and_turns_and_survives_a_reload_of_either(fresh_page: PageOpener) -> None:
    this = opened(fresh_page, query="present=all&step=look")
    page = this.page
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value
    notes.wait_for_selector("#notes")
    notes.set_viewport_size({"width": 1000, "height": 700})

    def follow() -> None:
        here, total = place(page)
        expect(notes.locator(".notes-head .quiet").first).to_contain_text(re.compile(rf"\b{here}\b.*\b{total}\b"))
        expect(notes.locator(".notes-title")).to_have_text(page.inner_text(".slide-title"))

    follow()
    pressed(page, "PageDown")
    follow()
    notes.reload()
    follow()
    notes.click(".notes-go")
    page.wait_for_function("() => document.querySelector('.slide-count').textContent.startsWith('6 /')")
    fitted(page)
    follow()
    page.reload()
    fitted(page)
    follow()
    notes.keyboard.press("PageUp")
    page.wait_for_function("() => document.querySelector('.slide-count').textContent.startsWith('5 /')")
    notes.click("[data-key=black]")
    page.wait_for_selector(".slide-black", state="visible")
    assert notes.inner_text(".notes-text").strip()
    assert notes.is_visible(".notes-next .slide-title")


def test_an_embed_has_no_presenting(fresh_page: PageOpener) -> None:
    page = fresh_page(f"/embed/en/{SLUG}?present=1").page
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("p")
    assert page.locator("#deck").count() == 0
    assert "projector" not in (page.get_attribute("html", "class") or "")
