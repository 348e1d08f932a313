"""Question, veil, Next and verdict of every lesson that has a story, in one page a lesson and language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from server.lesson.catalog import discover
from server.text import lesson_text
from server.text.labels import LANGS, Lang
from tests.browser.conftest import PageOpener
from tests.browser.test_lesson import drawn, least_work, press

TOLD = [slug for slug in discover() if lesson_text.has_text(slug, "en") and lesson_text.text(slug, "en").front.story]

#: Views on screen, and what is drawn in them: the picture as a text that changes with it.
SEEN = """[...document.querySelectorAll(".stage [data-view]")].filter(each => each.checkVisibility()).map(each =>
  each.dataset.view + each.textContent + [...each.querySelectorAll("canvas")].map(one => one.toDataURL())).join("|")"""


def giveaways(slug: str, lang: Lang) -> list[str]:
    """The sentences of a lesson that answer its question: the answer, the reasons, what to keep, the claims."""
    front = lesson_text.text(slug, lang).front
    assert front.story is not None
    claims = [each.say for each in front.claims.values()]
    said = [front.story.answer, front.story.keep, *front.story.because.values(), *claims]
    pieces = [re.split(r"::\w+\{[^}]*\}|\*\*|`", sentence)[0].strip() for sentence in said]
    offered = " ".join([front.question, *front.answers.values(), *front.story.notes.values()])
    return [piece for piece in pieces if len(piece) > 6 and piece not in offered]


def shown(page: Page) -> str:
    """What is rendered and what the accessibility tree says."""
    return f"{page.title()}\n{page.inner_text('body')}\n{page.locator('body').aria_snapshot()}"


@pytest.mark.parametrize("size", [(1440, 900), (360, 740)])
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", TOLD)
def test_before_a_guess_nothing_answers_and_after_it_the_verdict_does(
    shared_page: PageOpener, slug: str, lang: Lang, size: tuple[int, int]
) -> None:
    this = shared_page(f"/{lang}/lessons/{slug}", size=size)
    page = this.page
    page.wait_for_selector("html[data-ready]")
    before = shown(page)
    assert [each for each in giveaways(slug, lang) if each in before] == []
    for place in (".text", ".panels", "#because", "#player", ".figures", "#run-form", ".lanes-readout", ".calls-cell"):
        assert not page.is_visible(place), place
    press(this, "End")  # nobody looks ahead
    page.evaluate("document.querySelector('.picture').click()")
    assert shown(page) == before
    assert this.axe() == []
    assert this.sideways() <= 0
    press(this, "1")
    page.wait_for_selector("#because:not([hidden])")
    assert page.locator("[data-because]:not([hidden])").count() == 1
    assert page.locator("[data-guess]").count() == len(discover()[slug].answers)
    assert page.is_visible(".stage")
    assert this.axe() == []


@pytest.mark.parametrize("slug", TOLD)
def test_without_a_script_nothing_answers_before_a_guess_either(fresh_page: PageOpener, slug: str) -> None:
    this = fresh_page(f"/en/lessons/{slug}", java_script_enabled=False)
    page = this.page
    assert [each for each in giveaways(slug, "en") if each in page.inner_text("body")] == []
    page.click("[data-guess]")
    page.wait_for_url("**guess=*")
    assert page.is_visible("#because")
    page.click("[data-turn='1']")
    assert page.locator(".step:visible").count() == 1
    assert all(each.endswith(" csp") for each in this.trouble)  # modules that are announced, and not wanted then
    this.trouble.clear()


@pytest.mark.parametrize("slug", TOLD)
def test_next_shows_each_steps_preset_and_keeps_the_guess(shared_page: PageOpener, slug: str) -> None:
    this = shared_page(f"/en/lessons/{slug}")
    page, scenes = this.page, {each.step: each for each in discover()[slug].scenes}
    page.wait_for_selector("html[data-ready]")
    press(this, "1")
    seen = ""
    for step in lesson_text.text(slug, "en").steps[1:]:
        press(this, "PageDown")
        preset = scenes[step.id].preset
        page.wait_for_selector(f'.presets [data-preset="{preset}"][aria-current]', state="attached")
        drawn(this)
        before, seen = seen, page.evaluate(SEEN)
        assert (seen != before) or scenes[step.id].same, f"{step.id} shows the picture of the step before"
        assert page.is_visible(f"#{step.id}")
        own = f'#{step.id} [data-claim="{scenes[step.id].own_claim}"][data-held]'
        shown = page.eval_on_selector_all(own, "all => all.map(each => each.dataset.held)")
        assert set(shown) <= {"yes"}, f"the verdict on its own claim does not show at the playhead of {step.id}"
        assert page.locator("[data-guess][aria-current]").count() == 1
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_the_closing_keeps_its_place(fresh_page: PageOpener) -> None:
    slug = TOLD[0]
    last = lesson_text.text(slug, "en").steps[-1].id
    this = fresh_page(f"/en/lessons/{slug}?step={last}")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    page.click("#recall-1 summary")
    page.click("#recall-1 [data-knew]")
    page.click("#recall-1 [data-place]")
    assert not page.is_visible(f"#{last}")
    page.click("#back-to-recall")
    assert page.is_visible("#recall-1 [data-knew]")
    assert page.get_attribute("#recall-1", "data-known") == ""
    page.click("[data-predict]")
    assert page.locator("[data-predict][data-right]").count() == 1


def test_the_readers_own_run_comes_back_after_a_recording_was_shown(fresh_page: PageOpener) -> None:
    this = fresh_page("/en/lessons/concurrency-parallelism?step=own-gil")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    assert not page.is_visible("#my-run")
    page.click('.presets [data-preset="processes"]')
    page.wait_for_selector('.presets [data-preset="processes"][aria-current]')
    least_work(page)
    page.click(".go")
    page.wait_for_selector("#run[data-status=finished]")
    run = page.get_attribute("#run", "data-run")
    page.wait_for_url(f"**run={run}*")  # at a step of another preset the reader's run stays on screen all the same
    page.click("#back-to-scene")
    page.wait_for_selector('.presets [data-preset="subinterpreters"][aria-current]')
    page.wait_for_url(lambda url: "run=" not in url)
    number = page.locator("#run .quiet")
    expect(number).to_be_hidden()  # what is on screen is a recording
    page.click("#my-run")
    page.wait_for_selector('.presets [data-preset="processes"][aria-current]')
    page.wait_for_url(f"**run={run}*")
    expect(number).to_be_visible()
    assert not page.is_visible("#my-run")


def test_a_view_whose_module_is_on_its_way_keeps_its_room(fresh_page: PageOpener) -> None:
    page = fresh_page("/en/lessons/termination").page
    page.wait_for_selector("html[data-ready]")
    held: list[Route] = []
    module = re.compile("/lanes-[^/]*[.]js|/lanes/view[.]js")
    page.route(module, lambda route: held.append(route))
    with page.expect_request(module):
        page.locator("[data-guess]").first.click()
    lanes = page.locator('.picture > [data-view="lanes"]')
    expect(lanes).to_be_visible()
    expect(lanes).to_be_empty()
    assert lanes.evaluate("host => host.clientHeight") > 200
    for each in held:
        each.continue_()
    expect(lanes).not_to_be_empty()


def test_a_picture_that_is_scrolled_out_of_sight_keeps_its_height(fresh_page: PageOpener) -> None:
    last = lesson_text.text("blocking", "en").steps[-1].id
    this = fresh_page(f"/en/lessons/blocking?step={last}&t=1000000", size=(1280, 720))
    page = this.page
    page.wait_for_selector("html[data-ready]")
    plot = page.locator(".calls-plot")
    height = plot.evaluate("plot => plot.style.height")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert plot.evaluate("plot => plot.getBoundingClientRect().bottom") < 0
    press(this, "-")  # another window: the picture is laid out anew
    assert plot.evaluate("plot => plot.style.height") == height


def test_a_shared_link_has_the_guess_only_where_it_is_ticked(fresh_page: PageOpener) -> None:
    this = fresh_page("/zh/lessons/concurrency-parallelism?guess=last")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    page.click("[data-open=share]")
    assert "guess=" not in page.input_value("[data-address]")
    page.check("[data-with-guess]")
    assert "guess=last" in page.input_value("[data-address]")


def test_the_second_prediction_runs_with_its_own_parameters(fresh_page: PageOpener) -> None:
    slug = "program-process"
    [asked] = [each for each in lesson_text.text(slug, "en").front.story.recall if each.params]  # type: ignore[union-attr]
    this = fresh_page(f"/en/lessons/{slug}?step={lesson_text.text(slug, 'en').steps[-1].id}")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    page.click(f'[data-with-preset="{asked.preset}"] [data-predict]')
    page.wait_for_selector("#run[data-status=finished]")
    run = page.get_attribute("#run", "data-run")
    page.wait_for_url(f"**run={run}*")
    made = page.evaluate("run => fetch(`/api/runs/${run}`).then(answer => answer.json())", run)
    assert made["preset"] == asked.preset
    assert made["params"] == made["params"] | asked.params


@pytest.mark.parametrize("lang", LANGS)
def test_on_a_phone_the_answer_stands_above_the_picture_and_the_sentence_below_it(
    fresh_page: PageOpener, lang: Lang
) -> None:
    this = fresh_page(f"/{lang}/lessons/concurrency-parallelism", size=(360, 740))
    page = this.page
    page.wait_for_selector("html[data-ready]")
    press(this, "1")
    page.wait_for_selector("#because:not([hidden])")
    tops = "names => names.map(name => document.querySelector(name).getBoundingClientRect().top)"
    because, picture = page.evaluate(tops, ["#because", ".picture"])
    assert because < picture
    press(this, "PageDown")
    picture, sentence, form = page.evaluate(tops, [".picture", ".step[data-current]", "#run-form"])
    assert picture < sentence < min(form, 740)
    assert page.locator("[data-guess]:visible").count() == 2  # the guess and the answer
    rooms = "all => all.filter(e => e.checkVisibility()).map(e => e.clientWidth / innerWidth)"
    assert min(page.eval_on_selector_all("[data-guess] .what", rooms)) > 0.5  # beside each other, words would be broken
    low = page.evaluate("document.querySelector('.pager').getBoundingClientRect().bottom")
    assert low == 740
    assert this.sideways() <= 0
    assert this.axe() == []


#: Whether any view says in words that it has nothing to show.
EMPTY = """[...document.querySelectorAll(".view-empty")].some(
  each => each.checkVisibility({ visibilityProperty: true }))"""


@pytest.mark.parametrize("guessed", ["", "?step=group"])
def test_no_view_says_that_nothing_is_recorded_while_the_recording_comes(
    chromium: Browser, site: str, guessed: str
) -> None:
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    held: list[Route] = []
    page.route("**/recordings/*", lambda route: held.append(route))
    with page.expect_request("**/recordings/*"):
        page.goto(f"{site}/zh/lessons/hierarchy{guessed}", wait_until="domcontentloaded")
    page.wait_for_selector(".view-empty", state="attached")
    assert not page.evaluate(EMPTY)
    for each in held:
        each.continue_()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert not page.evaluate(EMPTY)
    context.close()


def test_the_legend_has_the_states_of_the_log_on_screen_and_none_of_the_last_one(shared_page: PageOpener) -> None:
    page = shared_page("/en/lessons/hierarchy?step=keys").page  # Ctrl-Z stops the group in front
    key = page.locator("[data-view=lanes] .legend li:has(.stopped)")
    key.wait_for(state="visible")
    page.evaluate("document.dispatchEvent(new CustomEvent('timeslice:turn', { detail: { id: 'hang-up' } }))")
    key.wait_for(state="hidden")
    expect(page.locator("[data-view=lanes] .legend li:has(.blocked)")).to_be_visible()
