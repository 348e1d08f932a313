"""A link reproduces the screen it was copied from; ``python -m benchmarks.permalinks`` tries many more."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Browser

from tests.browser.permalinks import Reader


def test_eight_states_made_at_random_are_reproduced_by_their_links(chromium: Browser, site: str) -> None:
    with contextlib.closing(Reader(chromium, site, seed=2)) as reader:
        for _ in range(8):
            state = reader.state()
            assert reader.reproduced(state) == [], f"{state.did}: {state.address}"
