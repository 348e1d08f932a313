"""What a lesson's page shows: the lesson in one language, one preset, perhaps one run. Values only, no server.

A page of this server and a file that plays without one are made of the same :class:`Screen`; the file's says
``offline``, names no address of the server, and brings its recording along.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from ..lesson import Lesson, catalog
from ..runs.run import Run
from ..runs.run_state import QueuePosition, Status
from ..text import labels, lesson_text, prose
from ..text.labels import Lang
from . import initial_view, log_summary, requirements, validation
from .context import Context
from .initial_view import InitialView
from .log_summary import LogSummary

CONTROLS = ("full", "minimal", "none")  # question, steps and form; play and time alone; the picture alone
_PLACES = {"t": re.compile(r"\d{1,15}"), "view": re.compile(r"\d{1,15}-\d{1,15}"), "task": re.compile(r"\d{1,15}")}


@dataclass(frozen=True, slots=True)
class RunOnScreen:
    """A run as it was when its page was requested."""

    id: str
    status: Status
    queue_position: QueuePosition | None  # None once it runs
    key: str = ""  # only for whoever just started it
    note: str | None = None  # what became of its recording: a label after ``status.``
    page: str = ""  # the id of the page that just started it
    other_pages: int = 0  # pages that this one has joined


@dataclass(frozen=True, slots=True)
class Screen:
    """One lesson on one screen."""

    lang: Lang
    slug: str
    lesson: Lesson
    text: prose.Prose
    preset: str
    params: Mapping[str, Any]
    log: LogSummary  # of the run, else of the recording
    recording: str  # address of what is played while no run is on screen; "" if there is nothing
    run: RunOnScreen | None = None
    initial_view: InitialView | None = None  # where the recording is paused at first; None for a run
    offered: Collection[str] = ()  # the parameters that the form shows
    lacks: str = ""  # why this machine cannot run the preset, as a sentence
    error: str = ""  # a sentence for the form
    embed: bool = False
    controls: str = CONTROLS[0]  # what an embed has beside its picture
    step: str = ""  # the step that is on screen without a script; "": the first
    guess: str = ""  # the answer that the address names
    veiled: bool = False  # nothing that answers is shown until the reader guesses or goes on
    lacking: Mapping[str, str] = field(default_factory=dict)  # preset → why this machine cannot run it
    offline: bool = False  # a file without a server: it starts nothing and fetches nothing
    root: str = ""  # the path below which the world sees this server

    @property
    def words(self) -> labels.Words:
        """The interface's words in its language."""
        return labels.words(self.lang)

    @property
    def path(self) -> str:
        """Address of the lesson's own page, without a query and without ``root``."""
        return f"/{self.lang}/lessons/{self.slug}"

    @property
    def address(self) -> str:
        """The same as a link says it."""
        return f"{self.root}{self.path}"


def of_server(
    context: Context, lang: Lang, slug: str, preset: str, params: Mapping[str, Any], run: Run | None = None,
    *, embed: bool = False,
) -> Screen:  # fmt: skip
    """The screen of a page of this server, which can start what its machine can run."""
    lesson, text = context.lessons[slug], lesson_text.text(slug, lang)
    path = catalog.recording_path(slug, preset)
    offered, lacks = _capable(context, lesson, text, params, lang)
    return Screen(
        lang, slug, lesson, text, preset, params,
        log=log_summary.of_run(run) if run else log_summary.of_file(path),
        recording=f"{context.root}/api/lessons/{slug}/recordings/{preset}" if path else "",
        run=RunOnScreen(run.id, run.status, run.queue_position, note=run.note) if run else None,
        initial_view=None if run else initial_view.of(slug, lesson, preset, deciding_step(text)),
        offered=offered, lacks=lacks, embed=embed, lacking=_lacking(context, lesson, text, lang),
        root=context.root,
    )  # fmt: skip


def _capable(
    context: Context, lesson: Lesson, text: prose.Prose, params: Mapping[str, Any], lang: Lang
) -> tuple[frozenset[str], str]:
    """Parameters whose needs this machine meets, and why it cannot run these; "" if it can."""
    words = labels.words(lang)
    free = frozenset(param.name for param in lesson.params if not param.needs)
    client = context.runs.client
    if not client.machine_known:
        return frozenset(param.name for param in lesson.params), ""
    offered = free | {param.name for param in lesson.params if param.needs and client.machine.has(param.needs)}
    if client.finding.tier == "recording":
        return offered, str(words["run"]["recording_only"])
    found = requirements.unmet(lesson, params, client.machine)
    return offered, requirements.sentence(found, text, lang) if found else ""


def _lacking(context: Context, lesson: Lesson, text: prose.Prose, lang: Lang) -> dict[str, str]:
    """Preset → why this machine cannot run it; only those that it cannot."""
    found = {
        each.name: _capable(context, lesson, text, validation.params(lesson, {}, each.name), lang)[1]
        for each in lesson.presets
    }
    return {name: lacks for name, lacks in found.items() if lacks}


def asked_of(
    lesson: Lesson, text: prose.Prose, query: Mapping[str, str], run: Run | None, *, asks: bool = True
) -> tuple[str, str, bool]:
    """Step and guess that an address names, "" if none or unknown, and whether the veil is on.

    It lifts by a guess, and by an address that names a later step, an instant or a run. ``guess=skip`` lifts it as
    "Show me" does, and so does a page that does not ask (``asks``): the step after the question is shown.
    """
    steps = [each.id for each in text.steps]
    step = query.get("step", "") if query.get("step") in steps else ""
    guess = query.get("guess", "") if query.get("guess") in lesson.answers else ""
    placed = run is not None or any(shape.fullmatch(query.get(name, "")) for name, shape in _PLACES.items())
    skips = not guess and (not asks or query.get("guess") == "skip")
    if skips and not step and not placed:
        step = _after_question(lesson, steps, query.get("preset"))
    named = placed or skips or step not in ("", steps[0])
    return step, guess, text.front.story is not None and not guess and not named


def _after_question(lesson: Lesson, steps: Sequence[str], preset: str | None) -> str:
    """The first step after the question, or the first whose picture is of the named preset; "" if there is none."""
    of_preset = [each.step for each in lesson.scenes if each.preset == preset and each.step in steps[1:]]
    return next(iter(of_preset if preset else steps[1:2]), "")


def deciding_step(text: prose.Prose) -> str:
    """The step that decides the question; "" if the lesson asks none."""
    return text.front.story.see.step if text.front.story else ""


def scene_preset(lesson: Lesson, text: prose.Prose, step: str, guess: str) -> str | None:
    """The preset of the picture of a step; that of the question, once answered, is what decides it."""
    story = text.front.story
    wanted = story.see.step if story and guess and step in ("", text.steps[0].id) else step
    return next((each.preset for each in lesson.scenes if wanted and each.step == wanted), None)


def preset_of(lesson: Lesson, run: Run | None, named: str | None = None) -> str | None:
    """The preset on screen: the one named, else the run's, else the opening one; None if there is none of that name.

    A kept run may be older than its lesson and of a preset that is gone: then it counts as having none.
    """
    known = {each.name for each in lesson.presets}
    of_run = run.preset if run is not None and run.preset in known else None
    preset = named or of_run or initial_view.preset(lesson)
    return preset if preset in known else None


def params_of(lesson: Lesson, preset: str, run: Run | None, query: str = "") -> dict[str, Any]:
    """The preset's parameters under those of the run, or under those of the query that are valid."""
    return _asked(lesson, preset, query) if run is None else validation.params(lesson, {}, preset) | run.params


def _asked(lesson: Lesson, preset: str, query: str) -> dict[str, Any]:
    names = {each.name for each in lesson.params}
    given = {name: value for name, value in parse_qsl(query, max_num_fields=64) if name in names}
    declared = [each for each in lesson.params if each.name in given]
    try:
        return validation.params(lesson, validation.from_form(declared, list(given.items())), preset)
    except validation.Refused:
        return validation.params(lesson, {}, preset)
