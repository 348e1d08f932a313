"""What the timeline says about one trial of this lesson: which jobs ran when. It judges nothing; claims.py does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ...events import Entry, State, TaskDied, TaskState
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import OPEN_NS, Span, Task, Trial


def cores(trial: Trial) -> int:
    """How many cores its jobs may use."""
    return int(trial.params["cores"])


def jobs(trial: Trial) -> list[Task]:
    """Its jobs, in order of birth: on a busy machine a thread says that it computes before its role is known."""
    return [task for task in trial.tasks.values() if _works(task)]


def _works(task: Task) -> bool:
    return task.role == "worker" or task.first_step_ns("compute") is not None


def start_ns(trial: Trial) -> int | None:
    """The first job's word that it computes; ns of the run."""
    starts = (task.first_step_ns("compute") for task in trial.tasks.values())
    return min((start for start in starts if start is not None), default=None)


def ends(trial: Trial) -> list[tuple[int, int]]:
    """(t_ns, task) of every ended job, in order."""
    return sorted((task.ended_ns, task.number) for task in jobs(trial) if task.ended_ns is not None)


def is_exact(trial: Trial) -> bool:
    """Whether the instants are the kernel's: what was not seen in such a trial did not happen."""
    spans = (span for task in jobs(trial) for span in task.spans if _ran(span))
    return not any(span.from_error_ns or span.to_error_ns for span in spans)


def span_ns(trial: Trial) -> tuple[int, int]:
    """From the first job's start to the last job's end; only once it is over."""
    return start_ns(trial) or 0, ends(trial)[-1][0]


def runs(trial: Trial, task: Task, newest: int = 0) -> list[Span]:
    """The stays of one job on a core since the start of the computing: all, or only the newest few."""
    return clip([span for span in task.spans[-2 * newest :] if _ran(span)][-newest:], start_ns(trial))


def clip(spans: Iterable[Span], from_ns: int | None) -> list[Span]:
    """The parts of the spans after ``from_ns``; none before it is known."""
    if from_ns is None:
        return []
    later = (span for span in spans if span.to_ns > from_ns)
    return [span if span.from_ns >= from_ns else span._replace(from_ns=from_ns) for span in later]


def _ran(span: Span) -> bool:
    return span.state == "running" and span.to_ns < OPEN_NS


def overlaps(trial: Trial) -> list[tuple[int, int, int]]:
    """(from_ns, to_ns, task that came second) of every time in which two jobs or more were on cores.

    One that is no longer than the errors of its two ends is left out: it may be none.
    """
    spans = [span for task in jobs(trial) for span in runs(trial, task)]
    edges = [(span.from_ns, 1, span.from_error_ns, span.task) for span in spans]
    edges += [(span.to_ns, -1, span.to_error_ns, span.task) for span in spans]
    found: list[tuple[int, int, int]] = []
    busy, since, error, second = 0, 0, 0, 0
    for t_ns, change, error_ns, task in sorted(edges):
        if busy == 1 and change == 1:
            since, error, second = t_ns, error_ns, task
        if busy == 2 and change == -1 and t_ns - since > error + error_ns:
            found.append((since, t_ns, second))
        busy += change
    return found


class JobReading(TimelineFold):
    """A fold that is asked while the jobs run, at the moments that can settle something."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.job_count = int(params["tasks"])  # of each trial
        self._finished: set[int] = set()

    def over(self, trial: Trial) -> bool:
        """Every job was born, computed and ended."""
        return start_ns(trial) is not None and len(ends(trial)) == self.job_count

    def watched_states(self) -> Collection[State]:
        """All while it is ``ran`` that may settle it, then only the ends of jobs."""
        if type(self).ran is not JobReading.ran and getattr(self, "settled", None) is None:
            return super().watched_states()
        last: State = "zombie"
        return (last,)

    def watches(self, trial: Trial) -> bool:  # noqa: ARG002
        """Whether it wants to know when jobs of this trial leave a core (``ran``), now."""
        return type(self).ran is not JobReading.ran

    def on_state_change(self, task: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        trial = self._trial_of(task)
        watches = trial is not None and self.watches(trial)
        if trial is None or not (watches or fact.state == "zombie") or not _works(task):
            return ()
        verdicts: list[ClaimResult] = []
        if watches:
            spans = clip((span for span in task.closed_at(t_ns) if _ran(span)), start_ns(trial))
            verdicts = [verdict for span in spans for verdict in self.ran(trial, task, span)]
        return [*verdicts, *self._ended(trial)] if fact.state == "zombie" else verdicts

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        died = isinstance(entry.fact, TaskDied)
        trial = self._trial_of(self.timeline.task(entry.fact.task)) if isinstance(entry.fact, TaskDied) else None
        return self._ended(trial) if died and trial is not None else ()

    def _trial_of(self, task: Task) -> Trial | None:
        number = task.born.trial if task.born else None
        return self.timeline.trial(number) if number is not None else None

    def _ended(self, trial: Trial) -> Iterable[ClaimResult]:
        if trial.number in self._finished or not self.over(trial):
            return ()
        self._finished.add(trial.number)
        return self.finished(trial)

    def ran(self, trial: Trial, task: Task, span: Span) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A job has just left a core, on which it was for this span since the start of the computing."""
        return ()

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:  # noqa: ARG002
        """The last job of the trial has just ended."""
        return ()
