"""From a moment and a log to the instants it means; docs/design.md, "Scenes", has the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

from ..events import ClaimBroken, ClaimHeld, Entry
from ..log.timeline import OPEN_NS, Span, Task, Timeline, Trial, read
from .scenes import Moment

MS = 1_000_000


@dataclass(frozen=True, slots=True)
class SceneLog:
    """A log as moments see it: its timeline, its entries in order of time, and the last verdict on every claim."""

    timeline: Timeline
    entries: tuple[Entry, ...]
    verdicts: dict[str, ClaimHeld | ClaimBroken]


def scene_log(entries: Iterable[Entry]) -> SceneLog:
    """Reads a log, or what there is of it."""
    found = tuple(sorted(entries, key=lambda each: each.t_ns))
    verdicts = {each.fact.claim: each.fact for each in found if isinstance(each.fact, (ClaimHeld, ClaimBroken))}
    return SceneLog(read(found), found, verdicts)


@dataclass(frozen=True, slots=True)
class MomentMatch:
    """Where a moment is: a stretch (of length 0 for an instant), the instant meant in it, the task and the trial."""

    from_ns: int
    to_ns: int
    at_ns: int
    task: int | None = None
    trial: int | None = None


def find_moment(moment: Moment, log: SceneLog) -> MomentMatch | None:
    """Where a moment is in a log; None if the log does not show it."""
    stretch = _FINDERS[moment.kind](moment, log)
    if stretch is None:
        return None
    from_ns, to_ns, task = stretch
    at_ns = floor(from_ns + moment.share * (to_ns - from_ns)) + floor(moment.offset_ms * MS)
    at_ns = max(0, min(at_ns, log.timeline.end_ns))
    return MomentMatch(from_ns, to_ns, at_ns, task, _trial_of(moment, log, task, from_ns))


TaskInterval = tuple[int, int, int | None]  # from_ns, to_ns, task


def trial_by_label(log: SceneLog, label: str) -> Trial | None:
    """The first trial of a label; "" means the first of all."""
    return next((each for each in log.timeline.trials.values() if label in ("", each.label)), None)


def trial_bounds(log: SceneLog, trial: int | None) -> tuple[int, int]:
    """From where to where a trial goes; the whole log if it is None."""
    found = log.timeline.trials.get(trial) if trial is not None else None
    if found is None:
        return 0, log.timeline.end_ns
    return found.from_ns, log.timeline.end_ns if found.to_ns is None else found.to_ns


def matching_tasks(log: SceneLog, who: str, trial: int | None) -> list[Task]:
    """The tasks of this name or role ("": all) in a trial (None: in any), in order of birth."""
    return [
        task
        for task in log.timeline.tasks.values()
        if task.born is not None
        and (not who or who in (task.born.name, task.name, task.role))
        and (trial is None or task.born.trial == trial)
    ]


def _meant(moment: Moment, log: SceneLog) -> list[Task]:
    if not moment.in_trial:
        return matching_tasks(log, moment.who, None)
    trial = trial_by_label(log, moment.in_trial)
    return matching_tasks(log, moment.who, trial.number) if trial else []


def _nth(found: list[TaskInterval], n: int) -> TaskInterval | None:
    index = n - 1 if n > 0 else len(found) + n
    return found[index] if 0 <= index < len(found) else None


def _claim(moment: Moment, log: SceneLog) -> TaskInterval | None:
    verdict = log.verdicts.get(moment.name)
    if verdict is None:
        return None
    if verdict.at_ns is not None:
        return verdict.at_ns, max(verdict.at_ns, verdict.to_ns or 0), verdict.task
    task = log.timeline.tasks.get(verdict.task or 0)
    own = task.born.trial if task and task.born else None
    labelled = trial_by_label(log, moment.in_trial)
    return (*trial_bounds(log, own if own is not None else labelled.number if labelled else None), verdict.task)


def _caption(moment: Moment, log: SceneLog) -> TaskInterval | None:
    return _claim(moment, log) or _fact(Moment.step(moment.name), log)


def _fact(moment: Moment, log: SceneLog) -> TaskInterval | None:
    meant = {task.number for task in _meant(moment, log)} if moment.who or moment.in_trial else None
    found: list[TaskInterval] = []
    for entry in log.entries:
        fact = entry.fact
        if fact.kind != moment.name or any(getattr(fact, key, None) != value for key, value in moment.where):
            continue
        task: int | None = getattr(fact, "task", None)
        if meant is None or task in meant:
            found.append((entry.t_ns, entry.t_ns, task))
    return _nth(found, moment.n)


def _spans(moment: Moment, log: SceneLog, state: str) -> list[tuple[Span, Span | None]]:
    """The spans in a state of the tasks that are meant, each with the one after it."""
    return [
        (span, after)
        for task in _meant(moment, log)
        for span, after in zip(task.spans, [*task.spans[1:], None], strict=True)
        if span.state == state and moment.waits_for in ("", span.waits_for)
    ]


def _span(moment: Moment, log: SceneLog) -> TaskInterval | None:
    end_ns = log.timeline.end_ns
    found: list[TaskInterval] = [
        (span.from_ns, end_ns if span.to_ns == OPEN_NS else span.to_ns, span.task)
        for span, _ in _spans(moment, log, moment.name)
    ]
    return _nth(sorted(found, key=lambda each: (each[0], each[2] or 0)), moment.n)


def _wake(moment: Moment, log: SceneLog) -> TaskInterval | None:
    found: list[TaskInterval] = [
        (span.to_ns, span.to_ns, span.task)
        for span, after in _spans(moment, log, "blocked")
        if after is not None and after.state in ("ready", "running")
    ]
    return _nth(sorted(found, key=lambda each: (each[0], each[2] or 0)), moment.n)


def _ended(moment: Moment, log: SceneLog) -> TaskInterval | None:
    ends = [(task.ended_ns, task.number) for task in _meant(moment, log)]
    found: list[TaskInterval] = sorted((t_ns, t_ns, task) for t_ns, task in ends if t_ns is not None)
    return _nth(found, moment.n)


def _call(moment: Moment, log: SceneLog) -> TaskInterval | None:
    callers = {task.number for task in _meant(moment, log)}
    found: list[TaskInterval] = [
        (call.from_ns, call.end_ns if call.end_ns > call.from_ns else log.timeline.end_ns, call.task)
        for _, call in sorted(log.timeline.calls.items())
        if call.style == moment.name and call.task in callers
    ]
    return _nth(found, moment.n)


def _trial(moment: Moment, log: SceneLog) -> TaskInterval | None:
    trial = trial_by_label(log, moment.name)
    if trial is None and moment.name:
        return None
    return (*trial_bounds(log, trial.number if trial else None), None)


def _end(_: Moment, log: SceneLog) -> TaskInterval | None:
    return log.timeline.end_ns, log.timeline.end_ns, None


_FINDERS = {
    "claim": _claim, "caption": _caption, "fact": _fact, "span": _span, "wake": _wake, "ended": _ended, "call": _call,
    "trial": _trial, "end": _end,
}  # fmt: skip


def _trial_of(moment: Moment, log: SceneLog, task: int | None, t_ns: int) -> int | None:
    """The trial that a moment belongs to: the one it names, its task's, or else the last that has begun by then."""
    label = moment.name if moment.kind == "trial" else moment.in_trial
    if label:
        named = trial_by_label(log, label)
        return named.number if named else None
    known = log.timeline.tasks.get(task) if task is not None else None
    if known is not None and known.born is not None and known.born.trial is not None:
        return known.born.trial
    begun = [each.number for each in log.timeline.trials.values() if each.from_ns <= t_ns]
    return begun[-1] if begun else next(iter(log.timeline.trials), None)
