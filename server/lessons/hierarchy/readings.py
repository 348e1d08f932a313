"""What the log says of families at a terminal: who was in which group when a key was pressed, and who got the signal.

Seen are the places (``task.moved``, /proc/PID/stat); told are the deliveries (``signal.got``) of our own programs; of
others the kernel says how they ended (``task.died``) or that they were stopped. It judges nothing; claims.py does.
"""

from __future__ import annotations

import signal
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import ActionTaken, Entry, Output, SignalGot, TaskMoved, TaskState
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Task, Trial

#: action → the signal that the terminal makes of it, and what it does to a program that says nothing of it
SIGNALS: Mapping[str, int] = {
    "ctrl_c": signal.SIGINT, "quit": signal.SIGQUIT, "ctrl_z": signal.SIGTSTP, "hang_up": signal.SIGHUP,
}  # fmt: skip
SHELLS = ("shell", "bash", "sh")
SHORT_NS = 40_000_000  # of a key that comes sooner after another nobody can say who was in front


@dataclass(slots=True)
class Place:
    """Where a task is in the tree; None where that was not seen."""

    parent: int | None = None
    group: int | None = None
    session: int | None = None
    foreground: int | None = None


@dataclass(slots=True)
class Press:
    """One key, or the hang-up: when, and where everybody was at that instant."""

    action: str
    t_ns: int
    foreground: int  # the terminal's foreground group, by the last look before
    groups: dict[int, int]  # of every task that lived then
    got: dict[int, int] = field(default_factory=dict)  # task → when it got the signal, as far as that is known
    over_ns: int = 0  # the next key, or the trial's end

    @property
    def members(self) -> set[int]:
        """The tasks of the foreground group."""
        return {task for task, group in self.groups.items() if group == self.foreground}


class FamilyReading(TimelineFold):
    """A fold that keeps every task's place, and asks at the trial's end what has come of each key."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.places: dict[int, Place] = {}
        self.moves: list[tuple[int, TaskMoved]] = []
        self.text = ""  # what the terminal has shown
        self._presses: list[Press] = []
        self._actions_ns: list[int] = []
        self._got: list[tuple[int, int, int]] = []  # task, signal, when

    def on_state_change(self, task: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        if fact.state == "stopped":
            self._got.append((task.number, signal.SIGTSTP, t_ns))
        return ()

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        match entry.fact:
            case TaskMoved() as fact:
                self.moves.append((entry.t_ns, fact))
                return self.placed(entry.t_ns, fact, first=self._place(fact))
            case ActionTaken(action=action):
                self._actions_ns.append(entry.t_ns)
                self._press(action, entry.t_ns)
            case SignalGot(task=task, signal=signum):
                self._got.append((task, signum, entry.t_ns))
            case Output(stream="terminal", text=text):
                self.text += text
        return ()

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        ends = [*self._actions_ns, trial.to_ns or self.timeline.end_ns]
        verdicts: list[ClaimResult] = []
        for press in self._presses:
            place = ends.index(press.t_ns)
            press.over_ns = ends[place + 1]
            if press.over_ns - press.t_ns >= SHORT_NS and (place == 0 or press.t_ns - ends[place - 1] >= SHORT_NS):
                self._reached(press)
                verdicts += self.pressed(press)
        return verdicts

    def _place(self, moved: TaskMoved) -> bool:
        """Notes where a task is now; whether it is the first time."""
        first = moved.task not in self.places
        place = self.places.setdefault(moved.task, Place())
        for name in ("parent", "group", "session", "foreground"):
            value = getattr(moved, name)
            if value is not None:
                setattr(place, name, value)
        return first

    def _press(self, action: str, t_ns: int) -> None:
        alive = {task: place for task, place in sorted(self.places.items()) if self.lives(task, t_ns)}
        groups = {task: place.group for task, place in alive.items() if place.group is not None}
        fronts = [place.foreground for place in alive.values() if (place.foreground or -1) > 0]
        shells = {self._pid(task) for task in alive if self.timeline.task(task).name in SHELLS}
        if action in SIGNALS and fronts and fronts[0] and (action == "hang_up" or fronts[0] not in shells):
            self._presses.append(Press(action, t_ns, fronts[0], groups))

    def _pid(self, number: int) -> int:
        born = self.timeline.task(number).born
        return born.pid if born else 0

    def _reached(self, press: Press) -> None:
        """Whom the signal reached: who said so, was stopped, ended by it, or ended as only its parent knows."""
        wanted = SIGNALS[press.action]
        for who, signum, t_ns in self._got:
            if signum == wanted and press.t_ns <= t_ns <= press.over_ns:
                press.got.setdefault(who, t_ns)
        for number in press.groups:
            task = self.timeline.task(number)
            ended = task.ended_ns
            if ended is None or not press.t_ns <= ended <= press.over_ns:
                continue
            if task.signal == wanted or (task.code is None and task.signal is None):
                press.got.setdefault(number, ended)

    def lives(self, number: int, t_ns: int) -> bool:
        """Whether a task had not ended at an instant."""
        ended = self.timeline.task(number).ended_ns
        return ended is None or ended > t_ns

    def named(self, name: str) -> Task | None:
        """The task of this name. Roles will not do: a birth heard of before its announcement has none."""
        return next((task for task in self.timeline.tasks.values() if task.born and task.name == name), None)

    def names(self, tasks: Iterable[int]) -> str:
        """Tasks by name, for a sentence; "nobody" for none."""
        return ", ".join(self.timeline.task(task).name for task in sorted(tasks)) or "nobody"

    def parent_of(self, task: Task) -> Task | None:
        """Who made it."""
        return self.timeline.task(task.born.parent) if task.born else None

    def placed_ns(self, tasks: Collection[int], by_ns: int) -> int:
        """When the last of these tasks was seen where it was at an instant."""
        return max(t_ns for t_ns, moved in self.moves if moved.task in tasks and t_ns <= by_ns)

    def placed(self, t_ns: int, moved: TaskMoved, *, first: bool) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A task's place was seen, for the first time or changed."""
        return ()

    def pressed(self, press: Press) -> Iterable[ClaimResult]:  # noqa: ARG002
        """What a key has brought about, at the trial's end."""
        return ()
