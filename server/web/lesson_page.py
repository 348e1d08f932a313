"""A lesson's page: the value that templates/lesson.html, embed.html and replay.html render, and its route."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from ..lesson import catalog
from ..log.archive import DamagedRecording, TemporarilyUnreadable
from ..runs.run import Run
from ..settings import Settings
from ..text import lesson_text, prose
from ..text.labels import LANGS, Lang
from ..text.lesson_text import has_text
from . import lesson_parts, links, not_found, page_block, preview, quiz_values, render, scripts, stage_values
from . import screen as screens
from .context import Context
from .problems import Problem
from .quiz_values import QuizOnPage
from .render import safe
from .screen import Screen
from .slots import PageSlots
from .stage_values import Stage

SHORTCUTS = (
    (("Space",), "space"), (("←", "→"), "arrows"), (("Shift ←", "Shift →"), "shift_arrows"), ((",", "."), "comma"),
    (("Home", "End"), "home"), (("[", "]"), "brackets"), (("+", "−"), "plus"), (("0",), "zero"), (("o",), "loop"),
    (("l",), "live"), (("PageUp", "PageDown"), "page"), (("p",), "present"), (("?",), "question"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the text."""

    id: str
    title: str
    html: Markup  # in an embed its first sentence, all that there is room for


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The lesson before or after this one."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class LessonPage:
    """Everything the templates of a lesson show, beside what every page has (render.py)."""

    page_name: str
    title: str
    description: str
    path: str  # the lesson's own address, without a query: what an embed of it is the same as
    embed: bool
    offline: bool
    controls: str  # what an embed has beside its picture (screen.CONTROLS)
    slug: str
    number: int
    total: int
    name: str
    question: str
    theme: str
    story: QuizOnPage | None
    veiled: bool
    current: str  # id of the step that is shown until a script says otherwise
    still: str  # address of its picture, for whoever has no script
    steps: list[Step]
    modules: list[str]
    app: scripts.Bundle | None
    presenting: scripts.Bundle
    sheets: list[str]
    shortcuts: list[tuple[tuple[str, ...], str]]
    before: Neighbour | None
    after: Neighbour | None
    preview: str  # address of its picture for other sites; "" if there is none
    snippet: str  # the iframe element that embeds it
    titles: dict[str, str]  # its title in each language that it has a text in
    page_json: Markup
    stage: Stage


def page(screen: Screen, settings: Settings, slugs: Sequence[str] = (), theme: str = "") -> LessonPage:
    """The page of a screen; ``slugs`` are all lessons, in reading order."""
    front = screen.text.front
    slots = PageSlots(
        screen.lang, screen.slug, screen.lesson, front, screen.log, root=screen.root, offline=screen.offline
    )
    steps = [_step(each, slots, screen) for each in screen.text.steps]
    stage = stage_values.stage(screen, slots)
    story = quiz_values.quiz(screen, slots)
    current = screen.step or (steps[0].id if steps else "")
    before, after = _neighbours(screen, slugs)
    return LessonPage(
        page_name="lesson", title=f"{front.title} · Timeslice", description=prose.plain(front.summary),
        path=screen.path, embed=screen.embed, offline=screen.offline, controls=screen.controls,
        slug=screen.slug, number=catalog.lesson_number(screen.slug), total=len(slugs), name=front.title,
        question=front.question, theme=theme, steps=steps,
        story=story, veiled=screen.veiled, current=current, still=_still(screen, current),
        modules=_modules(screen),
        app=scripts.bundle(screen.slug, screen.lesson.views),
        presenting=scripts.presenting(),
        sheets=[*scripts.sheets(screen.lesson.views), *(["opened.css", "embed.css"] if screen.embed else [])],
        shortcuts=[(keys, screen.words["help"][name]) for keys, name in SHORTCUTS], before=before, after=after,
        preview=preview.address(screen.slug, screen.lang),
        snippet=links.iframe(links.embed(settings, screen.lang, screen.slug), front.title),
        titles={each: lesson_text.text(screen.slug, each).front.title for each in LANGS if has_text(screen.slug, each)},
        page_json=page_block.block(screen, stage.run), stage=stage,
    )  # fmt: skip


def _modules(screen: Screen) -> list[str]:
    """What the page names before its scripts ask for it; a file without a server brings all of it along."""
    if screen.offline:
        return scripts.needed(screen.lesson.views, later=True)
    return [f"{screen.root}{each}" for each in scripts.needed(scripts.at_once(screen.lesson))]


def _step(step: prose.Step, slots: PageSlots, screen: Screen) -> Step:
    slots.step = step.id
    if screen.embed:
        return Step(step.id, step.title, safe(prose.render_say(step.body, slots)))
    return Step(step.id, step.title, lesson_parts.closed(step.body, slots, screen, step.id))


def _still(screen: Screen, step: str) -> str:
    """The address of a step's picture; "" if it has none, or if it would answer."""
    story = screen.text.front.story
    wanted = story.see.step if story and screen.guess and step == screen.text.steps[0].id else step
    scene = next((each for each in screen.lesson.scenes if each.step == wanted), None)
    if (
        scene is None
        or screen.veiled
        or screen.run
        or screen.offline
        or not catalog.recording_path(screen.slug, scene.preset)
    ):
        return ""
    return f"{screen.address}/still.svg?step={wanted}"


def _neighbours(screen: Screen, slugs: Sequence[str]) -> list[Neighbour | None]:
    """The lesson before and the one after, of those that have a text in this language."""
    texts = [slug for slug in slugs if has_text(slug, screen.lang)]
    if screen.slug not in texts:
        return [None, None]
    at = texts.index(screen.slug)
    around = (texts[at - 1 : at], texts[at + 1 : at + 2])
    return [Neighbour(each[0], lesson_text.text(each[0], screen.lang).front.title) if each else None for each in around]


async def respond(context: Context, request: Request, lang: Lang, slug: str, *, embed: bool = False) -> Response:
    """The page the query asks for, or the 404 page that says what exists; made in a thread."""
    named = request.query_params.get("run")
    try:
        run = await context.runs.find_outline(named) if named else None
    except DamagedRecording:
        return await asyncio.to_thread(not_found.respond, context, request, lang, "damaged", 410)
    except TemporarilyUnreadable:
        raise Problem(503, headers={"Retry-After": "2"}) from None
    return await asyncio.to_thread(_respond, context, request, lang, slug, run, embed)


def _respond(context: Context, request: Request, lang: Lang, slug: str, run: Run | None, embed: bool) -> Response:
    lesson = context.lessons.get(slug)
    if lesson is None or not has_text(slug, lang):
        return not_found.respond(context, request, lang, "lesson")
    query = request.query_params
    if query.get("run") and (run is None or run.lesson != slug):
        return not_found.respond(context, request, lang, "run")
    text = lesson_text.text(slug, lang)
    controls = query.get("controls", "") if embed and query.get("controls") in screens.CONTROLS else screens.CONTROLS[0]
    step, guess, veiled = screens.asked_of(lesson, text, query, run, asks=controls == screens.CONTROLS[0])
    named = query.get("preset") or (None if run else screens.scene_preset(lesson, text, step, guess))
    preset = screens.preset_of(lesson, run, named)
    if preset is None:
        return not_found.respond(context, request, lang, "preset")
    params = screens.params_of(lesson, preset, run, request.url.query)
    screen = screens.of_server(context, lang, slug, preset, params, run, embed=embed)
    screen = replace(screen, step=step, guess=guess, veiled=veiled, controls=controls)
    return answer(screen, context, request, status=410 if run is not None and run.damage is not None else 200)


def answer(screen: Screen, context: Context, request: Request, *, status: int = 200) -> Response:
    """The page of a screen of this server."""
    named = request.query_params.get("theme", "")
    theme = named if named in ("light", "dark") else ""
    values = render.values(page(screen, context.opened_under(request), tuple(context.lessons), theme))
    template = "embed.html" if screen.embed else "lesson.html"
    return render.page(context, request, screen.lang, template, values, status=status)
