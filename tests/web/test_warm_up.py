"""Once a server has warmed up, its first page waits for no template, no text and no table of the lexer."""

from typing import Any

import pytest

from server.lesson import catalog
from server.settings import Settings
from server.text import prose
from server.web import lesson_page, render, warm_up
from tests.web.test_lesson_page import made


def test_the_first_page_compiles_no_template_and_parses_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    render.environment.cache_clear()
    prose._read.cache_clear()
    lessons = catalog.discover()
    warm_up.prepare(lessons)

    def late(*_: Any, **__: Any) -> None:
        raise AssertionError("a page waits for what could have been ready")

    monkeypatch.setattr(render.environment(), "compile", late)
    monkeypatch.setattr(prose, "parse", late)
    page = lesson_page.page(made(), Settings(), list(lessons))
    assert page.question in render.html("lesson.html", "en", Settings(), render.values(page))
