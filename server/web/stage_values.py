"""The values of a lesson page's stage (templates/stage.html): form, run, pictures, figures, proof."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..lesson import Param
from ..text import prose
from . import run_sentence, scripts, still
from .log_summary import LogSummary
from .render import safe
from .screen import Screen
from .slots import PageSlots

PANELS = ("matrix", "bars", "repeats", "claims", "cores", "code", "transcript")
_SLIDER_FROM = 20  # an integer with more room than this is set by a slider, one with less is typed


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter in the form."""

    name: str
    type: str  # "range", or the parameter's own: "int", "bool", "choice"
    label: str
    low: int | None
    high: int | None
    value: Any
    unit: str
    choices: list[tuple[str, str]]  # value, words


@dataclass(frozen=True, slots=True)
class Action:
    """Something a reader may do to the running run."""

    name: str
    label: str
    text: bool  # it carries a line of text
    hint: str


@dataclass(frozen=True, slots=True)
class RunFragment:
    """The run's state in words, where its facts come from, or what went wrong (templates/fragments/run.html)."""

    status: str  # a run's, or "recording"
    words: str
    error: str = ""
    id: str = ""
    key: str = ""
    recording: str = ""
    events: str = ""
    log: str = ""
    joined: str = ""  # whom a page that has joined a run watches it with
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the large numbers."""

    say: str
    output: Markup
    hidden: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that templates/stage.html and panels.html show."""

    run_path: str  # where the form is sent; "" where nothing can be started: no form then
    preset: str
    presets: list[tuple[str, str]]  # name, words
    fields: list[Field]
    can_run: bool
    run: RunFragment
    pictures: list[str]  # views within the picture, then those below it, and the names of both
    panels: list[str]
    folded: Collection[str]  # of the panels, those that are closed until a reader opens them
    later: Collection[str]  # views whose scripts are fetched once they are shown
    view_names: dict[str, str]
    still: Markup
    figures: list[Figure]
    proof: dict[str, str]
    provenance: str
    speed: str
    clock: str
    listings: Markup
    claims: Markup
    log: str  # address of all entries as NDJSON, for whoever has no script; "" if there is none
    order: dict[str, int]  # of the panels, wherever they are
    step: str  # where a link to another preset leads, without a script


def stage(screen: Screen, slots: PageSlots) -> Stage:
    """The stage of a screen; ``slots`` are its page's."""
    front, views = screen.text.front, screen.lesson.views
    at = screen.initial_view
    return Stage(
        run_path="" if screen.offline else f"{screen.address}/run",
        preset=screen.preset,
        presets=[(each.name, front.presets[each.name]) for each in screen.lesson.presets],
        fields=[_field(screen, each) for each in screen.lesson.params if each.name in screen.offered],
        can_run=not screen.lacks,
        run=run_fragment(screen),
        pictures=[name for name in views if name not in PANELS],
        panels=[name for name in PANELS if name in views and (not screen.embed or _in_scene(screen, name))],
        folded=scripts.FOLDED,
        later=set(views) - set(scripts.at_once(screen.lesson)),
        log="" if screen.offline else f"{screen.root}/api/runs/{screen.run.id}/log" if screen.run else screen.recording,
        view_names={name: screen.words["view"][name] for name in views},
        still=_still(screen),
        figures=[_figure(screen, each, slots) for each in front.figures],
        proof=screen.log.badge(screen.words["labels"]),
        provenance=provenance(screen, screen.log, live=screen.run is not None),
        speed=_speed(at.speed if at else 0.01),
        clock=f"{(at.t_ns if at else 0) / 1e6:.3f}\u00a0ms",
        listings=safe(slots.listings()),
        claims=safe(slots.claims(screen.preset)),
        order={name: index for index, name in enumerate(PANELS)},
        step=_onward(screen),
    )


def _in_scene(screen: Screen, panel: str) -> bool:
    """Whether a scene shows this panel: an embed has no other, and it only while the scene stands."""
    return any(panel in each.views for each in screen.lesson.scenes)


def _onward(screen: Screen) -> str:
    """The step on screen; instead of the question, the one after it."""
    steps = [each.id for each in screen.text.steps]
    return screen.step if screen.step not in ("", steps[0]) else steps[min(1, len(steps) - 1)]


def run_fragment(screen: Screen) -> RunFragment:
    """What is said of the run on screen, or of the recording in its place."""
    words, run, front = screen.words["run"], screen.run, screen.text.front
    if run is None:
        paused = words["offline" if screen.offline else "recording" if screen.initial_view else "shipped"]
        state = screen.lacks or (paused if screen.recording else screen.words["lesson"]["no_recording"])
        return RunFragment("recording", state, screen.error, recording=screen.recording)
    here, mark = "" if screen.offline else f"{screen.root}/api/runs/{run.id}", f"?page={run.page}" if run.page else ""
    return RunFragment(
        run.status, run_sentence.sentence(screen.words, run), screen.error, run.id, run.key,
        events=here and f"{here}/events{mark}", log=here and f"{here}/log{mark}",
        joined=run_sentence.joined(screen.words, run),
        actions=tuple(
            Action(each.name, front.actions[each.name], each.text, front.hints.get(each.name, ""))
            for each in screen.lesson.actions
        ),
    )  # fmt: skip


def _field(screen: Screen, param: Param) -> Field:
    front = screen.text.front
    words = front.choices.get(param.name, {})
    wide = param.type == "int" and (param.high or 0) - (param.low or 0) >= _SLIDER_FROM
    return Field(
        param.name, "range" if wide else param.type, front.params[param.name], param.low, param.high,
        screen.params[param.name], screen.words["unit"].get(param.unit, ""),
        [(key, words.get(key, key)) for key in param.choices],
    )  # fmt: skip


def _still(screen: Screen) -> Markup:
    if not screen.log.started or screen.veiled:  # behind the veil nothing of it is seen
        return Markup()
    at, labels = screen.initial_view, screen.words["labels"]
    return safe(still.lanes(screen.log.timeline, screen.text.front.trials, labels, at.view_ns if at else None))


def _figure(screen: Screen, figure: prose.Figure, slots: PageSlots) -> Figure:
    absent = not screen.run and screen.log.started is not None and figure.value not in screen.log.values
    return Figure(prose.plain(figure.say), safe(slots.value(figure.value)), absent)


def _speed(speed: float) -> str:
    return "1×" if speed >= 1 else f"1/{round(1 / speed):,}"


def provenance(screen: Screen, log: LogSummary, *, live: bool = False) -> str:
    """Where and by what a log was made, in one line."""
    started = log.started
    if started is None:
        return ""
    line: str = screen.words["lesson"]["live" if live else "recorded"].format(
        switches=log.switches, kernel=started.kernel.split("-")[0], python=started.python,
        date=started.recorded_at[:10],
    )  # fmt: skip
    return line
