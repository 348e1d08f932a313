"""Taking it home, as a reader does: the fold lists what is on screen, and whoever holds a run's key may pass it on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from server.text import labels
from server.text.labels import Lang
from tests.browser.conftest import PageOpener
from tests.browser.test_lesson import answered, run

SLUG = "concurrency-parallelism"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_fold_lists_the_files_of_the_recording_and_then_of_the_run(fresh_page: PageOpener, lang: Lang) -> None:
    words = labels.words(lang)["take"]
    this = fresh_page(answered(SLUG, lang), size=(1280, 720))
    fold = this.page.locator("details[data-again]")
    fold.locator("summary").click()
    offline = fold.get_by_role("link", name=words["offline"])
    expect(offline).to_have_attribute("href", re.compile(rf"/recordings/processes/replay\.html\?lang={lang}$"))
    expect(fold.locator("[data-with-key]")).to_be_hidden()
    with this.page.expect_download() as taken:
        fold.get_by_role("link", name=words["quiz"]).click()
    assert taken.value.suggested_filename == f"{SLUG}-quiz.{lang}.gift.txt"
    assert this.axe() == []
    fold.locator("summary").click()
    ended = run(this)
    fold.locator("summary").click()
    expect(offline).to_have_attribute("href", f"/api/runs/{ended['id']}/replay.html?lang={lang}")
    link = re.compile(rf".*/{lang}/lessons/{SLUG}\?run={ended['id']}#key=[\w-]+$")
    expect(fold.locator("[data-with-key] input")).to_have_value(link)
    assert this.sideways() == 0
