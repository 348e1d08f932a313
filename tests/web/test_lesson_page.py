"""A lesson's page is made of values: no server, no run and no request is needed for it."""

from dataclasses import replace

import pytest

from server.lesson import catalog
from server.settings import Settings
from server.text import lesson_text
from server.text.labels import LANGS, Lang
from server.web import initial_view, lesson_page, log_summary, page_block, render, screen
from server.web.screen import RunOnScreen, Screen

SLUG = "concurrency-parallelism"


def made(lang: Lang = "en") -> Screen:
    lesson = catalog.discover()[SLUG]
    preset = initial_view.preset(lesson)
    return Screen(
        lang, SLUG, lesson, lesson_text.text(SLUG, lang), preset, screen.params_of(lesson, preset, None),
        log=log_summary.of_file(catalog.recording_path(SLUG, preset)), recording="data:,x",
    )  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_every_template_of_a_lesson_renders_the_same_value(lang: Lang) -> None:
    page = lesson_page.page(made(lang), Settings(), list(catalog.discover()))
    carried = dict.fromkeys(("imports", "start", "recordings", "other", "front"), "")
    offline = render.values(page) | {"styles": [], "online": False, **carried}
    for template, values in (("lesson.html", render.values(page)), ("embed.html", offline), ("replay.html", offline)):
        text = render.html(template, lang, Settings(), values)
        assert page.question in text
        assert 'id="proof" data-verdict="proved"' in text


def test_a_screen_without_a_server_has_no_form_and_names_no_address_of_it() -> None:
    run = RunOnScreen("abc", "finished", None)
    offline = lesson_page.page(replace(made(), run=run, embed=True, offline=True), Settings())
    assert offline.stage.run_path == ""
    assert (offline.stage.run.events, offline.stage.run.log) == ("", "")
    assert '"run":null' in offline.page_json
    assert '"recording":"data:,x"' in offline.page_json
    online = lesson_page.page(replace(made(), run=run), Settings())
    assert online.stage.run.events == "/api/runs/abc/events"
    assert '"recording":null' in online.page_json


def test_lessons_before_and_after_are_those_of_the_reading_order() -> None:
    slugs = list(catalog.discover())
    page = lesson_page.page(made(), Settings(), slugs)
    at = slugs.index(SLUG)
    assert (page.before and page.before.slug) == (slugs[at - 1] if at else None)
    assert (page.after and page.after.slug) == (slugs[at + 1] if at + 1 < len(slugs) else None)
    assert page.total == len(slugs)


def test_json_for_a_script_element_cannot_end_it() -> None:
    assert "<" not in page_block.script_json({"say": "</script><!--"})
