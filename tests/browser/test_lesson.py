"""A lesson from the first look to the last step, driven as a reader drives it; most of it by keyboard alone."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from server.catalog import discover
from tests.browser.conftest import Look, Opener

LESSONS = [slug for slug, lesson in discover().items() if not lesson.actions]


def tab_to(look: Look, selector: str, most: int = 200) -> None:
    """Presses Tab until the element has the focus; it must be reachable."""
    for _ in range(most):
        if look.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        look.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


def run(look: Look) -> dict[str, Any]:
    """Presses Run with the keyboard, waits for the end, and returns the run as the API tells it."""
    tab_to(look, ".go")
    look.page.keyboard.press("Enter")
    look.page.wait_for_selector("#run[data-run]")
    address = look.page.get_attribute("#run", "data-run")
    look.page.wait_for_selector("#run[data-status=finished]", timeout=60_000)
    origin = look.page.evaluate("location.origin")
    answer = httpx.get(f"{origin}/api/runs/{address}").json()
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("slug", LESSONS)
def test_the_whole_lesson_by_keyboard_alone(look: Opener, slug: str, lang: str) -> None:
    this = look(f"/{lang}/lessons/{slug}", size=(1280, 720))
    page = this.page
    page.wait_for_selector("html[data-ready]")
    tab_to(this, "[name=guess]")
    page.keyboard.press("Space")
    guess = page.evaluate("document.querySelector('[name=guess]:checked').value")

    ended = run(this)
    assert ended["status"] == "finished"
    assert page.get_attribute("#proof", "data-verdict") == "proved"
    assert guess in page.url
    page.wait_for_selector("[data-verdict=right]:not([hidden]), [data-verdict=wrong]:not([hidden])")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Home")
    start = page.input_value("#scrub")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    forward = page.text_content("#clock")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.text_content("#clock") == forward
    page.keyboard.press("Home")
    assert page.input_value("#scrub") == start

    steps = page.eval_on_selector_all(".step", "all => all.map(e => e.id)")
    for _ in steps[1:]:
        page.keyboard.press("PageDown")
    assert (
        page.evaluate("document.querySelector('.step:not([hidden])[data-current], .step[aria-current]').id")
        == steps[-1]
    )
    assert this.axe() == []


@pytest.mark.parametrize("slug", LESSONS)
def test_the_picture_is_the_fold_of_the_log(look: Opener, slug: str) -> None:
    this = look(f"/en/lessons/{slug}")
    this.page.wait_for_selector("html[data-ready]")
    ended = run(this)
    held = {name for name, claim in ended["claims"].items() if claim["verdict"] == "held"}
    shown = set(
        this.page.eval_on_selector_all("[data-claim][data-verdict=held]", "all => all.map(e => e.dataset.claim)")
    )
    assert held <= shown


@pytest.mark.parametrize("slug", LESSONS)
def test_the_address_reproduces_the_screen(look: Opener, slug: str) -> None:
    this = look(f"/en/lessons/{slug}")
    this.page.wait_for_selector("html[data-ready]")
    run(this)
    this.page.evaluate("document.activeElement.blur()")
    this.page.keyboard.press("Home")
    for _ in range(5):
        this.page.keyboard.press("ArrowRight")
    this.page.wait_for_function("new URL(location).searchParams.has('t') && new URL(location).searchParams.has('run')")
    clock = this.page.text_content("#clock")
    again = look(this.page.url.split("/", 3)[3].join(["/", ""]))
    again.page.wait_for_selector("html[data-ready]")
    again.page.wait_for_function("text => document.querySelector('#clock').textContent === text", arg=clock)


def test_a_run_that_is_refused_says_so_in_the_form(look: Opener) -> None:
    this = look(f"/en/lessons/{LESSONS[0]}")
    this.page.wait_for_selector("html[data-ready]")
    this.page.eval_on_selector("#run-form [name=preset]", "e => { e.value = 'no-such-preset' }")
    this.page.click(".go")
    this.page.wait_for_selector("#run .error")
    assert "no-such-preset" not in (this.page.text_content("#run .error") or "")
    this.trouble = [each for each in this.trouble if not each.startswith(("422", "Failed to load"))]


def test_an_opaque_origin_embed_plays_its_recording(look: Opener) -> None:
    this = look(f"/en/lessons/{LESSONS[0]}")
    origin = this.page.evaluate("location.origin")
    frame = json.dumps(f"{origin}/embed/en/{LESSONS[0]}")
    this.page.goto("about:blank")
    this.page.evaluate(
        f"""() => {{ const f = document.createElement('iframe'); f.src = {frame}; f.width = 720; f.height = 480;
        f.setAttribute('sandbox', 'allow-scripts'); document.body.append(f); }}"""
    )
    this.page.wait_for_selector("iframe")
    inner = this.page.frame_locator("iframe")
    inner.locator("html[data-ready]").wait_for()
    before = inner.locator("#clock").text_content()
    inner.locator("[data-do=next]").click()
    assert inner.locator("#clock").text_content() != before
