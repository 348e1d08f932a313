"""From a scene and a log to a picture: window, playhead, lanes, selection and what plays; a pure function.

docs/design.md, "Scenes", has the rules, which static/js/story follows too; on every shipped recording
tests/lessons/<folder>/scenes.vectors.json holds both to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from ..log.timeline import OPEN_NS
from .moments import MS, MomentMatch, SceneLog, find_moment, matching_tasks, trial_bounds, trial_by_label
from .scenes import Scene


@dataclass(frozen=True, slots=True)
class Playback:
    """A stretch that plays once and stops at the playhead; ``speed`` is that of the run's time, 0.01 a hundredth."""

    from_ns: int
    to_ns: int
    speed: float


@dataclass(frozen=True, slots=True)
class ResolvedScene:
    """A scene on one log: what is on screen, in nanoseconds of the run."""

    from_ns: int  # the window …
    to_ns: int
    at_ns: int  # the playhead
    task: int | None  # the task that the moment is about
    trial: int | None
    trials: tuple[int, ...]  # the trials that are drawn; empty: all
    tasks: tuple[int, ...]  # the lanes that are drawn, in this order; empty: all of the trials
    selected: int | None
    play: Playback | None


def resolve_scene(scene: Scene, log: SceneLog) -> ResolvedScene | None:
    """The picture of a scene on a log; None if the log does not show the scene's moment."""
    found = find_moment(scene.at, log)
    if found is None:
        return None
    trials = tuple(dict.fromkeys(each.number for label in scene.trials if (each := trial_by_label(log, label))))
    tasks = _tasks(scene, log, trials or (found.trial,))
    window = _window(scene, log, found, tasks)
    from_ns, to_ns = _with_a_change(_with_the_claim(scene, log, window), log, found, tasks)
    return ResolvedScene(
        from_ns, to_ns, found.at_ns, found.task, found.trial, trials, tasks,
        _selected(scene, log, found), _play(scene, log, from_ns, found.at_ns),
    )  # fmt: skip


def veiled(scene: Scene, log: SceneLog, picture: ResolvedScene) -> frozenset[int]:
    """The tasks of ``picture`` whose lanes would answer the question (``Scene.veiled``)."""
    trials = picture.trials or (picture.trial,)
    return frozenset(
        task.number for trial in trials for who in scene.veiled for task in matching_tasks(log, who, trial)
    )


def _tasks(scene: Scene, log: SceneLog, trials: tuple[int | None, ...]) -> tuple[int, ...]:
    found = [task.number for trial in trials for who in scene.tasks for task in matching_tasks(log, who, trial)]
    return tuple(dict.fromkeys(found))


def _window(scene: Scene, log: SceneLog, found: MomentMatch, tasks: tuple[int, ...]) -> tuple[int, int]:
    low, high = trial_bounds(log, found.trial)
    if scene.around_turns is not None:
        return _turns(scene.around_turns, log, found, tasks) or (low, high)
    if scene.around_ms is not None:
        width = floor(scene.around_ms * MS)
    elif scene.around_share is not None:
        width = floor(scene.around_share * (high - low))
    else:
        return min(low, found.at_ns), max(high, found.at_ns)
    from_ns = found.at_ns - floor(width * scene.lead)
    from_ns = max(low, min(from_ns, high - width))
    to_ns = min(high, from_ns + width)
    return min(from_ns, found.at_ns), max(to_ns, found.at_ns)


def _turns(count: int, log: SceneLog, found: MomentMatch, tasks: tuple[int, ...]) -> tuple[int, int] | None:
    """``count`` running spans of the moment's task, or else of the first lane, about the instant; with a margin."""
    number = found.task if found.task is not None else next(iter(tasks), None)
    task = log.timeline.tasks.get(number) if number is not None else None
    turns = [span for span in task.spans if span.state == "running"] if task else []
    if not turns:
        return None
    here = max((index for index, span in enumerate(turns) if span.from_ns <= found.at_ns), default=0)
    first = max(0, min(here - (count - 1) // 2, len(turns) - count))
    last = min(first + count, len(turns)) - 1
    end_ns = log.timeline.end_ns
    from_ns, to_ns = turns[first].from_ns, end_ns if turns[last].to_ns == OPEN_NS else turns[last].to_ns
    from_ns, to_ns = min(from_ns, found.at_ns), max(to_ns, found.at_ns)
    return _padded(from_ns, to_ns, log)


def _padded(from_ns: int, to_ns: int, log: SceneLog) -> tuple[int, int]:
    margin = max(1, (to_ns - from_ns) // 20)
    return max(0, from_ns - margin), min(log.timeline.end_ns, to_ns + margin)


def _with_the_claim(scene: Scene, log: SceneLog, window: tuple[int, int]) -> tuple[int, int]:
    """The window, wide enough for all that the verdict on the scene's claim points to."""
    verdict = log.verdicts.get(scene.own_claim)
    if verdict is None or verdict.at_ns is None:
        return window
    to_ns = max(verdict.at_ns, verdict.to_ns or 0)
    return min(window[0], verdict.at_ns), max(window[1], to_ns)


def _with_a_change(
    window: tuple[int, int], log: SceneLog, found: MomentMatch, tasks: tuple[int, ...]
) -> tuple[int, int]:
    """The window, or a wider one: at least one change of state of a task that is drawn lies within it."""
    from_ns, to_ns = window
    drawn = [log.timeline.tasks[each] for each in tasks] or matching_tasks(log, "", found.trial)
    edges = sorted({span.from_ns for task in drawn for span in task.spans})
    if not edges or any(from_ns < each < to_ns for each in edges):
        return window
    nearest = min(edges, key=lambda each: (abs(each - found.at_ns), each))
    return _padded(min(from_ns, nearest), max(to_ns, nearest), log)


def _selected(scene: Scene, log: SceneLog, found: MomentMatch) -> int | None:
    if scene.select == "*":
        return found.task
    if not scene.select:
        return None
    return next((task.number for task in matching_tasks(log, scene.select, found.trial)), None)


def _play(scene: Scene, log: SceneLog, from_ns: int, at_ns: int) -> Playback | None:
    if scene.play is None:
        return None
    if isinstance(scene.play, tuple):
        moment, speed = scene.play
        start = find_moment(moment, log)
        begin_ns = from_ns if start is None else max(from_ns, start.at_ns)
    else:
        begin_ns, speed = from_ns, scene.play
    return Playback(begin_ns, at_ns, speed) if begin_ns < at_ns else None
