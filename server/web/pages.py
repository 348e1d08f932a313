"""The HTML routes: the redirect of /, home, lessons, the run form, about, handouts; they decide no contents."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ..lesson import catalog
from ..runs.queue import QueueFull
from ..text import labels, prose
from ..text.labels import TEXT, Lang
from ..text.lesson_text import has_text
from . import (
    download_links,
    form_errors,
    home,
    initial_view,
    lesson_page,
    lesson_parts,
    negotiation,
    not_found,
    presenting,
    quiz,
    render,
    stage_values,
    tutorial,
    validation,
)
from . import screen as screens
from .client_address import client_address
from .context import Context
from .problems import Problem
from .render import safe
from .screen import RunOnScreen, Screen

_NO_PARAMS = ("preset", "page", "own")  # what the form says beside the lesson's parameters
_URLENCODED = "application/x-www-form-urlencoded"
_VARY = {"Vary": "Cookie, Accept-Language", "Cache-Control": "no-cache"}


def router(context: Context) -> APIRouter:
    """Every page but /embed."""
    made = APIRouter(include_in_schema=False)

    @made.get("/")
    def redirect_to_language(request: Request) -> Response:
        lang = negotiation.language(request)
        return RedirectResponse(f"{context.root}/{lang}/", 307, _VARY)

    for lang in labels.LANGS:
        _add(made, context, lang)
        _add_lesson(made, context, lang)
        made.include_router(lesson_parts.router(context, lang))
        made.include_router(download_links.router(context, lang))
    return made


def _add(made: APIRouter, context: Context, lang: Lang) -> None:
    @made.get(f"/{lang}/")
    def home_page(request: Request) -> Response:
        return home.respond(context, request, lang)

    @made.get(f"/{lang}")
    def home_without_slash() -> Response:
        return RedirectResponse(f"{context.root}/{lang}/", 308)

    @made.get(f"/{lang}/about")
    def about(request: Request) -> Response:
        return _about(context, request, lang)

    @made.get(f"/{lang}/about/tutorial")
    def about_tutorial(request: Request) -> Response:
        return tutorial.respond(context, request, lang)

    @made.get(f"/{lang}/present.json")
    def words_of_presenting(request: Request) -> Response:
        return presenting.respond(request, lang)


def _add_lesson(made: APIRouter, context: Context, lang: Lang) -> None:
    @made.get(f"/{lang}/lessons/{{slug}}")
    async def lesson(request: Request, slug: str) -> Response:
        return await lesson_page.respond(context, request, lang, slug)

    @made.get(f"/{lang}/lessons/{{slug}}/lab.py")
    def lab(request: Request, slug: str) -> Response:
        path = catalog.lesson_folder(slug) / "lab.py" if has_text(slug, lang) else None
        if path is None or not path.is_file():
            return not_found.respond(context, request, lang, "lesson")
        headers = {"Content-Disposition": f'attachment; filename="{slug}-lab.py"', "Cache-Control": "no-cache"}
        return Response(path.read_bytes(), headers=headers, media_type="text/x-python")

    @made.get(f"/{lang}/lessons/{{slug}}/quiz.gift")
    def questions(request: Request, slug: str) -> Response:
        text = quiz.gift(slug, lang) if slug in context.lessons and has_text(slug, lang) else ""
        if not text:
            return not_found.respond(context, request, lang, "lesson")
        name = f'attachment; filename="{quiz.file_name(slug, lang)}"'
        return Response(
            text, headers={"Content-Disposition": name, "Cache-Control": "no-cache"}, media_type="text/plain"
        )

    @made.post(f"/{lang}/lessons/{{slug}}/run")
    async def run(request: Request, slug: str) -> Response:
        if slug not in context.lessons or not has_text(slug, lang):
            return not_found.respond(context, request, lang, "lesson")
        return await _run(context, request, lang, slug)


def _about(context: Context, request: Request, lang: Lang) -> Response:
    title = labels.words(lang)["about"]["title"]
    values = {
        "page_name": "about", "title": f"{title} · Timeslice", "description": labels.words(lang)["site"]["sentence"],
        "path": f"/{lang}/about", "theme": "", "body": safe(_about_text(lang, context.root)),
    }  # fmt: skip
    return render.page(context, request, lang, "about.html", values)


@lru_cache(maxsize=4)
def _about_text(lang: Lang, root: str) -> str:
    return prose.render((TEXT / f"about.{lang}.md").read_text("utf-8").replace("](/", f"]({root}/"), _NoSlots())


class _NoSlots:
    """A text without slots: to hold one is an error of the text."""

    def block(self, name: str, argument: str) -> str:
        raise KeyError(name, argument)

    def inline(self, name: str, argument: str) -> str:
        raise KeyError(name, argument)

    def holds(self, claim: str) -> bool:
        raise KeyError(claim)


def first_screen(context: Context, lang: Lang, slug: str) -> Screen:
    """A lesson before any click."""
    lesson = context.lessons[slug]
    preset = initial_view.preset(lesson)
    return screens.of_server(context, lang, slug, preset, validation.params(lesson, {}, preset))


async def _run(context: Context, request: Request, lang: Lang, slug: str) -> Response:
    """Starts a run from the form; every refusal is a sentence in the reader's language."""
    lesson, words = context.lessons[slug], labels.words(lang)["errors"]
    screen = first_screen(context, lang, slug)
    try:
        pairs = await _pairs(request)
        named = dict(pairs).get("preset", screen.preset)
        given = validation.from_form(lesson.params, [pair for pair in pairs if pair[0] not in _NO_PARAMS])
        params = validation.params(lesson, given, named)
    except ValueError:
        return form_with_error(context, request, screen, words["encoding"], 422)
    except validation.Refused as wrong:
        return form_with_error(
            context, request, screen, form_errors.sentence(wrong.faults[0], screen.text.front, lang), 422
        )
    with contextlib.suppress(Problem):  # then it is known what this machine lacks
        await context.machine_known()
    screen = screens.of_server(context, lang, slug, named, params)
    if context.closing or screen.lacks:
        sentence = screen.lacks or words["unavailable"]
        return form_with_error(context, request, screen, sentence, 409 if screen.lacks else 503)
    try:
        on_screen = _start(context, slug, named, params, dict(pairs), client_address(request))
    except QueueFull as busy:
        seconds = max(1, math.ceil(busy.retry_after_s))
        answer = form_with_error(context, request, screen, words["busy"].format(seconds=seconds), 429)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    await asyncio.sleep(0)  # its launcher is forked while the answer is rendered
    if "hx-request" not in request.headers:
        mark = f"#key={on_screen.key}" if on_screen.key else ""
        return RedirectResponse(f"{screen.address}?run={on_screen.id}{mark}", 303, {"Cache-Control": "no-store"})
    return _fragment(replace(screen, run=on_screen), 200)


def _start(
    context: Context, slug: str, preset: str, params: Mapping[str, Any], form: Mapping[str, str], at: str
) -> RunOnScreen:
    """A run for this form: started, queued, or another page's that this one has joined."""
    page = validation.page_name(form.get("page"))
    if page is None:
        run = context.runs.submit(slug, params, preset, at=at)
        return RunOnScreen(run.id, run.status, run.queue_position, run.key)
    submission = context.runs.submit_from_page(slug, params, preset, page, "own" in form, at)
    run, key = submission.run, submission.run.key if submission.grants_key(page) else ""
    return RunOnScreen(run.id, run.status, run.queue_position, key, page=page, other_pages=submission.joined or 0)


async def _pairs(request: Request) -> Sequence[tuple[str, str]]:
    """The fields of an urlencoded form; raises ``ValueError`` for anything else."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _URLENCODED:
        raise ValueError("not urlencoded")
    body = (await request.body()).decode("ascii")
    return parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=64)


def form_with_error(context: Context, request: Request, screen: Screen, sentence: str, status: int) -> Response:
    """The form again, with a sentence: a fragment for htmx, else the whole page."""
    screen = replace(screen, error=sentence)
    if "hx-request" in request.headers:
        return _fragment(screen, status)
    return lesson_page.answer(screen, context, request, status=status)


def _fragment(screen: Screen, status: int) -> Response:
    values = {"run": stage_values.run_fragment(screen)}
    return render.fragment(screen.lang, "fragments/run.html", values, status=status)
