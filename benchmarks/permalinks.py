"""Random states of the page, reproduced by their address in another browser context.

``python -m benchmarks.permalinks [N] [SEED]``: a reader answers or goes on, turns steps, chooses a preset, a row, a
fold, an instant, a window, a speed, or presents; then the link is copied, in some cases with the guess. The goal: of
N (200) states none differs in what is seen: texts, rows, views, pixels of the lanes. The theme is each reader's own.
"""

from __future__ import annotations

import sys
import time

from playwright.sync_api import sync_playwright

from tests.browser.harness import launch, serving
from tests.browser.permalinks import Reader


def main() -> int:
    """Exit status 1 if a state was not reproduced."""
    count, seed = (int(each) for each in (*sys.argv[1:], *("200", "1")[len(sys.argv) - 1 :]))
    wrong, began = 0, time.monotonic()
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        reader = Reader(browser, site, seed)
        for number in range(1, count + 1):
            state = reader.state()
            found = reader.reproduced(state)
            wrong += bool(found)
            if found:
                print(f"{number}: {state.did}\n  {state.address}")
                print("".join(f"  {each[:300]}\n" for each in found), flush=True)
        browser.close()
    took = time.monotonic() - began
    print(f"{count} states (seed {seed}) in {took:.0f} s: {wrong} not reproduced (goal: 0)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
