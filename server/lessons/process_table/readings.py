"""What the timeline says of this lesson's tasks: absences and the gaps that a program saw, looks at a table entry."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...events import CallReturned, CallStarted, CellWritten, Entry, Step, TaskDescribed
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Task, Trial

ABSENCE_NS = 100_000  # an absence is longer than this, and so is a gap


@dataclass(frozen=True, slots=True)
class Look:
    """A table entry at one look: the lines that were known then."""

    label: str
    t_ns: int
    lines: Mapping[str, str]


class TableReading(TimelineFold):
    """Calls by task and style, named values, and the looks at each task."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._began: dict[int, tuple[int, str, int]] = {}  # of each call: task, style, instant
        self.calls: dict[tuple[int, str], list[tuple[int, int]]] = {}  # of task and style: from, to
        self.results: dict[tuple[int, str], str] = {}
        self.cells: dict[tuple[int, str], list[tuple[int, str]]] = {}  # of task and name: instant, value
        self._looks: dict[int, list[tuple[int, str]]] = {}  # of each task: instant and label
        self._lines: dict[int, list[tuple[int, str, str]]] = {}  # of each task: instant, name, text

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        match entry.fact:
            case CallStarted(task=task, call=call, style=style):
                self._began[call] = (task, style, entry.t_ns)
            case CallReturned(call=call, result=result) if call in self._began:
                task, style, from_ns = self._began.pop(call)
                self.calls.setdefault((task, style), []).append((from_ns, entry.t_ns))
                self.results[task, style] = result or ""
            case CellWritten(task=task, name=name, value=value):
                self.cells.setdefault((task, name), []).append((entry.t_ns, value))
            case Step(task=task, label=label):
                self._looks.setdefault(task, []).append((entry.t_ns, label))
            case TaskDescribed(task=task, of=of, text=text):
                self._lines.setdefault(task, []).append((entry.t_ns, of, text))
        return ()

    def looks(self, task: Task) -> list[Look]:
        """The looks at a task, in order of time; each knows what was told until the next one began."""
        steps, found = sorted(self._looks.get(task.number, ())), []
        for index, (t_ns, label) in enumerate(steps):
            next_ns = steps[index + 1][0] if index + 1 < len(steps) else 1 << 62
            told = [(of, text) for at_ns, of, text in self._lines.get(task.number, ()) if at_ns < next_ns]
            found.append(Look(label, t_ns, {of: text for of, text in dict(told).items() if text}))
        return found

    def nice_of(self, trial: Trial, role: str) -> str | None:
        """The nice value that a task of this role said it has: a server may itself have been started with nice(1)."""
        task = self.of_role(trial, role)
        return self.cells[task.number, "nice"][-1][1] if task and (task.number, "nice") in self.cells else None

    def of_role(self, trial: Trial, role: str) -> Task | None:
        """The task of a role, if there is one."""
        return next(iter(trial.with_role(role)), None)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watcher saw, and what the kernel recorded meanwhile: (from_ns, to_ns) each, in order."""

    task: Task
    from_ns: int
    to_ns: int
    gaps: list[tuple[int, int]]
    absences: list[tuple[int, int]]  # not on a core for longer than ABSENCE_NS, between the first and last reading

    def gap_of(self, absence: tuple[int, int]) -> tuple[int, int] | None:
        """The one gap that an absence lies in."""
        index = bisect_right(self.gaps, absence[0], key=lambda gap: gap[0]) - 1
        gap = self.gaps[index] if index >= 0 else None
        return gap if gap is not None and absence[1] <= gap[1] else None


def watched(reading: TableReading, task: Task) -> Watched | None:
    """None before its gaps have been told."""
    whole = reading.calls.get((task.number, "watch"))
    if not whole:
        return None
    from_ns, to_ns = whole[0]
    gaps = sorted(reading.calls.get((task.number, "gap"), ()))
    away: list[tuple[int, int]] = []
    for span in task.spans:
        if span.state == "running" or span.to_ns > to_ns or span.from_ns < from_ns:
            continue
        if away and away[-1][1] == span.from_ns:  # asleep, then ready: one absence
            away[-1] = (away[-1][0], span.to_ns)
        else:
            away.append((span.from_ns, span.to_ns))
    absences = [each for each in away if each[1] - each[0] > ABSENCE_NS]
    return Watched(task, from_ns, to_ns, gaps, absences)
