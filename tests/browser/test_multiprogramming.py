"""Eight tasks on real cores: the run plays, steps back over a preemption, is scrubbed, and words and picture agree."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.test_lesson import press, run

CURRENT = ".transcript-lines [aria-current=true]"

#: What the page's scripts say once a panel is opened.
WORDS = "fetch(location.pathname + '/words.json').then((answer) => answer.json())"


def preempted(this: OpenedPage) -> str | None:
    """The name of the task that the transcript's current line calls preempted, in the page's own words; else None."""
    labels = this.page.evaluate(WORDS)
    words = (
        re.escape(labels["line.preempted"]).replace(re.escape("{name}"), r"(\S+)").replace(re.escape("{cpu}"), r"\d+")
    )
    found = re.search(words, this.page.text_content(CURRENT) or "")
    return found[1] if found else None


def place(this: OpenedPage, name: str) -> str:
    """The state in which the stage draws the task of this name: where its token lies, as the token itself says."""
    said = this.page.locator(".stage-panels .token", has_text=re.compile(rf"^{re.escape(name)}$")).first
    return str(said.get_attribute("data-state"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_eight_tasks_play_step_back_over_a_preemption_and_are_scrubbed(fresh_page: PageOpener, lang: str) -> None:
    this = fresh_page(f"/{lang}/lessons/multiprogramming?t=0", size=(1280, 720))
    page = this.page
    page.wait_for_selector("html[data-ready]")
    page.click("#params summary")
    page.fill("[name=tasks]", "8")
    page.keyboard.press("Escape")
    ended = run(this)
    assert ended["params"]["tasks"] == 8
    assert ended["summary"]["proved"]

    this.open_transcript()
    page.evaluate("document.activeElement.blur()")
    press(this, "Home")
    for _ in range(400):
        press(this, "ArrowRight")
        if preempted(this):
            break
    name = preempted(this)
    assert name, "eight tasks on few cores preempt each other"
    assert place(this, name) == "ready"
    press(this, "ArrowLeft")
    assert place(this, name) == "running"

    page.focus("#scrub")
    before = page.get_attribute("#scrub", "aria-valuetext")
    for key in ("PageUp", "PageUp", "PageUp"):
        press(this, key)
    assert page.get_attribute("#scrub", "aria-valuetext") != before
    page.evaluate("document.activeElement.blur()")
    press(this, "Home")
    start = str(page.text_content("#clock"))
    press(this, "Space")
    expect(page.locator("#clock")).not_to_have_text(start)
