"""`make test-hosts`: the server behind each proxy of docs/deploy/, at the top of a name and below a path, and lessons
in the pages of each tool of docs/embedding.md.

Prints one line a proxy and place, with what was asked for and how long a stream's first fact took beside a direct one,
and one a tool, page and browser; ends with 1 if anything is wrong. What is not installed is printed as not tried.
``webkit``: the pages of tests/browser/test_hosts.py, which the suite opens in Chromium and Firefox, in WebKitGTK.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Error, Page, sync_playwright

from server.lesson import catalog
from tests.browser import test_hosts, webkit
from tests.browser.harness import launch, serving, serving_folder
from tests.deploy import authored
from tests.deploy.proxies import BELOW, KINDS, ROOT, TOP, Kind, free_port, running
from tests.deploy.tools import TOOLS

SLUG = "concurrency-parallelism"
FIRST_FACT_MS = 250  # how much later than directly a proxy may bring the first fact
OVER = "#run:is([data-status=finished], [data-status=failed])"


@dataclass(frozen=True)
class Place:
    """One server behind one proxy."""

    name: str
    root: str
    port: int  # the proxy's
    upstream: int  # the server's

    @property
    def public(self) -> str:
        return f"http://{self.name}:{self.port}{self.root}"

    def client(self) -> httpx.Client:
        """A client that finds the name here."""
        headers = {"Host": f"{self.name}:{self.port}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60)

    def direct(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.upstream}", timeout=60)


def main(names: list[str]) -> int:
    """0 if everything held; ``names`` of proxies and tools, none: all."""
    wrong = 0
    with sync_playwright() as playwright:
        browser = launch(playwright, f"--host-resolver-rules=MAP {TOP} 127.0.0.1, MAP {BELOW} 127.0.0.1")
        wrong += _tools([each for each in names or TOOLS if each in TOOLS], browser)
        wrong += _written_by_hand() if not names or "webkit" in names else 0
        for name, kind in ((each, KINDS[each]) for each in names or KINDS if each in KINDS):
            if kind.path is None:
                print(f"{name:<8} not tried: {kind.program} is not installed", flush=True)
                continue
            for host, root in ((TOP, ""), (BELOW, ROOT)):
                told, good = _tried(kind, host, root, browser)
                wrong += not good
                print(f"{name:<8} {root or '/':<12} {told}", flush=True)
        browser.close()
    return 1 if wrong else 0


def _tools(names: list[str], browser: Browser) -> int:
    """How many pages of these tools were wrong."""
    wrong = 0
    with serving() if names else contextlib.nullcontext("") as site:
        for name in names:
            for told, good in authored.tried(name, browser, site):
                wrong += not good
                print(f"{name:<8} {told}", flush=True)
    return wrong


def _written_by_hand() -> int:
    """How many of those pages were wrong in WebKitGTK."""
    if webkit.minibrowser() is None:
        print("webkit   not tried: WebKitGTK, its WebDriver or Xvfb is not installed", flush=True)
        return 0
    wrong = 0
    with (
        serving() as site,
        tempfile.TemporaryDirectory(prefix="timeslice-hosts-") as folder,
        serving_folder(Path(folder)) as http,
        webkit.session() as tab,
    ):
        for name in test_hosts.HOSTS:
            Path(folder, f"{name}.html").write_text(test_hosts.host(name, site))
        from_disk = [(f"{name} from a disk", Path(folder, f"{name}.html").as_uri()) for name in test_hosts.FROM_DISK]
        for name, address in [*((name, f"{http}/{name}.html") for name in test_hosts.HOSTS), *from_disk]:
            told, good = authored.said(f"{tab.version}: {name}", partial(_by_hand, tab, address, site))
            wrong += not good
            print(f"webkit   {told}", flush=True)
    return wrong


def _by_hand(tab: webkit.Session, address: str, site: str) -> str | None:
    """Plays, and runs; in a sandbox without an origin it says where the lesson runs."""
    frame = tab.open(address, f"{site}/embed/en/{test_hosts.SLUG}")
    tab.wait(frame, authored.STANDS)
    tab.wait(frame, "(document.querySelector('[data-do=play]').click(), true)")
    tab.wait(frame, "document.querySelector('[data-do=play]').getAttribute('aria-pressed') === 'true'")
    tab.wait(frame, "(document.querySelector('#run-form .go').click(), true)")
    if any(name in address for name in test_hosts.SANDBOXED):
        elsewhere = json.dumps(f"{site}/en/lessons/{test_hosts.SLUG}")
        tab.wait(frame, f"document.getElementById('status').textContent.includes({elsewhere})")
        return "played, said where it runs"
    status = tab.wait(frame, authored.ENDED)
    assert status == "finished", status
    return None


def _tried(kind: Kind, host: str, root: str, browser: Browser) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory(prefix="timeslice-hosts-") as folder:
        place = Place(host, root, free_port(), free_port())
        with running(kind, Path(folder), place.port, place.upstream):
            try:
                return _held(place, browser), True
            except (AssertionError, httpx.HTTPError, RuntimeError, Error) as error:
                return f"WRONG: {error!r}", False


@contextlib.contextmanager
def _server(place: Place) -> Iterator[None]:
    with serving(PORT=str(place.upstream), TIMESLICE_PUBLIC_URL=place.public):
        yield


def _held(place: Place, browser: Browser) -> str:
    """What was tried, in words; AssertionError where it did not hold."""
    told = []
    page = browser.new_page(reduced_motion="reduce")
    with _server(place):
        with place.client() as client:
            told.append(f"{_pages(client, place.root)} addresses")
            run, late_ms = _first_fact(place)
            told.append(f"first fact {late_ms:+.0f} ms")
            assert late_ms <= FIRST_FACT_MS, f"the first fact came {late_ms:.0f} ms after the direct one"
            told.append(f"resumed after {_resumed(client, place.root, run)} messages")
            _answers(client, [f"{place.root}/api/runs/{run}/{each}" for each in ("replay.html", "trace.json", "log")])
        _runs(page, f"{place.public}/en/lessons/{SLUG}?guess={catalog.discover()[SLUG].right}")
        told.append("page ran")
        _runs(browser.new_page(reduced_motion="reduce"), f"{place.public}/embed/en/{SLUG}?guess=skip")
        told.append("embed ran")
    with place.client() as client:
        assert client.get(f"{place.root}/en/").status_code in (502, 503)
    page.locator("#run-form .go").click()
    said = page.wait_for_selector("#run .error").text_content()  # type: ignore[union-attr]
    assert said
    told.append("a 502 is a sentence")
    with _server(place):
        _runs(page, None)
        told.append("the same page ran again after a restart")
    page.context.close()
    return ", ".join(told)


def _answers(client: httpx.Client, paths: list[str]) -> int:
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(paths)


def _pages(client: httpx.Client, root: str) -> int:
    """Asks for every page, embed, oEmbed answer and recording; how many there were."""
    slugs = catalog.discover()
    paths = [f"/{lang}/{each}" for lang in ("zh", "en") for each in ("", "about", "about/tutorial")]
    paths += [f"{way}/{slug}" for slug in slugs for way in ("/zh/lessons", "/en/lessons", "/embed/en", "/embed/zh")]
    paths += ["/embed.js", "/robots.txt", "/sitemap.xml", "/api/lessons", "/api/docs"]
    public = client.headers["Host"]
    paths += [f"/oembed?url=http://{public}{root}/en/lessons/{slug}" for slug in slugs]
    if root:
        bare = client.get(root)
        assert (bare.status_code, bare.headers["location"].endswith(f"{root}/")) in ((308, True), (307, False))
    return _answers(client, [root + each for each in paths])


def _first_fact(place: Place) -> tuple[str, float]:
    """Starts a run and follows it directly and through the proxy; its id, and how much later (ms) the proxy's first
    fact came."""
    with place.direct() as client:
        started = client.post("/api/runs", json={"lesson": SLUG, "params": {}})
    assert started.status_code == 201, started.text
    run = started.json()["id"]
    at: dict[str, float] = {}

    def follow(name: str, client: httpx.Client, path: str) -> None:
        with client, client.stream("GET", path) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    at.setdefault(name, time.monotonic())

    threads = [
        threading.Thread(target=follow, args=("direct", place.direct(), f"/api/runs/{run}/events")),
        threading.Thread(target=follow, args=("proxy", place.client(), f"{place.root}/api/runs/{run}/events")),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return run, (at["proxy"] - at["direct"]) * 1000


def _resumed(client: httpx.Client, root: str, run: str) -> int:
    """Breaks a stream off after its first message and resumes it: nothing is missing, nothing comes twice."""
    path = f"{root}/api/runs/{run}/events"
    whole = _messages(client, path, None)
    assert len(whole) > 1
    last = whole[0][0]
    rest = _messages(client, path, last)
    assert [each[0] for each in rest][-1] == whole[-1][0]
    assert whole[0] not in rest
    after = int(last.rpartition(".")[2])
    lines = client.get(f"{root}/api/runs/{run}/log?after={after}").text.splitlines()
    assert all(json.loads(line) for line in lines)
    return 1


def _messages(client: httpx.Client, path: str, last: str | None) -> list[tuple[str, str]]:
    """Ids and data of a stream's messages."""
    found, position = [], ""
    with client.stream("GET", path, headers={"Last-Event-ID": last} if last else {}) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith("id:"):
                position = line[3:].strip()
            elif line.startswith("data:") and position:
                found.append((position, line[5:]))
    return found


def _runs(page: Page, address: str | None) -> None:
    """Opens a page and presses Run; waits for the run's end. None: the page that is open already."""
    page.set_default_timeout(120_000)  # a loaded machine is no failure
    if address:
        page.goto(address)
    page.wait_for_selector("html[data-ready]")
    before = page.get_attribute("#run", "data-run")
    page.eval_on_selector_all("#run-form [name=millions]", "all => all.forEach(each => { each.value = each.min })")
    page.locator("#run-form .go").click()
    page.wait_for_function("id => document.getElementById('run').dataset.run !== (id ?? undefined)", arg=before)
    status = page.wait_for_selector(OVER, timeout=120_000)
    assert status is not None
    assert status.get_attribute("data-status") == "finished"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
