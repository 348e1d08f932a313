"""What a log says about one call of this lesson: who called, who worked, what the caller did; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...events import (
    CallNotified,
    CallReturned,
    CallStarted,
    Entry,
    State,
    Step,
    TaskBorn,
    TaskState,
    TrialEnded,
    TrialStarted,
    WaitsFor,
)
from ...lesson import Verdict

#: Styles that ask one question of the lesson, whatever pool they are called with.
KINDS = {
    "direct": "direct", "apply": "apply", "result": "apply", "get": "get", "ask": "ask", "ask_pool": "ask",
    "nap": "nap", "nap_pool": "nap", "wait": "wait", "wait_pool": "wait", "callback": "callback",
    "callback_pool": "callback", "late": "late", "awaited": "awaited", "stuck": "stuck", "held": "apply",
}  # fmt: skip


class Span(NamedTuple):
    """A stretch of one task in one state; ns of the run."""

    from_ns: int
    to_ns: int
    state: State
    waits_for: WaitsFor | None

    def within(self, from_ns: int, to_ns: int) -> int:
        """How much of it lies between two instants."""
        return max(0, min(self.to_ns, to_ns) - max(self.from_ns, from_ns))


@dataclass(slots=True)
class Call:
    """One call as its caller stated it; instants in ns of the run."""

    number: int
    style: str
    caller: int  # task
    from_ns: int
    returned_ns: int | None = None
    result: str | None = None  # "value" or "handle"
    learned_ns: int | None = None  # a notification; a call that returned the value needs none
    learner: int | None = None  # the task that ran the notification
    count: int | None = None

    @property
    def kind(self) -> str:
        """Which of the ways to wait it is."""
        return KINDS[self.style]

    @property
    def end_ns(self) -> int:
        """When the result was known: by the notification, or with the return."""
        return self.learned_ns or self.returned_ns or self.from_ns


@dataclass(slots=True)
class Trial:
    """One trial: its calls, and every task's stretches. Made when the trial is over."""

    number: int
    style: str
    pool: str
    calls: list[Call] = field(default_factory=list)
    pids: dict[int, int] = field(default_factory=dict)  # task: process
    worker: int | None = None  # the task that ran the job
    computes_ns: int = 0
    computed_ns: int = 0
    spans: dict[int, list[Span]] = field(default_factory=dict)

    @property
    def call(self) -> Call:
        """The call the trial is about."""
        return self.calls[0]

    @property
    def whole(self) -> bool:
        """Whether the call was made, the job done, and the caller told."""
        return bool(self.calls) and self.computed_ns > 0 and self.call.returned_ns is not None

    def caller_ns(self, state: State, from_ns: int | None = None, to_ns: int | None = None) -> int:
        """Time the caller's thread spent in a state between two instants (default: from the call to the result)."""
        start = self.call.from_ns if from_ns is None else from_ns
        end = self.call.end_ns if to_ns is None else to_ns
        spans = self.spans.get(self.call.caller, [])
        return sum(span.within(start, end) for span in spans if span.state == state)

    def sleeps(self, from_ns: int, to_ns: int) -> list[Span]:
        """The caller's sleeps that overlap a stretch of time."""
        spans = self.spans.get(self.call.caller, [])
        return [span for span in spans if span.state == "blocked" and span.within(from_ns, to_ns)]

    def asleep_share(self) -> float:
        """While the job computes: the caller's time asleep, of its time asleep or on a core."""
        asleep = self.caller_ns("blocked", self.computes_ns, self.computed_ns)
        running = self.caller_ns("running", self.computes_ns, self.computed_ns)
        return asleep / max(1, asleep + running)

    def why(self) -> WaitsFor | None:
        """What the caller's longest sleep was for, None if it did not sleep or nobody could see it."""
        sleeps = self.sleeps(self.call.from_ns, self.call.end_ns)
        return max(sleeps, key=lambda span: span.to_ns - span.from_ns).waits_for if sleeps else None


def read(number: int, params: Mapping[str, Any], entries: Sequence[Entry]) -> Trial:
    """A trial from its entries, in any order of arrival: they are folded in order of their instants."""
    trial = Trial(number, str(params["style"]), str(params["pool"]))
    calls: dict[int, Call] = {}
    open_spans: dict[int, tuple[int, TaskState]] = {}
    end_ns = 0
    for entry in sorted(entries, key=lambda each: each.t_ns):
        t_ns, fact, end_ns = entry.t_ns, entry.fact, entry.t_ns
        match fact:
            case TaskState(task=task):
                _close(trial, open_spans, task, t_ns)
                open_spans[task] = (t_ns, fact)
            case CallStarted(task=task, call=call, style=style) if style in KINDS:
                calls[call] = Call(call, style, task, t_ns)
            case CallReturned(call=call, result=result) if call in calls:
                calls[call].returned_ns, calls[call].result = t_ns, result
            case CallNotified(task=task, call=call, count=count) if call in calls:
                calls[call].learned_ns, calls[call].learner, calls[call].count = t_ns, task, count
            case Step(task=task, label="computes"):
                trial.worker, trial.computes_ns = task, t_ns
            case Step(label="computed"):
                trial.computed_ns = t_ns
    for task in list(open_spans):
        _close(trial, open_spans, task, end_ns)
    trial.calls = sorted(calls.values(), key=lambda call: call.from_ns)
    return trial


def _close(trial: Trial, open_spans: dict[int, tuple[int, TaskState]], task: int, t_ns: int) -> None:
    if task in open_spans:
        since, fact = open_spans.pop(task)
        trial.spans.setdefault(task, []).append(Span(since, t_ns, fact.state, fact.waits_for))


class Reading:
    """A fold that hands each trial to its subclass once it is over; the subclass says what it settles."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self._now: tuple[int, Mapping[str, Any]] | None = None
        self._entries: list[Entry] = []
        self._pids: dict[int, int] = {}  # of the whole run: a birth may be heard of before its trial

    def see(self, entry: Entry) -> Iterable[Verdict]:
        if isinstance(entry.fact, TaskBorn):
            self._pids[entry.fact.task] = entry.fact.pid
        match entry.fact:
            case TrialStarted(trial=number, params=params):
                self._now, self._entries = (number, params), []
            case TrialEnded() if self._now is not None:
                trial = read(*self._now, self._entries)
                self._now, self._entries = None, []
                trial.pids = dict(self._pids)
                if trial.whole:
                    return list(self.over(trial))
            case _ if self._now is not None:
                self._entries.append(entry)
        return ()

    def over(self, trial: Trial) -> Iterable[Verdict]:  # noqa: ARG002
        """A trial has ended, and everything of its call is known."""
        return ()

    def end(self) -> Iterable[Verdict]:
        """The run is over."""
        return ()
