"""The file that plays a lesson without a server, opened from disk: it tells the story and asks for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server.events import encode
from server.lesson import catalog
from server.log import recording
from server.log.recording import Recording
from server.settings import Settings
from server.text import lesson_text
from server.text.labels import LANGS, Lang
from server.web import replay
from tests.browser import firefox_reader
from tests.browser.conftest import PATIENCE_MS
from tests.browser.firefox import Session, needs_firefox, session
from tests.browser.test_embed_story import HEAD
from tests.browser.test_story import TOLD, giveaways, shown

SLUG = "concurrency-parallelism"
Written = Callable[..., Path]


def shipped(slug: str = SLUG) -> Recording:
    """The recording of the preset that the lesson opens with."""
    path = catalog.recording_path(slug, catalog.discover()[slug].scenes[0].preset)
    assert path is not None
    return recording.read(path)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """written(found, lang) puts the file of a run on the disk."""

    def write(found: Recording, lang: Lang = "en") -> Path:
        path = tmp_path / f"{lang}.html"
        path.write_bytes(replay.html(Settings(), "abcdef123", found, lang))
        return path

    return write


@pytest.fixture
def sheet_offline(chromium: Browser) -> Iterator[Page]:
    """A tab without a network; at the end nothing has gone wrong on it, and nothing but files was asked for."""
    wrong: list[str] = []
    context = chromium.new_context(offline=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("request", lambda request: None if request.url[:5] in ("data:", "file:") else wrong.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", TOLD)
def test_the_file_asks_answers_turns_and_recalls(slug: str, lang: Lang, sheet_offline: Page, written: Written) -> None:
    page, scenes = sheet_offline, {each.step: each for each in catalog.discover()[slug].scenes}
    page.goto(written(shipped(slug), lang).as_uri())
    page.wait_for_selector("html[data-ready].paged")
    before = shown(page) + page.evaluate(HEAD)
    assert [each for each in giveaways(slug, lang) if each in before] == []
    page.keyboard.press("End")  # nobody looks ahead
    assert shown(page) + page.evaluate(HEAD) == before
    page.keyboard.press("1")
    page.wait_for_selector("#because:not([hidden])")
    assert page.locator("[data-because]:not([hidden])").count() == 1
    for step in lesson_text.text(slug, lang).steps[1:]:
        page.keyboard.press("PageDown")
        page.wait_for_selector(f'.presets [data-preset="{scenes[step.id].preset}"][aria-current]', state="attached")
        expect(page.locator(f"#{step.id} :is(.say, .keep)").first).to_be_visible()
        assert page.locator(f"#{step.id} a[href^='/'], #{step.id} [data-part]").count() == 0
        for view in scenes[step.id].views:
            expect(page.locator(f"[data-view={view}]")).to_be_visible()
    page.click("#recall-1 summary")
    expect(page.locator("#recall-1 [data-knew]")).to_be_visible()
    page.click(".recall [data-predict]")
    expect(page.locator("[data-predict][data-right]")).to_have_count(1)


def test_the_other_language_shows_the_same_step_and_guess(sheet_offline: Page, written: Written) -> None:
    page = sheet_offline
    page.goto(written(shipped()).as_uri())
    page.wait_for_selector("html[data-ready].paged")
    page.keyboard.press("2")
    page.wait_for_selector("#because:not([hidden])")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    step = page.get_attribute("html", "data-step")
    for lang in ("zh", "en"):
        page.click("[data-language]")
        page.wait_for_selector(f"html[data-ready].paged:lang({lang})")
        assert page.get_attribute("html", "data-step") == step
        assert page.locator("[data-guess][aria-current]").count() == 1
        title = next(each.title for each in lesson_text.text(SLUG, lang).steps if each.id == step)  # type: ignore[arg-type]
        assert page.inner_text(f"#{step} h2") == title


def test_a_readers_own_run_is_what_the_file_shows_and_another_preset_is_the_recording(
    sheet_offline: Page, written: Written
) -> None:
    whole, page = shipped(), sheet_offline
    first = replace(whole.entries[0], fact=replace(whole.entries[0].fact, recorded_at="2026-01-02T03:04:05Z"))
    page.goto(written(Recording([first, *whole.entries[1:]], [encode(first), *whole.lines[1:]], 1, None)).as_uri())
    page.wait_for_selector("html[data-ready].paged")
    page.keyboard.press("1")
    page.wait_for_selector("#because:not([hidden])")
    assert not page.is_visible("#my-run")
    page.click('.presets [data-preset="threads"]')
    expect(page.locator("#my-run")).to_be_visible()
    page.click("#my-run")
    page.wait_for_selector('.presets [data-preset="processes"][aria-current]')
    expect(page.locator("#my-run")).to_be_hidden()


@pytest.fixture(scope="module")
def firefox_offline() -> Iterator[Session]:
    """A Firefox without a network."""
    with session("--offline") as tab:
        yield tab


#: The languages by turns: ``python -m benchmarks.firefox`` opens each lesson's file in both.
@needs_firefox
@pytest.mark.parametrize(("slug", "lang"), list(zip(TOLD, cycle(LANGS), strict=False)))
def test_the_file_asks_answers_turns_and_recalls_in_firefox(
    slug: str, lang: Lang, firefox_offline: Session, written: Written
) -> None:
    tab, page = firefox_offline, written(shipped(slug), lang).as_uri()
    frame = tab.open(page, page)
    tab.wait(frame, firefox_reader.STANDS)
    assert tab.wait(frame, "String(navigator.onLine)") == "false"
    firefox_reader.guess(tab, frame)
    firefox_reader.turn(tab, frame, slug, lang)
    firefox_reader.recall(tab, frame)
    assert tab.trouble == []
    assert {each[:5] for each in tab.asked} == {"data:"}  # that of the file itself is not told
