"""The one reading of a log: entries → trials, tasks, calls and spans by state; every renderer and lesson shares it.

Entries may come late: facts are ordered by (t_ns, position), as the browser does (static/js/engine/tracks.js), so the
result does not depend on when an entry was heard, and is the same for one pass and entry by entry. All instants are
nanoseconds of the run. It imports only the vocabulary, because lessons read the log in the observed process tree.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..events import (
    CallNotified,
    CallReturned,
    CallStarted,
    Entry,
    RunStarted,
    RunSteppedDown,
    Step,
    TaskAllowed,
    TaskBorn,
    TaskDied,
    TaskReaped,
    TaskRenamed,
    TaskState,
    Tier,
    TrialEnded,
    TrialStarted,
)
from .spans import OPEN_NS, Span, Task, cpus, next_on_core, on_core

__all__ = ["OPEN_NS", "Call", "Span", "Task", "Timeline", "Trial", "cpus", "next_on_core", "on_core", "read"]


@dataclass(slots=True)
class Trial:
    """One trial: its zero, its end, its parameters and its tasks in order of birth."""

    number: int
    from_ns: int = 0
    to_ns: int | None = None  # None while it lasts
    params: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None
    tasks: dict[int, Task] = field(default_factory=dict)
    started: bool = False  # a birth may be heard of before its trial

    @property
    def cpus(self) -> list[int]:
        """The cores its tasks ran on."""
        return cpus(self.tasks.values())

    def with_role(self, role: str) -> list[Task]:
        """Its tasks with a role, in order of birth."""
        return [task for task in self.tasks.values() if task.role == role]


@dataclass(slots=True)
class Call:
    """One call as its caller stated it."""

    number: int
    task: int = 0  # the task …
    style: str = ""
    from_ns: int = 0  # … that makes it; 0 until that was heard
    returned_ns: int | None = None
    result: str | None = None
    notified_ns: int | None = None  # the result was learned of by a notification
    notified_by: int | None = None  # the task that ran it
    count: int | None = None  # polls that were needed for it

    @property
    def end_ns(self) -> int:
        """When the caller knew the result: by the notification, or else with the return."""
        return self.notified_ns or self.returned_ns or self.from_ns


class Timeline:
    """What a log says of trials, tasks, calls. Give it each entry once, in the log's order, with :meth:`add`."""

    def __init__(self) -> None:
        self.tasks: dict[int, Task] = {}  # by number, which is the order of birth
        self.calls: dict[int, Call] = {}
        self.cpus: list[int] = []  # the cores that the run may use
        self.end_ns = 0  # the latest instant heard of
        self.newest: Entry | None = None  # what was taken last
        self._trials: dict[int, Trial] = {}
        self._tiers: list[tuple[int, int, Tier]] = []
        self._position = 0

    @property
    def trials(self) -> dict[int, Trial]:
        """The trials that have begun, by number."""
        return {number: trial for number, trial in sorted(self._trials.items()) if trial.started}

    def trial(self, number: int) -> Trial | None:
        """A trial, if it has begun."""
        found = self._trials.get(number)
        return found if found is not None and found.started else None

    @property
    def tier(self) -> Tier | None:
        """How the kernel is heard at the end of what is known."""
        return self._tiers[-1][2] if self._tiers else None

    @property
    def exact(self) -> bool:
        """Whether every switch is a record of the kernel, and none a sampler's."""
        return self.tier != "sampled"

    def task(self, number: int) -> Task:
        """A task, made if nothing was heard of it."""
        found = self.tasks.get(number)
        if found is None:
            found = Task(number)
            _add(self.tasks, found)
        return found

    def add(self, entry: Entry) -> None:
        """Adds one entry; kinds that concern no trial, task or call only move the end."""
        t_ns, position = entry.t_ns, self._position + 1
        self._position, self.newest = position, entry
        if t_ns > self.end_ns:
            self.end_ns = t_ns
        match entry.fact:
            case TaskState(task=task):
                self.task(task).add_edge(t_ns, position, entry)
            case Step(task=task) as step:
                insort(self.task(task).steps, (t_ns, position, step))
            case CallStarted() | CallReturned() | CallNotified() as fact:
                self._call(t_ns, fact)
            case TaskBorn() | TaskRenamed() | TaskDied() | TaskReaped() as fact:
                self._life(entry, fact)
            case TrialStarted(trial=number, params=params, label=label):
                trial = self._trial(number)
                trial.from_ns, trial.params, trial.label, trial.started = t_ns, params, label, True
            case TrialEnded(trial=number):
                self._trial(number).to_ns = t_ns
            case RunStarted(tier=tier) | RunSteppedDown(tier=tier) as run:
                insort(self._tiers, (t_ns, position, tier))
                self.cpus = run.cpus if isinstance(run, RunStarted) else self.cpus
            case TaskAllowed(task=task, cpus=cores):
                insort(self.task(task).allowed, (t_ns, cores))

    def _life(self, entry: Entry, fact: TaskBorn | TaskRenamed | TaskDied | TaskReaped) -> None:
        task, t_ns = self.task(fact.task), entry.t_ns
        match fact:
            case TaskBorn():
                task.born, task.born_ns = fact, t_ns
                task.add_name(t_ns, self._position, fact.name)
                if fact.trial is not None:
                    _add(self._trial(fact.trial).tasks, task)
            case TaskRenamed():
                task.add_name(t_ns, self._position, fact.name)
            case TaskDied():
                task.died_ns, task.code, task.signal = t_ns, fact.code, fact.signal
            case TaskReaped():
                task.reaped_ns = t_ns
                task.add_edge(t_ns, self._position, entry)

    def _call(self, t_ns: int, fact: CallStarted | CallReturned | CallNotified) -> None:
        call = self.calls.setdefault(fact.call, Call(fact.call))
        match fact:
            case CallStarted(task=task, style=style) if t_ns >= call.from_ns:
                call.task, call.style, call.from_ns = task, style, t_ns
            case CallReturned(result=result) if t_ns >= (call.returned_ns or 0):
                call.returned_ns, call.result = t_ns, result
            case CallNotified(task=task, count=count) if t_ns >= (call.notified_ns or 0):
                call.notified_ns, call.notified_by, call.count = t_ns, task, count

    def _trial(self, number: int) -> Trial:
        return self._trials.setdefault(number, Trial(number))


def read(entries: Iterable[Entry]) -> Timeline:
    """A whole log in one pass."""
    timeline = Timeline()
    for entry in sorted(entries, key=lambda each: each.t_ns):  # stable: by (t_ns, position)
        timeline.add(entry)
    return timeline


def _add(tasks: dict[int, Task], task: Task) -> None:
    """Adds a task and keeps the order of birth, which is that of the numbers."""
    tasks[task.number] = task
    if len(tasks) > 1:
        ordered = sorted(tasks.items())
        tasks.clear()
        tasks.update(ordered)
