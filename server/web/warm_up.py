"""What every page needs and the first one would wait for: templates compiled, texts read, the lexer's tables built.

Half of the third of a second that a server's first page took belonged to no lesson.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..lesson import Lesson
from ..text.labels import LANGS
from ..text.lesson_text import has_text
from . import listing, render


def prepare(lessons: Mapping[str, Lesson]) -> None:
    """Takes a quarter of a second of one core: to be run in a thread, once the server listens."""
    templates = render.environment()
    for name in templates.list_templates(["html"]):
        templates.get_template(name)
    for slug in lessons:
        for lang in LANGS:
            has_text(slug, lang)  # keeps what it reads
    for lesson in [each for each in lessons.values() if each.shown][:1]:
        listing.listing(lesson, lesson.shown[0])
