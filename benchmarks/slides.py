"""Every slide of every lesson, in both languages and on six screens, measured in a real Chromium.

``python -m benchmarks.slides [SLUG …] [--shots FOLDER]``. The goal: every sentence at least 1/24 of the height and
24 px, axes at least 1/40, at most six lanes; nothing scrolls, is cut off or lies over something else.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from server.lesson.catalog import discover
from server.text.labels import LANGS
from tests.browser.harness import launch, serving
from tests.browser.slides import SIZES, measured, present


def measure(browser: Browser, address: str, shots: Path | None, stem: str) -> tuple[int, list[str]]:
    """How many slides of one page were measured, and what is wrong with them."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, reduced_motion="reduce", color_scheme="light"
    )
    page = context.new_page()
    wrong: list[str] = []
    count = 0
    for name, (width, height), found in measured(page, present(page, address), SIZES):
        count += 1
        wrong += [f"{stem} {name} {width}x{height}: {each}" for each in found]
        if shots:
            page.screenshot(path=shots / f"{stem}-{width}x{height}-{count:03d}-{name.strip('.')}.png")
    context.close()
    return count, wrong


def main() -> int:
    """Exit status 1 if anything is wrong with any slide."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*", default=list(discover()))
    parser.add_argument("--shots", type=Path, help="a folder for a picture of each")
    given = parser.parse_args()
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    total, wrong, began = 0, [], time.monotonic()
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        for slug in given.slugs:
            for lang in LANGS:
                address = f"{site}/{lang}/lessons/{slug}?present=all"
                count, found = measure(browser, address, given.shots, f"{slug}-{lang}")
                total += count
                wrong += found
                print(f"{slug} {lang}: {count} slides measured, {len(found)} faults", flush=True)
        browser.close()
    print("\n".join(wrong))
    print(f"{total} slides in {time.monotonic() - began:.0f} s, {len(wrong)} faults (goal: 0)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
