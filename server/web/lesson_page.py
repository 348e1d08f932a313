"""One lesson as a page, from its folder and the log on screen; it neither starts nor changes a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from ..events import RunStarted
from ..lesson import Lesson, Param, catalog, scene_json
from ..runs.run import Run
from ..runs.spawner import SpawnerError
from ..text import labels, prose
from ..text.labels import Lang
from . import links, listing, log_summary, not_found, opening, render, scripts, still, validation
from .context import Context
from .render import safe
from .slots import Filler

_SLIDER_FROM = 20  # an integer with more room than this is set by a slider, one with less is typed
PANELS = ("matrix", "bars", "repeats", "claims", "cores", "code", "transcript")
DRAWN = ("matrix", "bars", "repeats")  # of the panels, those an embed has below its stage
SHORTCUTS = (
    (("Space",), "space"), (("←", "→"), "arrows"), (("Shift ←", "Shift →"), "shift_arrows"), ((",", "."), "comma"),
    (("Home", "End"), "home"), (("[", "]"), "brackets"), (("+", "−"), "plus"), (("0",), "zero"), (("o",), "loop"),
    (("l",), "live"), (("PageUp", "PageDown"), "page"), (("p",), "projector"), (("?",), "question"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Screen:
    """What a request asks to see: one lesson in one language, one preset, perhaps one run."""

    context: Context
    lang: Lang
    slug: str
    lesson: Lesson
    text: prose.Prose
    preset: str
    params: Mapping[str, Any]
    run: Run | None
    key: str = ""  # of the run, only for whoever just started it
    error: str = ""  # a sentence for the form
    embed: bool = False

    @property
    def words(self) -> labels.Words:
        return labels.words(self.lang)

    @property
    def path(self) -> str:
        return f"/{self.lang}/lessons/{self.slug}"

    def offers(self, param: Param) -> bool:
        """Whether the form shows this parameter: not where the machine lacks what it sets."""
        try:
            return not param.needs or self.context.runs.client.machine.has(param.needs)
        except SpawnerError:
            return False

    @property
    def recording(self) -> Path | None:
        return catalog.recording(self.slug, self.preset)

    @property
    def lacks(self) -> str:
        """Why this machine cannot run this preset, as a sentence; "" if it can."""
        needs = next(each.needs for each in self.lesson.presets if each.name == self.preset)
        try:
            client = self.context.runs.client
        except SpawnerError:
            return str(self.words["errors"]["unavailable"])
        if client.finding.tier == "recording":
            return str(self.words["run"]["recording_only"])
        return prose.plain(self.text.front.without[self.preset]) if needs and not client.machine.has(needs) else ""


def text(slug: str, lang: Lang) -> prose.Prose:
    """A lesson's text in one language."""
    return prose.read(catalog.folder(slug) / f"{lang}.md")


async def respond(context: Context, request: Request, lang: Lang, slug: str, *, embed: bool = False) -> Response:
    """The page the query asks for, or the 404 page that says what exists; drawn in a thread."""
    named = request.query_params.get("run")
    run = await context.runs.find(named) if named else None
    return await asyncio.to_thread(drawn, context, request, lang, slug, run, embed=embed)


def drawn(
    context: Context, request: Request, lang: Lang, slug: str, run: Run | None, *, embed: bool = False
) -> Response:
    """The same for a run that has been found, None where there is none of the query's id."""
    lesson = context.lessons.get(slug)
    if lesson is None or not not_found.has_text(slug, lang):
        return not_found.respond(context, request, lang, "lesson")
    query = request.query_params
    if query.get("run") and (run is None or run.lesson != slug):
        return not_found.respond(context, request, lang, "run")
    known = {each.name for each in lesson.presets}
    ran = run.preset if run is not None and run.preset in known else None  # a kept run may be older than the lesson
    preset = query.get("preset") or ran or opening.preset(lesson)
    if preset not in known:
        return not_found.respond(context, request, lang, "preset")
    params = asked(lesson, preset, "" if run else request.url.query) | (run.params if run else {})
    screen = Screen(context, lang, slug, lesson, text(slug, lang), preset, params, run, embed=embed)
    return answer(screen, request)


def asked(lesson: Lesson, preset: str, query: str) -> dict[str, Any]:
    """The preset's parameters, with those of the query where they are valid; others are passed over."""
    names = {each.name for each in lesson.params}
    given = {name: value for name, value in parse_qsl(query, max_num_fields=64) if name in names}
    declared = [each for each in lesson.params if each.name in given]
    try:
        return validation.params(lesson, validation.from_form(declared, list(given.items())), preset)
    except validation.Refused:
        return validation.params(lesson, {}, preset)


def answer(screen: Screen, request: Request, *, status: int = 200) -> Response:
    """The page of a screen."""
    front = screen.text.front
    seen = log_summary.of_log(screen.run.log.tail(0)) if screen.run else log_summary.of_file(screen.recording)
    filler = Filler(screen.lang, screen.slug, screen.lesson, front, seen)
    values = {
        "page_name": "lesson", "title": f"{front.title} · Timeslice", "description": prose.plain(front.summary),
        "path": f"/embed/{screen.lang}/{screen.slug}" if screen.embed else screen.path,
        "lesson_path": screen.path, "slug": screen.slug, "number": catalog.number(screen.slug),
        "total": len(screen.context.lessons),
        "name": front.title, "question": front.question, "theme": _theme(request),
        "answers": [(key, safe(prose.line(said, filler))) for key, said in front.answers.items()],
        "verdict": {key: safe(prose.line(said, filler)) for key, said in front.verdict.items()},
        "steps": [_step(step, filler) for step in screen.text.steps], "modules": scripts.needed(screen.lesson.views),
        "app": scripts.bundle(screen.slug, screen.lesson.views), "sheets": scripts.sheets(screen.lesson.views),
        "listings": safe(filler.listings()), "claims": safe(filler.claims(screen.preset)),
        "shortcuts": [(keys, screen.words["help"][name]) for keys, name in SHORTCUTS],
        "before": _neighbour(screen, -1), "after": _neighbour(screen, 1),
        "snippet": links.iframe(links.embed(screen.context.settings, screen.lang, screen.slug), front.title),
        "page_json": safe(_json(block(screen))),
    }  # fmt: skip
    values |= _stage(screen, seen, filler)
    template = "embed.html" if screen.embed else "lesson.html"
    return render.page(screen.context, request, screen.lang, template, values, status=status)


def _theme(request: Request) -> str:
    asked_for = request.query_params.get("theme", "")
    return asked_for if asked_for in ("light", "dark") else ""


def _step(step: prose.Step, filler: Filler) -> dict[str, Any]:
    return {"id": step.id, "title": step.title, "html": safe(prose.render(step.body, filler))}


def _neighbour(screen: Screen, by: int) -> dict[str, str] | None:
    slugs = [slug for slug in screen.context.lessons if not_found.has_text(slug, screen.lang)]
    index = slugs.index(screen.slug) + by
    if not 0 <= index < len(slugs):
        return None
    return {"slug": slugs[index], "title": text(slugs[index], screen.lang).front.title}


def _stage(screen: Screen, seen: log_summary.Shown, filler: Filler) -> dict[str, Any]:
    front, views = screen.text.front, screen.lesson.views
    names, at = screen.words["view"], _opening(screen)
    return {
        "run_path": f"{screen.path}/run", "preset": screen.preset, "can_run": not screen.lacks,
        "presets": [{"name": each.name, "label": front.presets[each.name]} for each in screen.lesson.presets],
        "fields": [_field(screen, each) for each in screen.lesson.params if screen.offers(each)],
        "run": run_words(screen),
        "pictures": [name for name in views if name not in PANELS],
        "panels": [name for name in (DRAWN if screen.embed else PANELS) if name in views],
        "view_names": {name: names[name] for name in views},
        "picture": safe(_still(screen, seen)) if seen.started else "",
        "figures": [_figure(screen, seen, each, filler) for each in front.figures],
        "proof": seen.badge(screen.words["labels"]),
        "provenance": provenance(screen, seen), "speed": _speed(screen),
        "clock": f"{(at.t_ns if at else 0) / 1e6:.3f}\u00a0ms",
    }  # fmt: skip


def _still(screen: Screen, seen: log_summary.Shown) -> str:
    at = _opening(screen)
    return still.lanes(seen.timeline, screen.text.front.trials, screen.words["labels"], at.view_ns if at else None)


def _figure(screen: Screen, seen: log_summary.Shown, figure: prose.Figure, filler: Filler) -> dict[str, Any]:
    absent = not screen.run and seen.started is not None and figure.value not in seen.values
    return {"say": prose.plain(figure.say), "output": safe(filler.value(figure.value)), "hidden": absent}


def _opening(screen: Screen) -> opening.Opening | None:
    """Where this screen's recording is paused at first; None for a run, and where the lesson names no place."""
    return None if screen.run else opening.opening(screen.slug, screen.lesson, screen.preset)


def _speed(screen: Screen) -> str:
    at = _opening(screen)
    speed = at.speed if at else 0.01
    return "1×" if speed >= 1 else f"1/{round(1 / speed):,}"


def _field(screen: Screen, param: Param) -> dict[str, Any]:
    front, units = screen.text.front, screen.words["unit"]
    words = front.choices.get(param.name, {})
    wide = param.type == "int" and (param.high or 0) - (param.low or 0) >= _SLIDER_FROM
    return {
        "name": param.name, "type": "range" if wide else param.type, "label": front.params[param.name],
        "low": param.low, "high": param.high, "value": screen.params[param.name], "unit": units.get(param.unit, ""),
        "choices": [(key, words.get(key, key)) for key in param.choices],
    }  # fmt: skip


def run_words(screen: Screen) -> dict[str, Any]:
    """What fragments/run.html shows: the run's state in words, where its facts come from, or what went wrong."""
    words, run = screen.words["run"], screen.run
    shipped = f"/api/lessons/{screen.slug}/recordings/{screen.preset}" if screen.recording else ""
    made: dict[str, Any] = {"error": screen.error, "id": "", "key": screen.key, "recording": shipped, "actions": []}
    if run is None:
        paused = words["recording" if _opening(screen) else "shipped"]
        said = screen.lacks or (paused if shipped else screen.words["lesson"]["no_recording"])
        return made | {"status": "recording", "words": said}
    front = screen.text.front
    made |= {
        "id": run.id, "status": run.status, "recording": "", "events": f"/api/runs/{run.id}/events",
        "log": f"/api/runs/{run.id}/log", "words": words[run.status].format(position=run.position),
        "actions": [
            {"name": a.name, "text": a.text, "label": front.actions[a.name], "hint": front.hints.get(a.name, "")}
            for a in screen.lesson.actions
        ],
    }  # fmt: skip
    return made


def provenance(screen: Screen, seen: log_summary.Shown) -> str:
    """Where and by what the log on screen was made, in one line."""
    started: RunStarted | None = seen.started
    if started is None:
        return ""
    words = screen.words["lesson"]
    line: str = words["live" if screen.run else "recorded"].format(
        switches=seen.switches, kernel=started.kernel.split("-")[0], python=started.python,
        date=started.recorded_at[:10],
    )  # fmt: skip
    return line


def block(screen: Screen) -> dict[str, Any]:
    """The page's one JSON block (types.d.ts, ``Page``)."""
    lesson, run, at = screen.lesson, screen.run, _opening(screen)
    words = run_words(screen)
    listings = [listing.listing(lesson, symbol) for symbol in lesson.shown]
    window = at.view_ns if at and at.view_ns else (None, None)
    return {
        "lang": screen.lang, "slug": screen.slug, "preset": screen.preset, "params": dict(screen.params),
        "views": list(lesson.views), "labels": _labels(screen),
        "answers": list(lesson.answers), "right": lesson.right,
        "claims": [{"name": claim.name, "kind": claim.kind} for claim in lesson.claims
                   if not claim.presets or screen.preset in claim.presets],
        "recording": words["recording"] or None,
        "opening": {"t_ns": at.t_ns, "from_ns": window[0], "to_ns": window[1], "speed": at.speed} if at else None,
        "run": {"id": run.id, "status": run.status, "events": words["events"], "log": words["log"]} if run else None,
        "embed": screen.embed, "scenes": [scene_json.scene(lesson, each) for each in lesson.scenes],
        "code": [{"symbol": each.symbol, "first_line": each.first_line, "lines": len(each.lines)} for each in listings],
    }  # fmt: skip


def _labels(screen: Screen) -> dict[str, str]:
    """What this page's scripts may say; the words of views it does not have stay here."""
    said = scripts.words(screen.lesson.views)
    every = labels.for_browser(screen.lang, screen.text.front)
    return {key: words for key, words in every.items() if key.partition(".")[0] in said}


def _json(data: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script element: no ``<`` in it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
