"""What a log says about one trial of this lesson: who ran when. It judges nothing; claims.py does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...events import Entry, Step, TaskBorn, TaskDied, TaskState, TrialStarted
from ...lesson import Verdict


class Span(NamedTuple):
    """A stretch of time, with how far each of its ends may be off (0: the kernel's own instant)."""

    from_ns: int
    to_ns: int
    from_error_ns: int = 0
    to_error_ns: int = 0


@dataclass(slots=True)
class Worker:
    """One task, a job or not: its stretches on a core, in order, and its end; ns of the run."""

    task: int
    works: bool  # it is one of the jobs: its birth or its first word says so
    runs: list[Span] = field(default_factory=list)  # closed stretches on a core, computing or not
    open_ns: int | None = None  # on a core since
    open_error_ns: int = 0
    gil: list[Span] = field(default_factory=list)  # closed waits for the GIL
    gil_ns: int | None = None  # waiting for the GIL since
    preempted: list[int] = field(default_factory=list)  # when the kernel took the core away
    ended_ns: int | None = None

    def enter(self, t_ns: int, fact: TaskState) -> bool:
        """Takes one state change; True if it closed a stretch on a core."""
        closed = self.open_ns is not None and fact.state != "running"
        if self.open_ns is not None and closed:
            self.runs.append(Span(self.open_ns, t_ns, self.open_error_ns, fact.error_ns or 0))
            self.open_ns = None
        if self.gil_ns is not None:
            self.gil.append(Span(self.gil_ns, t_ns))
            self.gil_ns = None
        if fact.state == "running" and self.open_ns is None:
            self.open_ns, self.open_error_ns = t_ns, fact.error_ns or 0
        if fact.waits_for == "gil":
            self.gil_ns = t_ns
        if fact.cause == "preempted":
            self.preempted.append(t_ns)
        return closed


@dataclass(slots=True)
class Trial:
    """One trial: its cores, its zero, its jobs; ``start_ns`` is the first job's word that it computes."""

    number: int
    cores: int
    tasks: int
    zero_ns: int
    start_ns: int | None = None
    born: dict[int, Worker] = field(default_factory=dict)  # every task of the trial

    @property
    def workers(self) -> dict[int, Worker]:
        """The jobs, in order of birth."""
        return {task: each for task, each in self.born.items() if each.works}

    @property
    def over(self) -> bool:
        """Every job was born, computed and ended."""
        ended = sum(each.ended_ns is not None for each in self.workers.values())
        return self.start_ns is not None and ended == self.tasks

    def ends(self) -> list[tuple[int, int]]:
        """(t_ns, task) of every ended job, in order."""
        return sorted((each.ended_ns, each.task) for each in self.workers.values() if each.ended_ns is not None)

    @property
    def exact(self) -> bool:
        """Whether the instants are the kernel's: what was not seen in such a trial did not happen."""
        return not any(run.from_error_ns or run.to_error_ns for each in self.workers.values() for run in each.runs)

    def span(self) -> tuple[int, int]:
        """From the first job's start to the last job's end; only once it is over."""
        return self.start_ns or 0, self.ends()[-1][0]

    def runs(self, task: int, newest: int = 0) -> list[Span]:
        """Stretches of one job on a core since the start of the computing: all, or only the newest few."""
        return clip(self.born[task].runs[-newest:], self.start_ns)

    def overlaps(self) -> list[tuple[int, int, int]]:
        """(from_ns, to_ns, task that came second) of every stretch in which two jobs or more were on cores.

        One that is no longer than the errors of its two ends is left out: it may be none.
        """
        runs = [(task, run) for task in self.workers for run in self.runs(task)]
        edges = [(run.from_ns, 1, run.from_error_ns, task) for task, run in runs]
        edges += [(run.to_ns, -1, run.to_error_ns, task) for task, run in runs]
        found: list[tuple[int, int, int]] = []
        busy, since, error, second = 0, 0, 0, 0
        for t_ns, change, error_ns, task in sorted(edges):
            if busy == 1 and change == 1:
                since, error, second = t_ns, error_ns, task
            if busy == 2 and change == -1 and t_ns - since > error + error_ns:
                found.append((since, t_ns, second))
            busy += change
        return found


class Reading:
    """A fold that keeps the trials of a run, and asks its subclass at the moments that can settle something."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.trials: dict[int, Trial] = {}
        self._trial_of: dict[int, int] = {}
        self._early: list[TaskBorn] = []  # births of trials that have not been heard of: told later, or sampled

    def see(self, entry: Entry) -> Iterable[Verdict]:
        match entry.fact:
            case TrialStarted(trial=number, params=params):
                self.trials[number] = Trial(number, int(params["cores"]), int(self.params["tasks"]), entry.t_ns)
                early, self._early = self._early, []
                for born in early:
                    self._bear(born)
            case TaskBorn() as born:
                self._bear(born)
            case Step(task=task, label="compute") if task in self._trial_of:
                trial = self.trials[self._trial_of[task]]
                trial.born[task].works = True  # on a busy machine a thread's role comes later than its birth
                trial.start_ns = min(entry.t_ns, trial.start_ns or entry.t_ns)
            case TaskState(task=task) | TaskDied(task=task) if task in self._trial_of:
                return self._move(entry, self.trials[self._trial_of[task]], task)
        return ()

    def _bear(self, born: TaskBorn) -> None:
        if born.trial is None:
            return
        if born.trial not in self.trials:
            self._early.append(born)
            return
        self._trial_of[born.task] = born.trial
        self.trials[born.trial].born[born.task] = Worker(born.task, born.role == "worker")

    def _move(self, entry: Entry, trial: Trial, task: int) -> Iterable[Verdict]:
        worker = trial.born[task]
        closed = isinstance(entry.fact, TaskState) and worker.enter(entry.t_ns, entry.fact)
        telling = closed and worker.works and trial.start_ns is not None
        verdicts = list(self.stretched(trial, worker)) if telling else []
        if worker.ended_ns is None and getattr(entry.fact, "state", "zombie") == "zombie":
            worker.ended_ns = entry.t_ns
            if worker.works and trial.over:
                verdicts += self.finished(trial)
        return verdicts

    def stretched(self, trial: Trial, worker: Worker) -> Iterable[Verdict]:  # noqa: ARG002
        """A job has just closed a stretch on a core (its last one)."""
        return ()

    def finished(self, trial: Trial) -> Iterable[Verdict]:  # noqa: ARG002
        """The last job of the trial has just ended."""
        return ()

    def end(self) -> Iterable[Verdict]:
        """The run is over."""
        return ()


def clip(spans: Iterable[Span], from_ns: int | None) -> list[Span]:
    """The parts of the spans after ``from_ns``; none before it is known."""
    if from_ns is None:
        return []
    return [
        each if each.from_ns >= from_ns else each._replace(from_ns=from_ns) for each in spans if each.to_ns > from_ns
    ]
