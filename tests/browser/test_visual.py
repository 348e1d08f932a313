"""Every page, both languages, both themes, every size: nothing goes wrong, nothing sticks out, axe finds nothing."""

from __future__ import annotations

import pytest

from server.lesson.catalog import discover
from tests.browser import vitals
from tests.browser.conftest import PageOpener
from tests.browser.harness import SIZES
from tests.browser.test_lesson import addressed, answered

LESSONS = list(discover())
PAGES = ["/{lang}/", "/{lang}/about", "/{lang}/about/tutorial", *[f"/{{lang}}/lessons/{slug}" for slug in LESSONS]]


@pytest.mark.parametrize("theme", ["light", "dark"])  # varies fastest: a page is loaded once for both
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_quiet_accessible_and_fits(
    shared_page: PageOpener, path: str, lang: str, theme: str, size: str
) -> None:
    this = shared_page(path.format(lang=lang), size=SIZES[size], theme=theme)
    if "/lessons/" in path:
        this.page.wait_for_selector("html[data-ready]")
    assert this.axe() == []
    assert this.sideways() <= 0
    if theme == "light":  # just loaded
        assert vitals.shift(this.page) <= vitals.MOST_SHIFT


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("slug", LESSONS)
@pytest.mark.parametrize("size", [(720, 480), (320, 568)])
def test_an_embed_is_quiet_accessible_and_fits(
    shared_page: PageOpener, slug: str, lang: str, size: tuple[int, int]
) -> None:
    this = shared_page(f"/embed/{lang}/{slug}", size=size)
    this.page.wait_for_selector("html[data-ready]")
    assert this.axe() == []
    assert this.sideways() <= 0


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("slug", LESSONS)
def test_the_stage_fits_a_projector_without_scrolling_and_does_not_move(
    shared_page: PageOpener, slug: str, lang: str
) -> None:
    this = shared_page(answered(slug, lang), size=(1280, 600))
    this.page.wait_for_selector("html[data-ready]")
    bottom = this.page.eval_on_selector("#player", "e => e.getBoundingClientRect().bottom")
    assert bottom <= 600
    assert this.page.eval_on_selector(".go", "e => e.getBoundingClientRect().top") >= 0
    assert vitals.shift(this.page) <= vitals.MOST_SHIFT


@pytest.mark.parametrize("slug", LESSONS)
def test_switching_the_language_keeps_the_screen(fresh_page: PageOpener, slug: str) -> None:
    this = fresh_page(answered(slug))
    this.page.wait_for_selector("html[data-ready]")
    this.page.click("[data-do=next]")
    addressed(this)
    before = this.page.evaluate("new URL(location).searchParams.get('t')")
    this.page.click("[data-language]")
    this.page.wait_for_url("**/zh/**")
    this.page.wait_for_selector("html[data-ready]")
    assert this.page.evaluate("new URL(location).searchParams.get('t')") == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_small_pictures_of_home_wait_for_no_script(fresh_page: PageOpener, lang: str) -> None:
    this = fresh_page(f"/{lang}/")
    bars = this.page.locator(".strip rect")
    assert bars.count() > 50
    assert bars.evaluate_all("all => all.every(bar => bar.checkVisibility())")
    assert this.page.evaluate("document.getAnimations().length") == 0  # nothing that would show them later, either


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("size", "rows"), [("laptop", "one row a part"), ("phone", "one column")])
def test_the_lessons_of_a_part_stand_beside_one_another_where_there_is_room(
    fresh_page: PageOpener, lang: str, size: str, rows: str
) -> None:
    this = fresh_page(f"/{lang}/", size=SIZES[size])
    parts = this.page.evaluate(
        "[...document.querySelectorAll('.part')].map(p => [...p.querySelectorAll('.stops > li')].map(l => l.offsetTop))"
    )
    assert sum(len(tops) for tops in parts) == len(LESSONS)
    for tops in parts:
        assert len(set(tops)) == (1 if rows == "one row a part" else len(tops))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_paper_a_lesson_is_a_handout(shared_page: PageOpener, lang: str) -> None:
    this = shared_page(answered("concurrency-parallelism", lang))
    this.page.wait_for_selector("html[data-ready]")
    this.page.emulate_media(media="print")
    wanted = [".handout i", ".picture canvas", ".keep", ".recall .ask-again"]
    parts = [*wanted, "#because", ".recall details", "#player"]
    shown = [each for each in parts if this.page.locator(each).first.is_visible()]
    this.page.emulate_media(media="screen")
    assert shown == wanted
