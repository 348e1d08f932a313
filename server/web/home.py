"""The home page: the path of lessons in its parts, each with its question and a small picture that ends at it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..lesson import Lesson, Scene, catalog, moments, resolver
from ..lesson.resolver import ResolvedScene
from ..log import recording
from ..log.timeline import Span, Task
from ..text import labels, lesson_text, prose
from ..text.labels import Lang
from ..text.lesson_text import has_text
from . import render, still
from .context import Context
from .render import safe

_NAME = 14  # characters of a lane's name; what is longer is cut


def respond(context: Context, request: Request, lang: Lang) -> Response:
    """The page; what the parts are called is the interface's words, which lesson begins one is the lesson's own."""
    words = labels.words(lang)
    shown = {slug: lesson for slug, lesson in context.lessons.items() if has_text(slug, lang)}
    titles = words["home"]["parts"]
    parts = [
        {"title": titles.get(part, ""), "lessons": [_lesson(slug, shown[slug], lang) for slug in slugs]}
        for part, slugs in catalog.parts(shown)
    ]
    values = {
        "page_name": "home", "title": f"Timeslice · {words['home']['title']}", "description": words["site"]["sentence"],
        "path": f"/{lang}/", "theme": "", "parts": parts,
    }  # fmt: skip
    return render.page(context, request, lang, "home.html", values)


def _lesson(slug: str, lesson: Lesson, lang: Lang) -> dict[str, Any]:
    front = lesson_text.text(slug, lang).front
    return {
        "number": catalog.lesson_number(slug), "slug": slug, "title": front.title,
        "question": prose.plain(front.question),
        "picture": safe(picture(slug, lesson, front.instant)),
    }  # fmt: skip


def picture(slug: str, lesson: Lesson, word: str) -> str:
    """The lanes of the lesson's home scene up to its instant, under ``word``; "" without a recording that shows it.

    What lies behind the instant, and the lanes that would answer, are not in the HTML.
    """
    scene = lesson.home
    path = catalog.recording_path(slug, scene.preset) if scene else None
    return "" if scene is None or path is None else _picture(scene, word, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _picture(scene: Scene, word: str, path: Path, _changed_ns: int) -> str:
    log = moments.scene_log(recording.read(path).entries)
    found = resolver.resolve_scene(scene, log)
    if found is None:
        return ""
    lanes = [log.timeline.tasks[number] for number in found.tasks]
    veiled = resolver.veiled(scene, log, found)
    rows = "".join(_row(lane, found, lane.number in veiled, log.timeline.end_ns) for lane in lanes if lane.spans)
    at = _percent(found, found.at_ns)
    small = " small" if len(lanes) > 3 else ""
    said = f'<text x="{at}" y="10">{escape(word)}</text>'
    return f'<div class="lanes{small}"><span></span><svg class="strip word" aria-hidden="true">{said}</svg>{rows}</div>'


def _row(lane: Task, found: ResolvedScene, veiled: bool, end_ns: int) -> str:
    """Name and strip: bars up to the instant, a hairline there, dots behind it."""
    at = _percent(found, found.at_ns)
    if veiled:
        bars = f'<rect class="veil" x="0" y="1" width="{at}" height="90%"/><text x="12" y="52%">?</text>'
    else:
        spans = [each._replace(to_ns=min(each.to_ns, found.at_ns)) for each in lane.spans_until(end_ns)]
        bars = "".join(_bars([each for each in spans if each.from_ns < each.to_ns], found))
    rest = f'<line class="rest" x1="{at}" x2="100%" y1="50%" y2="50%"/>'
    hair = f'<line class="hair" x1="{at}" x2="{at}" y1="-25%" y2="125%"/>'
    name = escape(lane.name[:_NAME])
    strip = f'<svg class="strip" aria-hidden="true" focusable="false">{rest}{bars}{hair}</svg>'
    return f'<span class="lane-name" title="{escape(lane.name)}">{name}</span>{strip}'


def _bars(spans: Collection[Span], found: ResolvedScene) -> Iterator[str]:
    return still.bars(list(spans), found.from_ns, found.to_ns - found.from_ns)


def _percent(found: ResolvedScene, at_ns: int) -> str:
    return still.percent((at_ns - found.from_ns) / (found.to_ns - found.from_ns))
