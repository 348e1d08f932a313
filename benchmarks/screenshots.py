"""Takes the pictures of docs/screenshots/: every step and every slide of every lesson at 1280×720, light, as WebP.

    python -m benchmarks.screenshots [SLUG …] [--folder FOLDER] [--sheets FOLDER]

Steps are taken in English, slides in Chinese, so that both languages are seen and all of it stays under 8 MB; home in
both. ``--sheets`` takes contact sheets instead, not to be committed: the steps of each lesson in one picture, for both
languages, both themes and every size of the design.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from server.lesson.catalog import discover
from server.text import lesson_text
from server.text.labels import LANGS
from tests.browser.harness import ROOT, launch, serving
from tests.browser.slides import go, present

SIZE, QUALITY, MOST_BYTES = (1280, 720), 25, 8 * 2**20
SHEET_SIZES = ((1440, 900), (1280, 720), (1024, 768), (360, 740))
_SHEET = """<!doctype html><style>body {{ margin: 8px; display: grid; gap: 8px; font: 14px sans-serif;
grid-template-columns: repeat(4, 1fr) }} img {{ width: 100%; border: 1px solid #888 }}</style>{}"""


def tab(browser: Browser, size: tuple[int, int], theme: str = "light") -> Page:
    """A page of its own context, with reduced motion."""
    return browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    ).new_page()


def webp(page: Page, quality: int = QUALITY) -> bytes:
    """What is on screen (CDP, Page.captureScreenshot: Playwright knows no WebP)."""
    devtools = page.context.new_cdp_session(page)
    taken = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
    devtools.detach()
    return base64.b64decode(taken["data"])


def steps(page: Page, site: str, slug: str, lang: str) -> Iterator[tuple[str, bytes]]:
    """Name and picture of every step."""
    for number, step in enumerate(lesson_text.text(slug, "zh" if lang == "zh" else "en").steps, start=1):
        page.goto(f"{site}/{lang}/lessons/{slug}" + (f"?step={step.id}" if number > 1 else ""))
        page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
        page.wait_for_load_state("networkidle")
        yield f"{slug}-{number:02d}-{step.id}-{lang}", webp(page)


def slides(page: Page, site: str, slug: str, lang: str) -> Iterator[tuple[str, bytes]]:
    """Name and picture of every slide."""
    for number in range(1, present(page, f"{site}/{lang}/lessons/{slug}?present=all") + 1):
        name = go(page, number)
        yield f"{slug}-slide-{number:02d}-{name.strip('.').replace('.', '-')}-{lang}", webp(page)


def committed(browser: Browser, site: str, slugs: list[str], folder: Path) -> None:
    """Writes what is committed; what a lesson no longer has goes."""
    page = tab(browser, SIZE)
    page.set_default_timeout(120_000)
    for lang in LANGS:
        page.goto(f"{site}/{lang}/")
        (folder / f"home-{lang}.webp").write_bytes(webp(page))
    for slug in slugs:
        taken = {**dict(steps(page, site, slug, "en")), **dict(slides(page, site, slug, "zh"))}
        for old in (each for each in folder.glob(f"{slug}-*.webp") if each.stem not in taken):
            old.unlink()
        for name, picture in taken.items():
            (folder / f"{name}.webp").write_bytes(picture)
        print(f"{slug}: {len(taken)} pictures, {sum(map(len, taken.values())) / 2**20:.2f} MB", flush=True)
    page.context.close()


def sheets(browser: Browser, site: str, slugs: list[str], folder: Path) -> None:
    """Writes a contact sheet of each lesson, language, size and theme."""
    for slug, lang, size, theme in product(slugs, LANGS, SHEET_SIZES, ("light", "dark")):
        page = tab(browser, size, theme)
        taken = [base64.b64encode(picture).decode() for _, picture in steps(page, site, slug, lang)]
        page.context.close()
        sheet = tab(browser, (1600, 900))
        sheet.set_content(_SHEET.format("".join(f'<img src="data:image/webp;base64,{each}">' for each in taken)))
        name = f"{slug}-{lang}-{size[0]}x{size[1]}-{theme}.png"
        sheet.screenshot(path=folder / name, full_page=True)
        sheet.context.close()
        print(name, flush=True)


def main() -> int:
    """Exit status 1 if the committed pictures are too large together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slugs", nargs="*", default=list(discover()))
    parser.add_argument("--folder", type=Path, default=ROOT / "docs/screenshots")
    parser.add_argument("--sheets", type=Path)
    given = parser.parse_args()
    folder: Path = given.sheets or given.folder
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        (sheets if given.sheets else committed)(browser, site, given.slugs, folder)
        browser.close()
    size = sum(each.stat().st_size for each in folder.glob("*.webp"))
    print(f"{len(list(folder.glob('*.webp')))} pictures, {size / 2**20:.2f} MB in {folder} (goal ≤ 8)")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
