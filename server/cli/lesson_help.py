"""What `timeslice run --help` says of the lessons: their presets and parameters with bounds, from their contracts."""

from __future__ import annotations

from ..lesson import Lesson, Param, catalog
from ..text import command_words, lesson_text, prose
from ..text.labels import Lang, Words
from ..text.prose import Front
from . import columns

_NAME = 26


def text(slug: str, lang: Lang) -> str:
    """The lines of one lesson, or of all of them (for a slug that is none)."""
    lessons, told = catalog.discover(), command_words.words(lang)["help"]
    if slug in lessons:
        return "\n".join([told["more_lesson"].format(lesson=slug), *_lines(slug, lessons[slug], lang), ""])
    blocks = [line for each, lesson in lessons.items() for line in _lines(each, lesson, lang)]
    return "\n".join([told["more_lessons"], *blocks, "", told["seen_more"], ""])


def _lines(slug: str, lesson: Lesson, lang: Lang) -> list[str]:
    front = lesson_text.text(slug, lang).front
    said = command_words.words(lang)
    named = [(f"--preset {each.name}", prose.plain(front.presets.get(each.name, ""))) for each in lesson.presets]
    named += [(f"--set {each.name}=", _about(each, front, said)) for each in lesson.params]
    rows = [f"    {columns.pad(name, _NAME - 2)} {about}" for name, about in named]
    return [f"  {columns.pad(slug, _NAME)} {front.title}", *rows]


def _about(param: Param, front: Front, said: Words) -> str:
    """What a parameter is, its bounds or choices, its default."""
    told, label = said["help"], prose.plain(front.params.get(param.name, ""))
    if param.type == "int":
        values = told["range"].format(low=param.low, high=param.high)
    else:
        values = said["list"].join(param.choices if param.type == "choice" else ("true", "false"))
    default = str(param.default).lower() if param.type == "bool" else str(param.default)
    needs = f"{said['semicolon']}{told['needs'].format(what=param.needs)}" if param.needs else ""
    about = f"{values}{said['semicolon']}{told['default'].format(value=default)}{needs}"
    return f"{label}{said['colon']}{about}" if label else about
