"""The published snippet in Firefox: another browser's sandbox, stream and event loop."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.request import urlopen

from tests.browser.firefox import needs_firefox, session

SLUG = "concurrency-parallelism"


def snippet(site: str) -> str:
    """What the Embed dialog of a lesson offers to be copied, letter by letter."""
    with urlopen(f"{site}/en/lessons/{SLUG}") as page:
        found = re.search(r"<textarea readonly[^>]*>(.*?)</textarea>", page.read().decode(), re.DOTALL)
    assert found is not None
    return unescape(found[1])


@needs_firefox
def test_the_published_snippet_runs_in_firefox(site: str, tmp_path: Path) -> None:
    host = tmp_path / "course.html"
    host.write_text(snippet(site))
    with session() as tab:
        frame = tab.open(host.as_uri(), f"{site}/embed/en/{SLUG}")
        tab.wait(frame, "document.documentElement.dataset.ready !== undefined")
        tab.click(frame, "li:first-child > [data-guess]")  # it asks first
        assert tab.wait(frame, "!document.getElementById('because').hidden")
        tab.click(frame, "[data-turn='1']")
        tab.click(frame, "#run-form .go")
        ended = tab.wait(
            frame, "!['recording', 'queued', 'running'].includes(run.dataset.status) && run.dataset.status"
        )
        assert ended == "finished"
        assert tab.wait(frame, "!document.querySelector('#run-form .go').disabled")


@needs_firefox
def test_what_a_page_says_while_it_is_left_is_no_trouble_of_it(tmp_path: Path) -> None:
    said = "<script>console.warn('opened'); addEventListener('pagehide', () => console.error('left'));</script>"
    files = [tmp_path / name for name in ("one.html", "other.html")]
    with session() as tab:
        for file in files:
            file.write_text(f"<!doctype html><title>{file.name}</title>{said}")
            frame = tab.open(file.as_uri(), file.as_uri())
        assert tab.wait(frame, "document.title") == "other.html"
        assert tab.trouble == ["opened", "opened"]
