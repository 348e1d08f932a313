"""Links to what a lesson lets a reader download: files of the run or recording on screen, its experiment, questions.

The list is fetched when its fold is opened, as it depends on what is on screen by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from ..lesson import catalog
from ..log.archive import RecordingUnavailable
from ..runs.run import Run
from ..text import labels, lesson_text, prose
from ..text.labels import Lang
from ..text.lesson_text import has_text
from . import not_found, render
from . import screen as screens
from .context import Context


@dataclass(frozen=True, slots=True)
class Item:
    """One line: a file, or ("" for an address) why it is not there yet."""

    href: str
    words: str
    hint: str


def router(context: Context, lang: Lang) -> APIRouter:
    """/{lang}/lessons/{slug}/take."""
    made = APIRouter(include_in_schema=False)

    @made.get(f"/{lang}/lessons/{{slug}}/take")
    async def take(request: Request, slug: str) -> Response:
        named = request.query_params.get("run")
        try:
            run = await context.runs.find(named) if named else None
        except RecordingUnavailable:
            run = None
        lesson = context.lessons.get(slug)
        if lesson is None or not has_text(slug, lang) or (run is not None and run.lesson != slug):
            return not_found.respond(context, request, lang, "lesson")
        preset = screens.preset_of(lesson, run, request.query_params.get("preset"))
        if preset is None:
            return not_found.respond(context, request, lang, "preset")
        return _respond(context, request, lang, slug, items(lang, slug, preset, run))

    return made


def items(lang: Lang, slug: str, preset: str, run: Run | None) -> list[Item]:
    """What there is for a run, or for the recording of a preset, in the order of the list."""
    words = labels.words(lang)["take"]
    base = f"/{lang}/lessons/{slug}"
    made = _of_run(run, lang) if run is not None else _of_recording(slug, preset, lang)
    if (catalog.lesson_folder(slug) / "lab.py").is_file():
        made["lab"] = f"{base}/lab.py"
    if lesson_text.text(slug, lang).front.story is not None:
        made["quiz"] = f"{base}/quiz.gift"
    return [Item(href, words[key], words["waits" if not href else f"{key}_hint"]) for key, href in made.items()]


def _of_run(run: Run, lang: Lang) -> dict[str, str]:
    base = f"/api/runs/{run.id}"
    return {
        "offline": f"{base}/replay.html?lang={lang}" if run.log.ended else "",
        "trace": f"{base}/trace.json", "log": f"{base}/log",
    }  # fmt: skip


def _of_recording(slug: str, preset: str, lang: Lang) -> dict[str, str]:
    if catalog.recording_path(slug, preset) is None:
        return {}
    base = f"/api/lessons/{slug}/recordings/{quote(preset)}"
    return {"offline": f"{base}/replay.html?lang={lang}", "trace": f"{base}/trace.json", "log": base}


def _respond(context: Context, request: Request, lang: Lang, slug: str, found: list[Item]) -> Response:
    """The list alone for the lesson's page, a page of its own for whoever has no script."""
    values = {"items": found, "root": context.root, "slug": slug, "whole": "hx-request" not in request.headers}
    if not values["whole"]:
        return render.fragment(lang, "fragments/take.html", values)
    front = lesson_text.text(slug, lang).front
    body = render.fragment(lang, "fragments/take.html", values).body
    return render.page(context, request, lang, "about.html", {
        "page_name": "take", "title": f"{front.title} · Timeslice", "theme": "",
        "description": prose.plain(front.summary), "path": f"/{lang}/lessons/{slug}/take",
        "body": render.safe(bytes(body).decode("utf-8")),
    })  # fmt: skip
