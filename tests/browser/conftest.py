"""Fixtures of the browser tests: one server and one Chromium a session, a fresh page a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.stand import ROOT, launch, serving

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


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
class Look:
    """An open page and everything that went wrong on it."""

    page: Page
    trouble: list[str] = field(default_factory=list)

    def axe(self) -> list[str]:
        """Accessibility findings (axe-core, WCAG 2.0 to 2.2 A and AA): rule, and where."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
            ".then(r => r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`)))",
            RULES,
        )
        return list(found)

    def sideways(self) -> int:
        """How many pixels the page can be scrolled sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


Opener = Callable[..., Look]


@pytest.fixture
def look(chromium: Browser, site: str) -> Iterator[Opener]:
    """look(path, size=(w, h), theme="dark", …) opens a page; at the end of the test nothing must have gone wrong."""
    contexts: list[BrowserContext] = []
    looks: list[Look] = []

    def open_page(
        path: str, size: tuple[int, int] = (1280, 720), theme: str = "light", motion: str = "reduce", **more: object
    ) -> Look:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion=motion,  # type: ignore[arg-type]
            bypass_csp=False,
            **more,  # type: ignore[arg-type]
        )
        contexts.append(context)
        this = Look(context.new_page())
        looks.append(this)
        this.page.on("console", lambda m: this.trouble.append(m.text) if m.type in ("error", "warning") else None)
        this.page.on("pageerror", lambda error: this.trouble.append(str(error)))
        this.page.on("requestfailed", lambda r: this.trouble.append(f"failed: {r.url} {r.failure}"))
        this.page.on("response", lambda r: this.trouble.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        this.page.goto(path if "://" in path else site + path)
        this.page.wait_for_load_state("load")
        return this

    yield open_page
    for context in contexts:
        context.close()
    assert [trouble for each in looks for trouble in each.trouble] == []
