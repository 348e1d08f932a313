"""How a lesson's page opens on a slow computer: what moves under the reader's eyes, and how long nothing answers.

    python -m benchmarks.page [SLUG …] [--times 5] [--profile]

Chromium with a processor four times slower (CDP, Emulation.setCPUThrottlingRate) opens every lesson in both languages,
as a reader first meets it and at its second step. Printed: the sum of layout shift scores and the blocking time (what
tasks take beyond 50 ms until the page is quiet), each the median of five fresh contexts. Goals: ≤ 0.05 and ≤ 200 ms.
``--profile`` adds where the time went: script, style and layout, in ms at full speed.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from playwright.sync_api import Browser, sync_playwright

from benchmarks import table
from server.lesson.catalog import discover
from server.text import lesson_text
from server.text.labels import LANGS
from tests.browser import vitals
from tests.browser.harness import launch, serving

GOAL_MS, SLOWER = 200.0, 4
_PARTS = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration", "TaskDuration")


def opened(browser: Browser, address: str) -> tuple[float, float, list[float]]:
    """Shift, blocking time (ms) and the parts of the renderer's time (ms) of one opening."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(vitals.WATCH_TASKS)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise(done => requestIdleCallback(done))")
    told = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    found = vitals.shift(page), vitals.blocked_ms(page), [told[name] * 1e3 for name in _PARTS]
    context.close()
    return found


def main() -> int:
    """Exit status 1 if a page misses a goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*", default=list(discover()))
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    shifts, blocks = [], []
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        pages = [
            f"/{lang}/lessons/{slug}{query}"
            for slug in given.slugs
            for lang in LANGS
            for query in ("", f"?step={lesson_text.text(slug, lang).steps[1].id}")
        ]
        for path in pages:
            found = [opened(browser, site + path) for _ in range(given.times)]
            shifts.append(statistics.median(each[0] for each in found))
            blocks.append(statistics.median(each[1] for each in found))
            print(f"{path:52} shift {shifts[-1]:.3f}  blocked {blocks[-1]:4.0f} ms", end="")
            parts = zip(_PARTS, zip(*(each[2] for each in found), strict=True), strict=True)
            told = " ".join(f"{name.removesuffix('Duration')} {statistics.median(ms):.0f}" for name, ms in parts)
            print(f"  ({told})" if given.profile else "", flush=True)
        browser.close()
    met = [
        table.compared("layout shift of a page, the worst of all", "–", [max(shifts)], at_most=vitals.MOST_SHIFT),
        table.compared("blocking time of a page, CPU 4×, the worst", "–", [max(blocks)], at_most=GOAL_MS, unit="ms"),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
