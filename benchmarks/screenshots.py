"""Takes the screenshots of docs/screenshots/: every lesson, both languages, both themes, every size of the design."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from server.lesson.catalog import discover
from tests.browser.stand import ROOT, launch, serving

SIZES = {"1440x900": (1440, 900), "1280x720": (1280, 720), "1024x768": (1024, 768), "360x740": (360, 740)}


def main() -> int:
    """Writes PNG files named <slug>-<lang>-<size>-<theme>.png into the folder given, or docs/screenshots."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/screenshots"
    target.mkdir(parents=True, exist_ok=True)
    only = sys.argv[2:]
    pages = {"home": "/{lang}/"} | {slug: f"/{{lang}}/lessons/{slug}" for slug in discover()}
    with serving() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for slug, path in pages.items():
            if only and slug not in only:
                continue
            for lang in ("zh", "en"):
                for size, (width, height) in SIZES.items():
                    for theme in ("light", "dark"):
                        context = browser.new_context(
                            viewport={"width": width, "height": height},
                            color_scheme=theme,  # type: ignore[arg-type]
                            reduced_motion="reduce",
                        )
                        page = context.new_page()
                        page.goto(address + path.format(lang=lang))
                        page.wait_for_load_state("load")
                        if slug != "home":
                            page.wait_for_selector("html[data-ready]", state="attached")
                        page.screenshot(path=target / f"{slug}-{lang}-{size}-{theme}.png")
                        context.close()
        browser.close()
    print(f"{len(list(target.glob('*.png')))} screenshots in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
