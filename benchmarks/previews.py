"""Makes the preview picture of every lesson and language, 1200×630: its question and the home page's still picture.

``python -m benchmarks.previews``; it compares nothing. To be run again when a recording or a question has changed.
"""

from __future__ import annotations

import sys
from html import escape

from playwright.sync_api import sync_playwright

from server.lesson.catalog import discover
from server.text import lesson_text
from server.text.labels import LANGS, TAGS
from server.web import preview
from tests.browser.harness import launch, serving

CARD = """<!doctype html><html lang="{tag}"><meta charset="utf-8"><style>
body {{ margin: 0; padding: 56px 64px; inline-size: 1200px; block-size: 630px; box-sizing: border-box; overflow: hidden;
  display: flex; flex-direction: column; gap: 28px; background: #fbfaf6; color: #1c1b19;
  font-family: "Noto Sans", "Noto Sans SC", "Noto Sans CJK SC", sans-serif; }}
p {{ margin: 0; font-size: 26px; color: #5c5a53; }}
h1 {{ margin: 0; font-size: 54px; line-height: 1.2; text-wrap: balance; }}
img {{ inline-size: 100%; min-block-size: 0; flex: 1; object-fit: contain; object-position: left top; }}
</style><p>Timeslice · {title}</p><h1>{question}</h1><img src="{still}" alt=""></html>"""


def main() -> int:
    """Writes the files beside the lessons' texts."""
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": preview.WIDTH, "height": preview.HEIGHT})
        for slug in discover():
            for lang in LANGS:
                front = lesson_text.text(slug, lang).front
                still = f"{site}/{lang}/lessons/{slug}/still.svg"
                card = CARD.format(
                    tag=TAGS[lang], title=escape(front.title), question=escape(front.question), still=still
                )
                page.set_content(card, wait_until="networkidle")
                page.screenshot(path=preview.path(slug, lang))
                print(preview.path(slug, lang), preview.path(slug, lang).stat().st_size, flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
