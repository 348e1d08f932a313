"""The job of one trial: who called it, who ran it, what the caller did meanwhile; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterable

from ...events import State, WaitsFor
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Call, Span, Timeline, Trial

#: Styles that ask one question of the lesson, whatever pool they are called with.
KINDS = {
    "direct": "direct", "apply": "apply", "apply_io": "io", "result": "apply", "get": "get", "ask": "ask",
    "ask_pool": "ask", "nap": "nap", "nap_pool": "nap", "wait": "wait", "wait_pool": "wait", "callback": "callback",
    "callback_pool": "callback", "late": "late", "awaited": "awaited", "stuck": "stuck", "held": "apply",
}  # fmt: skip
BEGINS, DONE = ("computes", "reads"), ("computed", "has_read")  # what a worker says of a job that computes, or does I/O


class Job:
    """The job of one trial and the calls of its caller, in order. Made when the trial is over; ns of the run."""

    def __init__(self, timeline: Timeline, trial: Trial) -> None:
        self.number = trial.number
        self.style, self.pool = str(trial.params["style"]), str(trial.params["pool"])
        calls = (call for call in timeline.calls.values() if call.style in KINDS and call.from_ns >= trial.from_ns)
        self.calls = sorted(calls, key=lambda call: call.from_ns)
        self.tasks = timeline.tasks
        steps = [(t_ns, step) for task in self.tasks.values() for t_ns, _, step in task.steps if t_ns >= trial.from_ns]
        computes = [(t_ns, step.task) for t_ns, step in steps if step.label in BEGINS]
        self.computes_ns, self.worker = max(computes, default=(0, 0))  # when, and the task that ran it
        self.computed_ns = max((t_ns for t_ns, step in steps if step.label in DONE), default=0)

    @property
    def call(self) -> Call:
        """The call the trial is about."""
        return self.calls[0]

    @property
    def kind(self) -> str:
        """Which of the ways to wait it is."""
        return kind(self.call)

    @property
    def whole(self) -> bool:
        """Whether the call was made, the job done, and the caller told."""
        return bool(self.calls) and self.computed_ns > 0 and self.call.returned_ns is not None

    def spans(self, task: int) -> list[Span]:
        """The spans of a task; none if it is not known."""
        return self.tasks[task].spans if task in self.tasks else []

    def pid(self, task: int) -> int | None:
        """The process of a task."""
        born = self.tasks[task].born if task in self.tasks else None
        return born.pid if born else None

    def name_of(self, task: int) -> str:
        """The newest name of a task; empty if it is not known."""
        return self.tasks[task].name if task in self.tasks else ""

    def caller_ns(self, state: State, from_ns: int | None = None, to_ns: int | None = None) -> int:
        """Time the caller's thread spent in a state between two instants (default: from the call to the result)."""
        start = self.call.from_ns if from_ns is None else from_ns
        end = self.call.end_ns if to_ns is None else to_ns
        return sum(span.within(start, end) for span in self.spans(self.call.task) if span.state == state)

    def sleeps(self, from_ns: int, to_ns: int) -> list[Span]:
        """The caller's sleeps that overlap the time between two instants."""
        spans = self.spans(self.call.task)
        return [span for span in spans if span.state == "blocked" and span.within(from_ns, to_ns)]

    def asleep_share(self, task: int | None = None) -> float:
        """While the job is done: a task's time asleep (the caller's), of its time asleep or on a core."""
        spans = self.spans(self.call.task if task is None else task)
        inside = [(span.state, span.within(self.computes_ns, self.computed_ns)) for span in spans]
        asleep, running = (sum(ns for state, ns in inside if state == wanted) for wanted in ("blocked", "running"))
        return asleep / max(1, asleep + running)

    def why(self) -> WaitsFor | None:
        """What the caller's longest sleep was for, None if it did not sleep or nobody could see it."""
        sleeps = self.sleeps(self.call.from_ns, self.call.end_ns)
        return max(sleeps, key=lambda span: span.length_ns).waits_for if sleeps else None


def kind(call: Call) -> str:
    """Which of the ways to wait a call is."""
    return KINDS[call.style]


class Jobs(TimelineFold):
    """A fold that hands each trial's job to its subclass once it is over; the subclass says what it settles."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        job = Job(self.timeline, trial)
        return list(self.done(job)) if job.whole else ()

    def done(self, job: Job) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A trial has ended, and everything of its call is known."""
        return ()
