"""Eight embeds on one page, and a run started in each of them: what they ask for, and what is left for their host.

``python -m benchmarks.embeds [N]``, in Chromium over HTTP/1.1 (six connections to a server). The host is a page at the
server's own address, so that its requests share the connections of its embeds: the worst place for it. Goals: at most
8 requests until the first embed is near the screen; every run ends or says why it waits; at most two streams at once;
no request of the host's own takes 200 ms.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from itertools import cycle, islice

from playwright.sync_api import Frame, Page, Request, sync_playwright

from server.lesson.catalog import discover
from tests.browser.harness import launch, serving

#: The host asks for something small of the server's ten times a second.
OWN = """() => {
  performance.setResourceTimingBufferSize(100000);
  globalThis.asks = setInterval(() => fetch('/robots.txt', { cache: 'no-store' }), 100);
}"""
#: How long each took by the browser's network (Resource Timing, ms), as embeds of the host's own address share its main
#: thread, and of that how long it waited for a connection.
TOOK = """() => (clearInterval(asks), performance.getEntriesByType('resource')
  .filter(each => each.name.endsWith('/robots.txt'))
  .map(each => [each.duration, each.requestStart - each.startTime]))"""
FAR = 3000  # px between the host's top and the first embed
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
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.route(f"{site}/host.html", lambda route: route.fulfill(body=_host(count), content_type="text/html"))
        streams = Streams(page)
        page.goto(f"{site}/host.html")
        page.wait_for_function("Boolean(customElements.get('time-slice'))")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        before = len(streams.asked)
        page.evaluate(OWN)
        frames = _opened(page, count)
        loaded = len(streams.asked) - before
        waits, ends = _run(frames)
        own, waited = zip(*page.evaluate(TOOK), strict=True)
        browser.close()
    print(f"{before} requests before any is near, {loaded} until all {count} are ready")
    print(f"runs: {dict(ends)}; waited with a word: {waits}; at most {streams.most} streams at once")
    print(
        f"{len(own)} requests of the host's own: median {statistics.median(own):.0f}, worst {max(own):.0f} ms (< 200)"
    )
    print(f"of that for a connection: worst {max(waited):.0f} ms")
    good = before <= 8 and set(ends) == {"finished"} and streams.most <= 2 and max(own) < 200
    return 0 if good else 1


def _host(count: int) -> str:
    """A page with as many embeds as asked for, of one lesson after another, the first far below the window."""
    one = '<time-slice lesson="{}" lang="en" guess="skip"></time-slice>'
    elements = "".join(one.format(slug) for slug in islice(cycle(discover()), count))
    script = '<script type="module" src="/embed.js"></script>'
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
