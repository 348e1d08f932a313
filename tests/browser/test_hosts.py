"""The published snippet and the element in pages of other people: from http and from a disk, strict, sandboxed, narrow,
light and dark, in Chromium and in Firefox. tests/deploy/hosts.py opens them in WebKitGTK, and what tools have built.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page

from server.settings import Settings
from server.web import links
from tests.browser.conftest import PageOpener
from tests.browser.firefox import needs_firefox, session
from tests.browser.harness import serving_folder

SLUG = "concurrency-parallelism"
#: Sandboxes without an origin: the strictest that runs scripts, and the one in which WordPress shows every oEmbed.
SANDBOXED = {
    "sandbox": '<iframe src="{embed}" sandbox="allow-scripts" width="640" height="480"></iframe>',
    "wordpress": '<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted" '
    'src="{embed}#?secret=Ab3dEf" data-secret="Ab3dEf" width="600" height="480"></iframe>',
}  # fmt: skip
ELEMENT = (
    '<script type="module" src="{site}/embed.js"></script>'
    '<time-slice lesson="{slug}" lang="en" guess="skip"></time-slice>'
)
STRICT = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; frame-src {site}; script-src {site}">'
)
HOSTS = {
    "plain": "{snippet}",
    "element": ELEMENT,
    "strict": STRICT + "{snippet}",
    "strict-element": STRICT + ELEMENT,
    "narrow": '<div style="width:320px">{snippet}</div>',
    "narrow-element": f'<div style="width:320px">{ELEMENT}</div>',
    "dark": '<meta name="color-scheme" content="dark"><body style="background:#111;color:#eee">{snippet}',
    "light": '<meta name="color-scheme" content="light"><body style="background:#fff">{snippet}',
    **SANDBOXED,
}  # fmt: skip
FROM_DISK = ("plain", "element", *SANDBOXED)


def host(name: str, site: str) -> str:
    """A page of somebody else's, with the snippet as it is published."""
    port = int(site.rpartition(":")[2])
    embed = links.embed(Settings(port=port), "en", SLUG, {"guess": "skip"})
    snippet = links.iframe(embed, "A lesson")
    body = HOSTS[name].format(site=site, slug=SLUG, embed=embed, snippet=snippet)
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>{body}'


@pytest.fixture(scope="module")
def pages(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all hosts."""
    folder = tmp_path_factory.mktemp("hosts")
    for name in HOSTS:
        (folder / f"{name}.html").write_text(host(name, site))
    return folder


@pytest.fixture(scope="module")
def http(pages: Path) -> Iterator[str]:
    """The same over http, at another origin than the lessons'."""
    with serving_folder(pages) as address:
        yield address


def framed(page: Page) -> Frame:
    page.wait_for_selector("iframe", state="attached")
    frame = page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    return frame


def plays(frame: Frame) -> None:
    """Play begins, and the clock leaves its instant."""
    clock = frame.text_content("#clock")
    frame.locator("[data-do=play]").click()
    frame.wait_for_function("clock => document.getElementById('clock').textContent !== clock", arg=clock)


@pytest.mark.parametrize("name", HOSTS)
def test_a_lesson_plays_in_a_page_of_somebody_elses_over_http(fresh_page: PageOpener, http: str, name: str) -> None:
    this = fresh_page(f"{http}/{name}.html", theme="dark" if name == "dark" else "light")
    page, frame = this.page, framed(this.page)
    plays(frame)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if name in ("dark", "light"):
        ink = frame.evaluate("getComputedStyle(document.body).color")
        assert (int(ink.partition("(")[2].partition(",")[0]) > 128) == (name == "dark"), ink
    if name == "strict":  # its policy takes the snippet's border, and the browser says so
        this.trouble[:] = [each for each in this.trouble if "inline style" not in each]


@pytest.mark.parametrize("name", FROM_DISK)
def test_a_lesson_plays_in_a_page_from_a_disk(fresh_page: PageOpener, pages: Path, name: str) -> None:
    plays(framed(fresh_page((pages / f"{name}.html").as_uri()).page))


@pytest.mark.parametrize("name", SANDBOXED)
def test_run_says_why_it_cannot_and_where_it_can_in_a_sandbox_without_origin_and_tabs(
    fresh_page: PageOpener, http: str, site: str, name: str
) -> None:
    this = fresh_page(f"{http}/{name}.html")
    frame = framed(this.page)
    frame.locator("#run-form .go").click()
    address = f"{site}/en/lessons/{SLUG}"
    frame.wait_for_function("address => document.getElementById('status').textContent.includes(address)", arg=address)
    this.trouble[:] = [each for each in this.trouble if "allow-popups" not in each]  # the browser says so, too


@needs_firefox
def test_every_host_plays_in_firefox(http: str, pages: Path, site: str) -> None:
    with session() as tab:
        addresses = [f"{http}/{name}.html" for name in HOSTS] + [(pages / "plain.html").as_uri()]
        for address in addresses:
            secret = "#?secret=Ab3dEf" if "wordpress" in address else ""
            frame = tab.open(address, f"{site}/embed/en/{SLUG}?guess=skip{secret}")
            tab.wait(frame, "document.documentElement.dataset.ready !== undefined")
            # not by the mouse: the host may be giving the frame its height at this moment
            tab.wait(frame, "(document.querySelector('[data-do=play]').click(), true)")
            assert tab.wait(frame, "document.querySelector('[data-do=play]').getAttribute('aria-pressed') === 'true'")
