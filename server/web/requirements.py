"""What a run needs and this machine lacks, asked before it is started: a preset's or a parameter's matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..lesson import Lesson
from ..stage import Machine
from ..text import labels, prose
from ..text.labels import Lang


def unmet(lesson: Lesson, params: Mapping[str, Any], machine: Machine) -> tuple[str, str] | None:
    """("preset" or "param", its name) of what this machine cannot do, None if it can run ``params`` (complete).

    A preset's need is that of every run with the preset's values; one that all presets share is the lesson's.
    """
    needy = [each for each in lesson.presets if each.needs and not machine.has(each.needs)]
    for preset in needy:
        shared = all(each.needs == preset.needs for each in lesson.presets)
        if shared or all(params.get(name) == value for name, value in preset.params.items()):
            return "preset", preset.name
    for param in lesson.params:
        if param.needs and not machine.has(param.needs) and params.get(param.name, param.default) != param.default:
            return "param", param.name
    return None


def sentence(found: tuple[str, str], text: prose.Prose, lang: Lang) -> str:
    """What was found as a sentence for a reader: what this machine lacks, and what still works."""
    kind, name = found
    if kind == "preset":
        return prose.plain(text.front.without[name])
    words: str = labels.words(lang)["errors"]["lacks"]
    return words.format(field=text.front.params[name])
