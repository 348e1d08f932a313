"""A lesson played and run in pages that other people's tools build, in Chromium, Firefox and, where it is installed,
WebKitGTK (`make test-hosts`).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, ElementHandle, Error, Frame, Page

from tests.browser import firefox, webkit
from tests.deploy.tools import TOOLS, Missing, Pages, installed

PATIENCE_MS = 300_000  # a loaded machine is no failure
#: Goes on without a guess where one is asked for; a press of the button that nobody sees would turn the step.
_SKIP = "[...document.querySelectorAll('[data-skip]')].filter(e => e.checkVisibility()).forEach(e => e.click())"
STANDS = "document.documentElement.dataset.ready !== undefined"
#: The run of this lesson lasts until its reader ends grep, or a minute; who may do that sees the button.
_END = "#run[data-status=running] .actions:not([hidden]) [data-action=end]"
OVER = "#run:is([data-status=finished], [data-status=failed], [data-status=stopped], [data-status=interrupted])"
ENDED = f"document.querySelector('{OVER}')?.dataset.status"
#: True after the next picture of the document: one that no window shows has none until it is scrolled there.
_DRAWN = "new Promise(done => requestAnimationFrame(() => done(true)))"
#: Browsers that take orders from scripts: name, path of the program if it is installed, a tab.
SCRIPTED: tuple[tuple[str, Callable[[], str | None], Callable[[], AbstractContextManager[Tab]]], ...] = (
    ("Firefox", firefox.firefox, firefox.session), ("WebKitGTK", webkit.minibrowser, webkit.session),
)  # fmt: skip


def tried(name: str, browser: Browser, site: str) -> Iterator[tuple[str, bool]]:
    """Lines of what a tool's pages did with the server at ``site``, each with whether it is as it should be."""
    tool = TOOLS[name]
    try:
        version = installed(tool, cache() / name)
    except Missing as why:
        yield f"not tried: {tool.packages[0]} cannot be installed: {why}", True
        return
    with tempfile.TemporaryDirectory(prefix=f"timeslice-{name}-") as folder:
        try:
            with tool.build(cache() / name, Path(folder), site) as pages:
                yield from _browsers(version, pages, browser, site)
        except (RuntimeError, OSError) as error:
            yield f"{version}: WRONG: {error}", False


def cache() -> Path:
    """Where tools are installed, so that the second time is quick; the user may delete it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "timeslice-hosts"


def _browsers(version: str, pages: Pages, browser: Browser, site: str) -> Iterator[tuple[str, bool]]:
    for what, address in pages.items():
        yield said(f"{version}: the {what} in Chromium", partial(_chromium, browser, address, site))
        for name, module, program in (
            ("Firefox", firefox, firefox.firefox()),
            ("WebKitGTK", webkit, webkit.minibrowser()),
        ):
            if program is None:
                yield f"{version}: the {what} in {name}: not tried: it is not installed", True
            else:
                yield said(f"{version}: the {what} in {name}", partial(_scripted, module.session, address, site))


def said(what: str, run: Callable[[], str | None]) -> tuple[str, bool]:
    """A line of what ``run`` has done, "played, ran" unless it says something else, and whether nothing was wrong."""
    try:
        return f"{what}: {run() or 'played, ran'}", True
    except (AssertionError, RuntimeError, Error, TimeoutError) as error:
        return f"{what}: WRONG: {error!r}", False


def _chromium(browser: Browser, address: str, site: str) -> None:
    """Answers the question if one is asked, presses Play, Run and, in the run, the button that ends it."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    try:
        page.goto(address)
        frame = _framed(page, site)
        frame.wait_for_selector("html[data-ready]")
        if frame.locator("[data-skip]").is_visible():
            _press(page, frame, "[data-skip]")
        frame.wait_for_selector("html:not([data-veil])")
        clock = frame.text_content("#clock")
        _press(page, frame, "[data-do=play]")
        frame.wait_for_function("clock => document.getElementById('clock').textContent !== clock", arg=clock)
        _press(page, frame, "#run-form .go")
        frame.wait_for_selector(_END)
        _press(page, frame, _END)
        frame.wait_for_selector(OVER, state="attached")  # a low frame has no room for its words
        status = frame.get_attribute("#run", "data-status")
        assert status == "finished", status
    finally:
        page.close()


def _press(page: Page, frame: Frame, selector: str) -> None:
    """A press of the mouse where a reader sees a button of the frame, once it stands still there. A deck scales its
    slides (reveal.js: a transform of 1.1 here), and Playwright's own click aims as if it did not."""
    button = frame.locator(selector).element_handle()
    button.evaluate("button => button.scrollIntoView({ block: 'center', behavior: 'instant' })")
    before, at = None, _place(page, frame, button)
    while at != before:  # the host scrolls, and fits the frame to the lesson, in its own time
        before, at = at, _place(page, frame, button)
    button.evaluate("e => e.addEventListener('pointerdown', () => { globalThis.pressed = e.outerHTML })")
    page.mouse.click(*at)
    assert frame.evaluate("globalThis.pressed"), f"a press at {at} missed {selector}"
    frame.evaluate("globalThis.pressed = null")


def _place(page: Page, frame: Frame, button: ElementHandle) -> tuple[float, float]:
    """Where the middle of a button of the frame is in the page (CSS pixels), after the next picture of both."""
    frame.wait_for_function(_DRAWN)  # which a frame that is hidden does not see: unlike evaluate, this gives up
    page.wait_for_function(_DRAWN)
    x, y, across = button.evaluate(
        "e => (({ x, y, width, height }) => [x + width / 2, y + height / 2, innerWidth])(e.getBoundingClientRect())"
    )
    left, top, width = frame.frame_element().evaluate(
        "e => (({ x, y, width }) => [x, y, width])(e.getBoundingClientRect())"
    )
    scale = width / across
    return left + x * scale, top + y * scale


def _framed(page: Page, site: str) -> Frame:
    """The frame of the lesson, once there is one: tools bring it when its slide or cell is shown."""
    page.wait_for_function(
        "site => [...document.querySelectorAll('iframe')].some(e => e.src.startsWith(site))", arg=site
    )
    while True:
        found = next((each for each in page.frames if each.url.startswith(f"{site}/embed/")), None)
        if found:
            return found
        page.wait_for_event("framenavigated")


class Tab(Protocol):
    """A tab of a browser that takes orders from us and not from Playwright."""

    def open(self, url: str, framed: str) -> str: ...
    def wait(self, frame: str, condition: str, /) -> Any: ...


def _scripted(session: Callable[[], AbstractContextManager[Tab]], address: str, site: str) -> None:
    """The same as :func:`_chromium`, pressed by scripts."""
    with session() as tab:
        frame = tab.open(address, f"{site}/embed/")
        tab.wait(frame, STANDS)
        tab.wait(frame, f"({_SKIP}, true)")
        tab.wait(frame, "!('veil' in document.documentElement.dataset)")
        clock = tab.wait(frame, "document.getElementById('clock').textContent")
        tab.wait(frame, "(document.querySelector('[data-do=play]').click(), true)")  # a short stretch may end at once
        tab.wait(frame, f"document.getElementById('clock').textContent !== {json.dumps(clock)}")
        tab.wait(frame, "(document.querySelector('#run-form .go').click(), true)")
        tab.wait(frame, f"(document.querySelector('{_END}')?.click(), document.querySelector('{_END}') !== null)")
        status = tab.wait(frame, ENDED)
        assert status == "finished", status
