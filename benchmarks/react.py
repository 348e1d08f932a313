"""How long a reader waits: from an action to the changed frame and to the changed picture, and frames in a burst.

    python -m benchmarks.react [--times 20]

Starts a server of its own and a Chromium. The first figure is taken by a client of the event stream (POST sent → the
first bytes that come after it, while nothing else happens in the run), the second in the page (click → the terminal's
text has changed), the third with requestAnimationFrame while 10,000 lines go through the pipe. Exit status 1 if the
median of either wait is above 100 ms.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.browser.harness import launch, serving

GOAL_MS = 100.0
QUIET_S = 0.4  # an idle pipeline states nothing: bytes after so long a silence belong to the action

_CLICKED = """action => new Promise(done => {
  const lines = document.querySelector('.terminal-lines'), began = performance.now();
  const drawn = () => { seen.disconnect(); done(performance.now() - began); };
  const seen = new MutationObserver(() => requestAnimationFrame(drawn));
  seen.observe(lines, {childList: true, characterData: true, subtree: true});
  document.querySelector(`[data-action=${action}]`).click();
})"""
_FRAMES = """ms => new Promise(done => {
  const times = [], began = performance.now();
  const tick = now => { times.push(now); if (now - began < ms) requestAnimationFrame(tick); else done(times); };
  requestAnimationFrame(tick);
  document.querySelector('[data-action=burst]').click();
})"""


def at_a_client(site: str, times: int) -> list[float]:
    """POST of an action → the first bytes on another connection's event stream, in ms."""
    with httpx.Client(base_url=site, timeout=30) as client:
        run = client.post("/api/runs", json={"lesson": "states", "preset": "plain"}).json()
        came: list[float] = []
        listener = threading.Thread(target=_listen, args=(site + run["links"]["events"], came), daemon=True)
        listener.start()
        time.sleep(2)
        took = [_one(client, run, came) for _ in range(times)]
        client.delete(run["links"]["self"], headers={"Authorization": f"Bearer {run['key']}"})
        listener.join(10)
    return took


def _listen(address: str, came: list[float]) -> None:
    with httpx.stream("GET", address, timeout=60) as answer:
        came.extend(time.monotonic() for _ in answer.iter_raw())


def _one(client: httpx.Client, run: dict[str, Any], came: list[float]) -> float:
    time.sleep(QUIET_S)
    began = time.monotonic()
    client.post(
        run["links"]["actions"], json={"action": "append"}, headers={"Authorization": f"Bearer {run['key']}"}
    ).raise_for_status()
    while not came or came[-1] < began:
        time.sleep(0.001)
    return 1000 * (next(each for each in came if each >= began) - began)


def in_chromium(page: Page, site: str, times: int) -> tuple[list[float], list[float]]:
    """Click → changed terminal, in ms; and the gaps between frames while a burst goes through, in ms."""
    page.goto(f"{site}/en/lessons/states")
    page.wait_for_selector("html[data-ready]")
    page.click(".go")
    page.wait_for_selector(".pipe-program[data-state=blocked] ~ .pipe-program[data-state=blocked]")
    took = []
    for _ in range(times):
        page.wait_for_timeout(1000 * QUIET_S)
        took.append(float(page.evaluate(_CLICKED, "append")))
    stamps = page.evaluate(_FRAMES, 2000)
    page.click("[data-action=end]")
    return took, [b - a for a, b in itertools.pairwise(stamps)]


def say(what: str, values: Sequence[float]) -> float:
    """Print median, 95th percentile and maximum; gives the median."""
    ranked = sorted(values)
    middle = statistics.median(ranked)
    late = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    print(f"{what:52} median {middle:6.1f} ms   p95 {late:6.1f} ms   max {ranked[-1]:6.1f} ms   ({len(ranked)})")
    return middle


def main() -> int:
    """Measure all three."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.react", description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=20, help="actions measured")
    asked = parser.parse_args()
    with serving() as site, sync_playwright() as playwright:
        first = say("action to changed frame at a client", at_a_client(site, asked.times))
        browser = launch(playwright)
        took, gaps = in_chromium(browser.new_page(viewport={"width": 1280, "height": 720}), site, asked.times)
        browser.close()
    second = say("click to changed picture in Chromium", took)
    say("gap between frames, 2 s around 10,000 lines", gaps)
    print(f"frames a second: {1000 * len(gaps) / sum(gaps):.1f}; gaps longer than 20 ms: {sum(g > 20 for g in gaps)}")
    return 0 if max(first, second) <= GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
