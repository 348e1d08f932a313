"""An embed asks, answers with a reason and turns from step to step, in any frame from 320×360."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from server.lesson.catalog import discover
from server.text import lesson_text
from server.text.labels import LANGS, Lang
from tests.browser.conftest import PageOpener
from tests.browser.test_lesson import drawn, press
from tests.browser.test_story import TOLD, giveaways, shown

SLUG = "concurrency-parallelism"
SIZES = [(320, 360), (688, 480)]
#: What a frame shows without scrolling, by its selector: below the top, above the bottom.
INSIDE = """names => names.filter(name => {
  const {top, bottom, left, right, width} = document.querySelector(name).getBoundingClientRect();
  return !width || top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
})"""
HEAD = "[document.title, ...[...document.querySelectorAll('meta[content]')].map(each => each.content)].join('\\n')"


def outside(page: Page, *names: str) -> list[str]:
    """Which of these cannot be seen whole without scrolling."""
    return list(page.evaluate(INSIDE, list(names)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", TOLD)
def test_an_embed_asks_first_answers_with_a_reason_and_turns_with_its_bar_in_sight(
    shared_page: PageOpener, slug: str, lang: Lang, size: tuple[int, int]
) -> None:
    this = shared_page(f"/embed/{lang}/{slug}", size=size)
    page = this.page
    page.wait_for_selector("html[data-ready]")
    before = shown(page)
    assert [each for each in giveaways(slug, lang) if each in before + page.evaluate(HEAD)] == []
    assert outside(page, "h1", "[data-guess]", "[data-skip]") == []
    press(this, "End")  # nobody looks ahead
    assert shown(page) == before
    press(this, "1")
    page.wait_for_selector("#because:not([hidden])")
    assert page.locator("[data-because]:not([hidden])").count() == 1
    bar = ("[data-do=play]", "#scrub", "#clock", "[data-turn='1']", "[data-turn='-1']")
    assert outside(page, *bar) == []
    for step in lesson_text.text(slug, lang).steps[1:]:
        press(this, "PageDown")
        expect(page.locator(f"#{step.id}")).to_be_visible()
        drawn(this)
        assert outside(page, *bar) == [], step.id
        assert page.evaluate("scrollY") == 0
        assert page.locator(f"#{step.id} :is(.say, .keep)").is_visible(), step.id
        assert not page.is_visible("#because")
    assert this.sideways() <= 0
    page.evaluate("document.querySelector('.bar').style.position = 'static'")  # what it covers can be scrolled to
    assert this.axe() == []


@pytest.mark.parametrize("slug", TOLD)
def test_each_step_of_an_embed_shows_its_presets_moment(shared_page: PageOpener, slug: str) -> None:
    this = shared_page(f"/embed/en/{slug}?guess=skip", size=(688, 480))
    page, scenes = this.page, {each.step: each for each in discover()[slug].scenes}
    page.wait_for_selector("html[data-ready]")
    steps = [step.id for step in lesson_text.text(slug, "en").steps[1:]]
    for step in steps:
        preset = scenes[step].preset
        page.wait_for_selector(f'.presets [data-preset="{preset}"][aria-current]', state="attached")
        expect(page.locator(f"#{step}")).to_be_visible()
        for view in scenes[step].views:  # the step turns at once, its picture stands when its log and views are there
            if view != "machine":  # it needs more room than a column of text leaves
                expect(page.locator(f"[data-view={view}]"), f"{step}: {view}").to_be_visible()
        if step != steps[-1]:
            page.evaluate("scrollTo(0, document.body.scrollHeight)")
            page.click("[data-turn='1']")  # wherever the page has been scrolled to
            page.mouse.move(1, 1)  # over nothing that is fetched when one comes near


@pytest.mark.parametrize("slug", TOLD)
def test_the_recording_of_another_preset_starts_at_its_moment(shared_page: PageOpener, slug: str) -> None:
    lesson = discover()[slug]
    for preset in (each.name for each in lesson.presets):
        page = shared_page(f"/embed/en/{slug}?guess=skip&preset={preset}", size=(688, 480)).page
        page.wait_for_selector("html[data-ready]")
        page.wait_for_selector(f'.presets [data-preset="{preset}"][aria-current]', state="attached")
        page.wait_for_function("() => Number(document.getElementById('scrub').value) > 0")


def test_a_preset_that_no_step_is_about_starts_at_the_deciding_moment_when_it_is_chosen(
    shared_page: PageOpener,
) -> None:
    """Where the same embed stands when it is opened with that preset."""
    page = shared_page(f"/embed/en/{SLUG}?guess=skip&preset=three", size=(688, 480)).page
    page.wait_for_selector("html[data-ready]")
    decided = page.locator("#clock").inner_text()
    assert page.evaluate("Number(document.getElementById('scrub').value)") > 0
    page = shared_page(f"/embed/en/{SLUG}?guess=skip", size=(688, 480)).page
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#clock").inner_text() != decided
    page.click('.presets [data-preset="three"]')
    page.wait_for_selector('.presets [data-preset="three"][aria-current]')
    expect(page.locator("#clock")).to_have_text(decided)


@pytest.mark.parametrize("size", SIZES)
def test_controls_are_as_many_as_were_asked_for(shared_page: PageOpener, size: tuple[int, int]) -> None:
    page = shared_page(f"/embed/en/{SLUG}?controls=minimal", size=size).page
    page.wait_for_selector("html[data-ready]")
    assert outside(page, "[data-view=lanes] canvas", "[data-do=play]", "#scrub", "#clock") == []
    assert page.locator("button:visible, a[href]:visible:not(.skip), form, h1, .step").count() <= 3  # play, and rows
    before = page.inner_text("#clock")
    page.click("[data-do=play]")
    page.wait_for_function("before => document.getElementById('clock').innerText !== before", arg=before)
    page = shared_page(f"/embed/en/{SLUG}?controls=none", size=size).page
    page.wait_for_selector("html[data-ready]")
    assert outside(page, "[data-view=lanes] canvas") == []
    assert page.locator("#player, #run-form, h1, .step, .lanes-bar:visible").count() == 0


def test_an_embed_plays_by_itself_where_that_is_asked_for_but_never_ahead_of_the_question(
    fresh_page: PageOpener,
) -> None:
    page = fresh_page(f"/embed/en/{SLUG}?guess=skip&autoplay=1", motion="no-preference").page
    page.wait_for_selector("[data-do=play][aria-pressed=true]")
    page = fresh_page(f"/embed/en/{SLUG}?autoplay=1", motion="no-preference").page
    page.wait_for_selector("html[data-ready]")
    assert page.locator("[data-do=play][aria-pressed=true]").count() == 0


def test_theme_language_step_and_instant_are_those_of_the_address(fresh_page: PageOpener) -> None:
    page = fresh_page(f"/embed/en/{SLUG}?lang=zh&theme=dark&step=gil&t=1240000000&autoplay=0").page
    page.wait_for_selector("html[data-ready][data-theme=dark]:lang(zh)")
    assert page.is_visible("#gil")
    page.wait_for_selector('.presets [data-preset="threads"][aria-current]')
    page.wait_for_function("() => document.getElementById('scrub').value === '1240000'")
