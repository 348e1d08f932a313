"""Lesson states by keyboard in both languages: append, stop grep, resume, step backwards over the wake-up, read it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.test_lesson import press, tab_to
from tests.malformed_inputs import LINES

WOKEN = {"zh": "grep：阻塞 → 就绪，被 tail 唤醒", "en": "grep: blocked → ready, woken by tail"}
SCRIPTS = [line for line in LINES if "harm" in line and len(line) <= 200 and "\n" not in line]


def until(this: OpenedPage, condition: str, arg: str = "") -> None:
    """Waits until ``condition``, an expression of ``arg``, holds on the page."""
    this.page.wait_for_function(f"arg => {condition}", arg=arg)


def begin(fresh_page: PageOpener, lang: str) -> OpenedPage:
    """An open lesson with a run of the reader's own."""
    this = fresh_page(f"/{lang}/lessons/states?t=0", size=(1280, 720))
    this.page.wait_for_selector("html[data-ready]")
    tab_to(this, ".go")
    this.page.keyboard.press("Enter")
    this.page.wait_for_selector("#run[data-run][data-status=running]")
    # The recording on screen before has grep stopped: both asleep is the run's own first picture.
    until(this, "document.querySelectorAll('.pipe-program[data-state=blocked]').length === 2")
    return this


def act(this: OpenedPage, action: str) -> None:
    """Presses one of the run's buttons with the keyboard."""
    tab_to(this, f"[data-action={action}]", most=400)
    this.page.keyboard.press("Enter")


def proved(this: OpenedPage) -> None:
    """Waits for the end of the run and its proof."""
    until(this, "document.querySelector('#proof').dataset.verdict === 'proved'")


def printed(this: OpenedPage, text: str) -> None:
    """Waits until the terminal shows ``text``."""
    until(this, "document.querySelector('.terminal-lines').textContent.includes(arg)", text)


def shown(this: OpenedPage, selector: str) -> str:
    return this.page.text_content(selector) or ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_lesson_by_keyboard_append_stop_resume_and_step_back_over_the_wake_up(
    fresh_page: PageOpener, lang: str
) -> None:
    this = begin(fresh_page, lang)
    page = this.page
    act(this, "append")
    printed(this, "404")
    assert shown(this, ".terminal-lines") == "GET /new/0 404\n"
    act(this, "stop")
    page.wait_for_selector(".pipe-program[data-state=stopped]")
    act(this, "burst")
    page.wait_for_selector(".pipe-tube[data-full]")
    assert page.locator(".machine-token[data-state=stopped]").count() == 1
    act(this, "resume")
    printed(this, "/100-00 404")
    act(this, "end")
    proved(this)

    page.evaluate("document.activeElement.blur()")
    press(this, "Home")
    this.open_transcript()
    line = page.locator("[data-view=transcript] li, [data-view=transcript] tr, [data-view=transcript] p")
    for _ in range(300):  # event by event, past the first time that tail wakes grep
        if any(WOKEN[lang] in text for text in line.all_text_contents()):
            break
        press(this, "ArrowRight")
    assert any(WOKEN[lang] in text for text in line.all_text_contents())
    before = shown(this, "#clock")
    for _ in range(6):  # past it: the lines that come next are shown too
        press(this, "ArrowRight")
    after = shown(this, "#clock")
    for _ in range(6):  # and backwards over it
        press(this, "ArrowLeft")
    assert (shown(this, "#clock"), after != before) == (before, True)
    assert any(WOKEN[lang] in text for text in line.all_text_contents())
    assert this.axe() == []


def test_two_viewers_of_one_run_see_the_same_and_who_started_it_may_act_after_a_reload(fresh_page: PageOpener) -> None:
    one = begin(fresh_page, "en")
    run = one.page.get_attribute("#run", "data-run")
    two = fresh_page(f"/en/lessons/states?run={run}")
    until(two, "document.querySelectorAll('.pipe-program[data-state=blocked]').length === 2")
    assert two.page.locator("#run .actions").is_hidden()
    assert two.page.locator("[data-stop]").is_hidden()
    one.page.wait_for_url(f"**run={run}*")
    one.goto(one.page.url)
    act(one, "append")
    for each in (one, two):
        printed(each, "GET /new/0 404")
    act(one, "end")
    for each in (one, two):
        proved(each)
    assert shown(one, ".pipe-said") == shown(two, ".pipe-said")
    assert shown(one, ".pipe-level") == shown(two, ".pipe-level")


def test_hostile_lines_are_shown_as_text_and_no_script_runs(fresh_page: PageOpener) -> None:
    this = begin(fresh_page, "en")
    page = this.page
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for line in SCRIPTS[:5]:  # as many as a reader may write in ten seconds
        page.fill("[data-text=text]", line)
        act(this, "text")
        printed(this, line)
    assert page.evaluate("typeof window.harm") == "undefined"
    assert page.locator(".terminal-lines :not(b)").count() == 0
    assert "script" in shown(this, ".terminal-lines")  # now: a run that is over is shown at its step's moment
    act(this, "end")
    proved(this)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (1024, 768), (720, 480), (360, 740), (320, 640)])
def test_the_picture_fits_every_size_in_both_themes(shared_page: PageOpener, size: tuple[int, int], theme: str) -> None:
    this = shared_page("/zh/lessons/states?t=0", size=size, theme=theme)
    this.page.wait_for_selector("html[data-ready]")
    assert this.sideways() == 0
    assert this.page.locator(".pipe-program").count() == 2


@pytest.mark.parametrize(("preset", "shown"), [("plain", False), ("buffered", True)])
def test_only_a_grep_that_collects_its_output_has_a_tank(shared_page: PageOpener, preset: str, shown: bool) -> None:
    this = shared_page(f"/en/lessons/states?preset={preset}&t=0", size=(1280, 720))
    this.page.wait_for_selector("html[data-ready]")
    expect(this.page.locator(".pipe-tank")).to_be_visible(visible=shown)
