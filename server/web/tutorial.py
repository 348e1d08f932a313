"""The page about/tutorial: every sentence of the tutorial with its verdict, its figure and a link to the moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..events import ValueMeasured
from ..lesson import catalog
from ..text import labels, lesson_text, prose, tutorial_map
from ..text.labels import Lang
from ..text.lesson_text import has_text
from ..text.tutorial_map import Sentence
from . import log_summary, render
from .context import Context
from .log_summary import LogSummary
from .render import safe

_ABSENT = "–"


def respond(context: Context, request: Request, lang: Lang) -> Response:
    """The page; what it says is made once for everybody, from the texts and the shipped recordings."""
    found = tutorial_map.read(lang)
    values = {
        "page_name": "tutorial", "title": f"{found.words['title']} · Timeslice", "description": found.words["lead"],
        "path": f"/{lang}/about/tutorial", "theme": "", "said": found.words, "count": count(lang),
        "sections": sections(lang, tutorial_map.changed_ns()),
    }  # fmt: skip
    return render.page(context, request, lang, "tutorial.html", values)


def count(lang: Lang) -> str:
    """How many sentences there are, and how many of each verdict."""
    found = tutorial_map.read(lang)
    verdicts = [each.verdict for each in found.sentences]
    numbers = {verdict: verdicts.count(verdict) for verdict in tutorial_map.REVIEW_STATUSES}
    return str(found.words["count"].format(all=len(verdicts), **numbers))


@lru_cache(maxsize=4)
def sections(lang: Lang, _changed_ns: int) -> list[dict[str, Any]]:
    """What the template shows of each section."""
    return [
        {"key": each.key, "title": each.title, "sentences": [_sentence(one, lang) for one in each.sentences]}
        for each in tutorial_map.read(lang).sections
    ]


def _sentence(sentence: Sentence, lang: Lang) -> dict[str, Any]:
    preset = preset_of(sentence)
    path = catalog.recording_path(sentence.lesson, preset) if preset else None
    link, title = "", ""
    if preset and has_text(sentence.lesson, lang):
        text = lesson_text.text(sentence.lesson, lang)
        step = next((each.title for each in text.steps if each.id == sentence.step), "")
        link, title = address(sentence, lang), f"{text.front.title}{labels.words(lang)['site']['colon']}{step}"
    return {
        "id": sentence.id, "verdict": sentence.verdict, "quote": sentence.quote, "link": link, "where": title,
        "say": safe(prose.line(sentence.say, Figures(lang, log_summary.outline_of_file(path)))),
    }  # fmt: skip


def preset_of(sentence: Sentence) -> str:
    """The preset whose recording the link shows; "" without a lesson, or if it has no such step."""
    lesson = catalog.discover().get(sentence.lesson)
    scene = next((each for each in lesson.scenes if each.step == sentence.step), None) if lesson else None
    return "" if scene is None else scene.preset


def address(sentence: Sentence, lang: Lang) -> str:
    """Where the moment is: the lesson's page at the step, whose scene brings its preset."""
    return f"/{lang}/lessons/{sentence.lesson}?step={sentence.step}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Fills the slots of a sentence with the numbers of one recording; "–" where it has none."""

    lang: Lang
    log: LogSummary

    def block(self, name: str, argument: str) -> str:
        """A sentence has no slots on a line of their own."""
        raise KeyError(name, argument)

    def inline(self, name: str, argument: str) -> str:
        """A value, or how often a counted claim was so."""
        return f'<b class="value">{escape(self._value(argument) if name == "value" else self._count(argument))}</b>'

    def holds(self, claim: str) -> bool:
        """A sentence has no conditions."""
        raise KeyError(claim)

    def _value(self, key: str) -> str:
        found = self.log.values.get(key)
        return labels.number(found, self.lang) if isinstance(found, ValueMeasured) else _ABSENT

    def _count(self, claim: str) -> str:
        found = self.log.claims.get(claim)
        words: Mapping[str, str] = labels.words(self.lang)["labels"]
        known = found is not None and found.count is not None
        return words["claims.count"].format(count=found.count, of=found.of) if found and known else _ABSENT
