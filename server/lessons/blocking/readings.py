"""The exchange of one trial: who asked whom, how the caller waited, when the answers came; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ...events import State
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Span, Task, Timeline, Trial


class Reply:
    """One peer: when it was asked and went to sleep for the delay, when it began to write its answer; ns, 0: never."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.answers_ns = max((t_ns for t_ns, _, step in task.steps if step.label == "answers"), default=0)
        sleeps = (span.from_ns for span in task.spans if span.state == "blocked")
        self.asked_ns = max((from_ns for from_ns in sleeps if from_ns < self.answers_ns), default=0)
        earlier = (span.to_ns for span in task.spans if span.state == "blocked" and span.from_ns < self.asked_ns)
        self.woken_ns = max(earlier, default=self.asked_ns)  # by the question, if it had slept in recv; else before it


class Exchange:
    """One trial: the call it is about, its caller and its peers. Made when the trial is over; ns of the run."""

    def __init__(self, timeline: Timeline, trial: Trial) -> None:
        self.number = trial.number
        self.style = str(trial.params["style"])
        self.exact_wakes = timeline.tier == "exact+wake"  # every wake-up was heard with its author
        self.tasks = timeline.tasks
        self._caller = next(iter(trial.with_role("caller")), None)
        self.caller = self._caller.number if self._caller else 0
        self.replies = {task.number: Reply(task) for task in trial.with_role("peer")}
        calls = [call for call in timeline.calls.values() if call.task == self.caller]
        self.from_ns = min((call.from_ns for call in calls), default=0)  # the call is made …
        self.returned_ns = max((call.returned_ns or 0 for call in calls), default=0)  # … and returns
        self.learned_ns = max((call.notified_ns or 0 for call in calls), default=0)  # the caller has the result
        self.count = next((call.count for call in calls if call.count is not None), None)  # polls

    @property
    def end_ns(self) -> int:
        """When the caller had the result."""
        return self.learned_ns or self.returned_ns

    @cached_property
    def answered_ns(self) -> int:
        """When the last peer began to write its answer; 0 without peers."""
        return max((reply.answers_ns for reply in self.replies.values()), default=0)

    @property
    def gone_ns(self) -> int:
        """From when on the last peer has ended, and so has written; the end of the trial if that is not known."""
        return max((reply.task.ended_ns or 0 for reply in self.replies.values()), default=0) or self.end_ns

    @cached_property
    def asked_ns(self) -> int:
        """When the first peer was asked; from here on the caller states nothing until it has an answer."""
        return min((reply.asked_ns for reply in self.replies.values()), default=self.from_ns)

    @property
    def whole(self) -> bool:
        """Whether the call was made, every peer answered, and the caller had it all."""
        answered = all(reply.asked_ns and reply.answers_ns for reply in self.replies.values())
        return bool(self.caller and self.end_ns and answered)

    @property
    def waits_ns(self) -> list[int]:
        """How long each peer took, from the question to the answer."""
        return [reply.answers_ns - reply.asked_ns for reply in self.replies.values()]

    def spent(self, state: State, from_ns: int | None = None, to_ns: int | None = None) -> int:
        """Time the caller's thread spent in a state between two instants (default: the whole call)."""
        start = self.from_ns if from_ns is None else from_ns
        return self._caller.total_ns(state, start, self.end_ns if to_ns is None else to_ns) if self._caller else 0

    @property
    def running_share(self) -> float:
        """The caller's time on a core, of its time on a core or asleep during the call; being ready is neither."""
        running, asleep = self.spent("running"), self.spent("blocked")
        return running / max(1, running + asleep)

    def sleeps(self, from_ns: int | None = None, to_ns: int | None = None) -> list[Span]:
        """The caller's sleeps that begin between two instants or reach between them (default: the whole call).

        A short one may have no length at all where the instant of its end is derived.
        """
        start = self.from_ns if from_ns is None else from_ns
        end = self.end_ns if to_ns is None else to_ns
        asleep = (span for span in (self._caller.spans if self._caller else ()) if span.state == "blocked")
        return [span for span in asleep if span.within(start, end) or start <= span.from_ns < end]

    def longest(self) -> Span | None:
        """The caller's longest sleep of the call, None if it did not sleep."""
        return max(self.sleeps(), key=lambda span: span.length_ns, default=None)

    def others_at(self, t_ns: int) -> list[Span]:
        """What tasks that are neither the caller nor a peer do at an instant, within the error of its end."""
        others = (task for number, task in self.tasks.items() if number != self.caller and number not in self.replies)
        spans = (span for task in others for span in task.spans)
        return [span for span in spans if span.from_ns <= t_ns < span.to_ns + span.to_error_ns]


class Exchanges(TimelineFold):
    """A fold that hands each trial's exchange to its subclass once it is over; the subclass says what it settles."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        exchange = Exchange(self.timeline, trial)
        return list(self.exchanged(exchange)) if exchange.whole else ()

    def exchanged(self, exchange: Exchange) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A trial has ended, and everything of its call is known."""
        return ()
