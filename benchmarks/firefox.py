"""Every lesson in both languages in Firefox: its page, with a run of the reader's own, its embed, and its offline file.

``python -m benchmarks.firefox [SLUG…]``: a reader guesses, starts a run and waits for its end, presses Next to the last
step, steps back, and recalls; an embed is ready and plays; the file does the same as the page from file:// with the
network off, but no run. Goal: all of it, and no error or warning in the console. It takes some five minutes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from server.lesson import catalog
from server.log import recording
from server.settings import Settings
from server.text.labels import LANGS, Lang
from server.web import replay
from tests.browser import firefox_reader as reader
from tests.browser.firefox import Session, session
from tests.browser.harness import serving

ENDED = "/^(finished|failed|stopped)/.test(document.getElementById('run')?.dataset.status) && run.dataset.status"


def main() -> int:
    """Exit status 1 if something was wrong."""
    slugs = sys.argv[1:] or list(catalog.discover())
    each = [(slug, lang) for slug in slugs for lang in LANGS]
    wrong, began = 0, time.monotonic()
    with serving() as site, session() as tab:
        for what, told in _walked(tab, each, lambda tab, slug, lang: _page(tab, site, slug, lang)):
            wrong += told.startswith("WRONG")
            print(f"page {what}: {told}", flush=True)
    with tempfile.TemporaryDirectory(prefix="timeslice-file-") as folder, session("--offline") as tab:
        for what, told in _walked(tab, each, lambda tab, slug, lang: _file(tab, Path(folder), slug, lang)):
            wrong += told.startswith("WRONG")
            print(f"file {what}: {told}", flush=True)
    print(f"{2 * len(each)} in {time.monotonic() - began:.0f} s: {wrong} wrong (goal: 0)")
    return 1 if wrong else 0


def _walked(
    tab: Session, each: list[tuple[str, Lang]], walk: Callable[[Session, str, Lang], str]
) -> Iterator[tuple[str, str]]:
    for slug, lang in each:
        tab.trouble.clear()
        try:
            told = walk(tab, slug, lang)
            assert tab.trouble == [], tab.trouble
        except (AssertionError, RuntimeError, TimeoutError) as error:
            told = f"WRONG: {error!r}"
        yield f"{slug} {lang}", told


def _page(tab: Session, site: str, slug: str, lang: Lang) -> str:
    address = f"{site}/{lang}/lessons/{slug}"
    frame = tab.open(address, address)
    tab.wait(frame, reader.STANDS)
    reader.guess(tab, frame)
    tab.wait(frame, "(document.querySelectorAll('#run-form [name=millions]').forEach(e => { e.value = e.min }), true)")
    reader.press(tab, frame, "#run-form .go")
    status = tab.wait(frame, ENDED)
    assert status == "finished", tab.wait(frame, "document.getElementById('status').innerText")
    count = reader.turn(tab, frame, slug, lang)
    reader.recall(tab, frame)
    reader.press(tab, frame, "[data-turn='-1']")
    embed = f"{site}/embed/{lang}/{slug}?guess=skip"
    frame = tab.open(embed, embed)
    tab.wait(frame, reader.STANDS)
    reader.press(tab, frame, "[data-do=play]")
    tab.wait(frame, "document.querySelector('[data-do=play]').getAttribute('aria-pressed') === 'true'")
    return f"run finished, {count} steps, recall, embed plays"


def _file(tab: Session, folder: Path, slug: str, lang: Lang) -> str:
    path = catalog.recording_path(slug, catalog.discover()[slug].scenes[0].preset)
    assert path is not None
    file = folder / f"{slug}.{lang}.html"
    file.write_bytes(replay.html(Settings(), "abcdef123", recording.read(path), lang))
    frame = tab.open(file.as_uri(), file.as_uri())
    tab.wait(frame, reader.STANDS)
    reader.guess(tab, frame)
    count = reader.turn(tab, frame, slug, lang)
    reader.recall(tab, frame)
    return f"{count} steps, recall, without a network"


if __name__ == "__main__":
    sys.exit(main())
