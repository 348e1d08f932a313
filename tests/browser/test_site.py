"""A site without a server in a browser: from a plain web host and from a disk, alone and in another page."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server.settings import Settings
from server.web import site
from tests.browser.firefox import needs_firefox, session

HOST = """<!doctype html><html lang="en"><title>host</title><body>
<script type="module" src="{base}embed.js"></script><time-slice lesson="states" lang="zh"></time-slice></body></html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    with ThreadPoolExecutor(1) as pool:  # this thread's event loop is Playwright's
        pool.submit(site.write, made / "site", Settings(data_dir=made / "data"), slugs=("states",)).result()
    return made / "site"


@pytest.fixture(scope="module")
def served_at(folder: Path) -> Iterator[str]:
    """Python's own web server, which knows nothing of us."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page, which must meet no error of a script."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    made, wrong = context.new_page(), list[str]()
    made.on("pageerror", lambda error: wrong.append(str(error)))
    yield made
    context.close()
    assert wrong == []


@pytest.mark.parametrize("where", ["http", "file"])
def test_a_reader_goes_from_the_front_door_into_a_lesson_and_plays_it(
    page: Page, folder: Path, served_at: str, where: str
) -> None:
    base = served_at if where == "http" else f"{folder.as_uri()}/"
    page.goto(f"{base}index.html")
    page.wait_for_url(f"{base}en/index.html")
    page.locator('a[href*="lessons/states"]').first.click()
    page.wait_for_selector("html[data-ready]")
    page.goto(f"{base}en/lessons/states/index.html?guess=blocked")
    page.wait_for_selector("html[data-ready]")
    page.locator("[data-do=end]").click()
    expect(page.locator("#clock")).not_to_have_text("")
    assert page.locator("#run-form").count() == 0
    page.locator("nav.around a").click()
    page.wait_for_url(f"{base}en/index.html#yourself")


def test_the_element_of_another_page_plays_a_lesson_of_the_site(page: Page, folder: Path, served_at: str) -> None:
    (folder / "host.html").write_text(HOST.format(base=served_at), "utf-8")
    page.goto(f"{served_at}host.html")
    frame = page.frame_locator("time-slice iframe")
    expect(frame.locator("html[data-ready]")).to_have_count(1)
    expect(frame.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_a_frame_of_a_page_on_a_disk_plays_a_lesson_beside_it(page: Page, folder: Path) -> None:
    text = (
        '<!doctype html><html lang="en"><title>host</title><iframe src="en/lessons/states/index.html"></iframe></html>'
    )
    (folder / "frame.html").write_text(text, "utf-8")
    page.goto(f"{folder.as_uri()}/frame.html")
    expect(page.frame_locator("iframe").locator("html[data-ready]")).to_have_count(1)


@needs_firefox
def test_firefox_plays_a_lesson_from_a_disk_too(folder: Path) -> None:
    address = (folder / "en/lessons/states/index.html").as_uri()
    with session() as tab:
        page = tab.open(address, address)
        assert tab.wait(page, "document.documentElement.dataset.ready !== undefined") is True
