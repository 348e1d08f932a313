"""Eight embeds on one page, and a run started in each of them: what they ask for, and what is left for their host.

``python -m benchmarks.embeds [N]``, in Chromium over HTTP/1.1 (six connections to a server), twice: with the host at
another address, as a course's site is, so that it shares the machine with its embeds and nothing else; and at the
server's own, so that its requests share the embeds' six connections, too. Goals: at most 8 requests until the first
embed is near the screen; every run ends or says why it waits; at most two streams at once; no request of the host's own
takes 200 ms.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from os import getloadavg
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Frame, Page, Request, sync_playwright

from server.lesson.catalog import discover
from tests.browser.harness import launch, serving, serving_folder

#: The host asks for something small of its own ten times a second.
OWN = """() => {
  performance.setResourceTimingBufferSize(100000);
  globalThis.asks = setInterval(() => fetch('/robots.txt', { cache: 'no-store' }), 100);
}"""
NOW = "performance.now()"
#: When each was asked for, how long it took by the browser's network (Resource Timing, ms), as embeds of the host's own
#: address share its main thread, and of that how long it waited for a connection and then for the answer's first byte.
TOOK = """() => (clearInterval(asks), performance.getEntriesByType('resource')
  .filter(each => each.name.endsWith('/robots.txt'))
  .map(({ startTime, duration, requestStart, responseStart }) =>
    [startTime, duration, requestStart - startTime, responseStart - requestStart]))"""
FAR = 3000  # px between the host's top and the first embed
MOST_MS = 200
SETTLED = "#run:is([data-status=finished], [data-status=failed])"
PATIENCE_MS = 300_000  # a loaded machine is no failure


class Streams:
    """The requests of a page, and how many event streams were open together at most."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.most, self._open = 0, set[Request]()
        page.on("request", self._asks)
        page.on("requestfinished", lambda request: self._open.discard(request))
        page.on("requestfailed", lambda request: self._open.discard(request))

    def _asks(self, request: Request) -> None:
        if request.url.endswith(("/robots.txt", "/host.html")):
            return
        self.asked.append(request.url)
        if "/events?" in request.url:
            self._open.add(request)
            self.most = max(self.most, len(self._open))


def main() -> int:
    """Exit status 1 if a goal was missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    good = True
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for apart in (True, False):
            with serving() as site, _elsewhere(_host(count, site)) as other:
                good &= _tried(browser, site, other if apart else None, count)
        browser.close()
    return 0 if good else 1


@contextmanager
def _elsewhere(html: str) -> Iterator[str]:
    """The host as a site of its own; its address."""
    with tempfile.TemporaryDirectory(prefix="timeslice-embeds-") as name:
        folder = Path(name)
        (folder / "host.html").write_text(html)
        (folder / "robots.txt").write_text("User-agent: *\n")
        with serving_folder(folder) as address:
            yield address


def _tried(browser: Browser, site: str, other: str | None, count: int) -> bool:
    """One page with embeds of ``site``, at ``other`` or (None) at the same address; whether it met the goals."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    if other is None:
        page.route(f"{site}/host.html", lambda route: route.fulfill(body=_host(count, site), content_type="text/html"))
    streams = Streams(page)
    page.goto(f"{other or site}/host.html")
    page.wait_for_function("Boolean(customElements.get('time-slice'))")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    before = len(streams.asked)
    page.evaluate(OWN)
    frames = _opened(page, count)
    loaded, opened_ms = len(streams.asked) - before, page.evaluate(NOW)
    waits, ends = _run(frames)
    took = page.evaluate(TOOK)
    page.close()
    print(f"the host at {'another' if other else 'the same'} address (load {getloadavg()[0]:.1f})")
    print(f"  {before} requests before any is near, {loaded} until all {count} are ready")
    print(f"  runs: {dict(ends)}; waited with a word: {waits}; at most {streams.most} streams at once")
    slow = [
        _told("while they opened", [each for each in took if each[0] < opened_ms]),
        _told("while they ran", [each for each in took if each[0] >= opened_ms]),
    ]
    return before <= 8 and set(ends) == {"finished"} and streams.most <= 2 and max(slow) < MOST_MS


def _told(when: str, took: list[Any]) -> float:
    """Prints what the host's own requests took; the worst of them, in ms."""
    _, whole, connection, answer = zip(*took, strict=True)
    late = sum(each >= MOST_MS for each in whole)
    print(f"  {len(whole)} requests of the host's own {when}: median {statistics.median(whole):.0f}, ", end="")
    print(f"worst {max(whole):.0f} ms ({late} took {MOST_MS} or more); ", end="")
    print(f"for a connection at worst {max(connection):.0f}, then for the answer {max(answer):.0f}")
    return float(max(whole))


def _host(count: int, site: str) -> str:
    """A page with as many embeds as asked for, of one lesson after another, the first far below the window."""
    one = '<time-slice lesson="{}" lang="en" guess="skip"></time-slice>'
    elements = "".join(one.format(slug) for slug in islice(cycle(discover()), count))
    script = f'<script type="module" src="{site}/embed.js"></script>'
    return f'<!doctype html><meta charset="utf-8"><p style="height:{FAR}px"></p>{elements}{script}'


def _opened(page: Page, count: int) -> list[Frame]:
    """Brings one embed after another to the screen; their frames, each ready."""
    frames = []
    for at in range(count):
        element = page.locator("time-slice").nth(at)
        element.scroll_into_view_if_needed()
        handle = element.locator("iframe").element_handle()
        frame = handle.content_frame()
        assert frame is not None
        frame.wait_for_selector("html[data-ready]", state="attached")
        frames.append(frame)
    return frames


def _run(frames: list[Frame]) -> tuple[int, Counter[str]]:
    """Starts a run in each; how many of them said meanwhile that they wait, and how the runs ended."""
    for frame in frames:
        frame.locator("#run-form .go").click()
    waits = 0
    for frame in frames:
        frame.wait_for_selector("#run[data-run]", state="attached")
        waits += frame.get_attribute("#run", "data-status") == "queued" and bool(frame.inner_text("#status").strip())
    for frame in frames:
        frame.wait_for_selector(SETTLED, state="attached")
    return waits, Counter(str(frame.get_attribute("#run", "data-status")) for frame in frames)


if __name__ == "__main__":
    sys.exit(main())
