"""Fixtures of the browser tests: one server and one Chromium a session.

``fresh_page`` opens a context of its own for a test that acts as a reader; ``shared_page`` shows page after page in one
tab of a module, whose process and cache are warm: a load costs a third of one in a fresh context.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Request, expect, sync_playwright

from tests.browser.harness import ROOT, launch, serving

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

#: A loaded machine is no failure: what a test waits for has a minute more than the longest run may take.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@dataclass
class OpenedPage:
    """An open page and everything that went wrong on it."""

    page: Page
    trouble: list[str] = field(default_factory=list)
    asked: set[Request] = field(default_factory=set)  # and not answered yet
    left: set[Request] = field(default_factory=set)  # those of a page that is no longer shown
    wanted: str | None = None  # the address that goto() is on its way to: what is asked meanwhile is the old page's
    shows: tuple[str, str, tuple[int, int]] | None = None  # the test, the path and the size, in a shared tab

    def asks(self, request: Request) -> None:
        self.asked.add(request)
        if self.wanted is not None and not request.is_navigation_request():
            self.left.add(request)

    def navigated(self, frame: Frame) -> None:
        if frame == self.page.main_frame and frame.url == self.wanted:
            self.wanted = None

    def failed(self, request: Request) -> None:
        """A request that came to nothing is trouble, unless its page was left meanwhile."""
        self.asked.discard(request)
        icon = request.url.partition("?")[0].endswith("/static/icon.svg")  # asked for last, and dropped with its page
        if request not in self.left and not (icon and request.failure == "net::ERR_ABORTED"):
            self.trouble.append(f"failed: {request.url} {request.failure}")

    def axe(self) -> list[str]:
        """Accessibility findings (axe-core, WCAG 2.0 to 2.2 A and AA): rule, and where."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
            ".then(r => r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`)))",
            RULES,
        )
        return list(found)

    def open_transcript(self) -> None:
        """Opens the panel of the transcript, which is fetched then."""
        self.page.evaluate("document.querySelector('[data-view=transcript]').closest('details').open = true")
        self.page.wait_for_selector("[data-view=transcript] .transcript-lines", state="attached")

    def sideways(self) -> int:
        """How many pixels the page can be scrolled sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def goto(self, url: str) -> None:
        """Loads a page; what the one before it still asks for is given up, and that is no trouble."""
        self.left |= self.asked
        self.wanted = url
        self.page.goto(url)
        self.wanted = None
        self.page.wait_for_load_state("load")

    def drawn(self) -> None:
        """Waits for two frames: what was just asked for is drawn in the first of them."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


PageOpener = Callable[..., OpenedPage]


def opened(context: BrowserContext) -> OpenedPage:
    """A new tab that writes down what goes wrong in it."""
    context.set_default_timeout(PATIENCE_MS)
    this = OpenedPage(context.new_page())
    this.page.on("console", lambda m: this.trouble.append(m.text) if m.type in ("error", "warning") else None)
    this.page.on("pageerror", lambda error: this.trouble.append(str(error)))
    this.page.on("request", lambda request: this.asks(request))
    this.page.on("framenavigated", lambda frame: this.navigated(frame))
    this.page.on("requestfinished", lambda request: this.asked.discard(request))
    this.page.on("requestfailed", lambda request: this.failed(request))
    this.page.on("response", lambda r: this.trouble.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    return this


@contextlib.contextmanager
def opener(chromium: Browser, site: str) -> Iterator[PageOpener]:
    """What ``fresh_page`` is, for as long as the block lasts."""
    contexts: list[BrowserContext] = []
    looks: list[OpenedPage] = []

    def open_page(
        path: str, size: tuple[int, int] = (1280, 720), theme: str = "light", motion: str = "reduce", **more: object
    ) -> OpenedPage:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion=motion,  # type: ignore[arg-type]
            bypass_csp=False,
            **more,  # type: ignore[arg-type]
        )
        contexts.append(context)
        this = opened(context)
        looks.append(this)
        this.goto(path if "://" in path else site + path)
        return this

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    assert [trouble for each in looks for trouble in each.trouble] == []


@pytest.fixture
def fresh_page(chromium: Browser, site: str) -> Iterator[PageOpener]:
    """fresh_page(path, size=(w, h), theme="dark", …) opens a page; at the end of the test nothing has gone wrong."""
    with opener(chromium, site) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[OpenedPage]:
    """The one tab of a module's pages, with reduced motion."""
    context = chromium.new_context(reduced_motion="reduce")
    yield opened(context)
    context.close()


@pytest.fixture
def shared_page(request: pytest.FixtureRequest, tab: OpenedPage, site: str) -> Iterator[PageOpener]:
    """shared_page(path, size=(w, h), theme="dark") shows a page in the module's tab, for tests that start no run.

    It is loaded anew unless the same test has just been shown it at this size in the other theme: then the reader's
    system changes its theme, as it does in the evening. At the end of a test nothing must have gone wrong.
    """

    def show(path: str, size: tuple[int, int] = (1280, 720), theme: str = "light") -> OpenedPage:
        wanted = (request.node.originalname, path, size)
        tab.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        if tab.shows != wanted:
            tab.page.set_viewport_size({"width": size[0], "height": size[1]})
            tab.goto(site + path)
            tab.shows = wanted
        tab.drawn()
        return tab

    yield show
    found, tab.trouble = tab.trouble, []
    assert found == []
