"""What a log says about one trial of this lesson: who waited how, when the answers came; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...events import (
    CallNotified,
    CallReturned,
    CallStarted,
    Entry,
    Fact,
    State,
    Step,
    TaskBorn,
    TaskState,
    TrialEnded,
    TrialStarted,
    WaitsFor,
)
from ...lesson import Verdict


class Span(NamedTuple):
    """A stretch of one task in one state; ns of the run."""

    from_ns: int
    to_ns: int
    state: State
    waits_for: WaitsFor | None
    by: int | None  # of a sleep: the task that ended it; absent where the kernel was not heard so exactly
    error_ns: int  # how far its end may be off

    def within(self, from_ns: int, to_ns: int) -> int:
        """How much of it lies between two instants."""
        return max(0, min(self.to_ns, to_ns) - max(self.from_ns, from_ns))


@dataclass(slots=True)
class Reply:
    """One peer: when it was asked and went to sleep for the delay, when it began to write its answer."""

    task: int
    asked_ns: int = 0
    answers_ns: int = 0


@dataclass(slots=True)
class Trial:
    """One trial: the call it is about, its peers, every task's stretches. Made when the trial is over."""

    number: int
    style: str
    exact_wakes: bool  # every wake-up was heard with its author
    caller: int = 0  # task
    from_ns: int = 0  # the call is made …
    returned_ns: int = 0  # … and returns, with the result, a handle, or EAGAIN
    learned_ns: int = 0  # the caller has the result
    count: int | None = None  # polls
    replies: dict[int, Reply] = field(default_factory=dict)  # peer's task: its reply
    spans: dict[int, list[Span]] = field(default_factory=dict)

    @property
    def end_ns(self) -> int:
        """When the caller had the result."""
        return self.learned_ns or self.returned_ns

    @property
    def answered_ns(self) -> int:
        """When the last peer began to write its answer; 0 without peers."""
        return max((reply.answers_ns for reply in self.replies.values()), default=0)

    @property
    def gone_ns(self) -> int:
        """From when on the last peer has ended, and so has written; the end of the trial if that is not known."""
        ends = [span for task in self.replies for span in self.spans.get(task, ()) if span.state == "zombie"]
        return max((span.from_ns for span in ends), default=self.end_ns)

    @property
    def asked_ns(self) -> int:
        """When the first peer was asked; from here on the caller states nothing until it has an answer."""
        return min((reply.asked_ns for reply in self.replies.values()), default=self.from_ns)

    @property
    def whole(self) -> bool:
        """Whether the call was made, every peer answered, and the caller had it all."""
        said = all(reply.asked_ns and reply.answers_ns for reply in self.replies.values())
        return bool(self.caller and self.end_ns and said)

    @property
    def waits_ns(self) -> list[int]:
        """How long each peer took, from the question to the answer."""
        return [reply.answers_ns - reply.asked_ns for reply in self.replies.values()]

    def spent(self, state: State, from_ns: int | None = None, to_ns: int | None = None) -> int:
        """Time the caller's thread spent in a state between two instants (default: the whole call)."""
        start = self.from_ns if from_ns is None else from_ns
        end = self.end_ns if to_ns is None else to_ns
        return sum(each.within(start, end) for each in self.spans.get(self.caller, ()) if each.state == state)

    def sleeps(self, from_ns: int | None = None, to_ns: int | None = None) -> list[Span]:
        """The caller's sleeps that begin in a stretch of time or reach into it (default: the whole call).

        A short one may have no length at all where the instant of its end is derived.
        """
        start = self.from_ns if from_ns is None else from_ns
        end = self.end_ns if to_ns is None else to_ns
        mine = self.spans.get(self.caller, ())
        return [
            each
            for each in mine
            if each.state == "blocked" and (each.within(start, end) or start <= each.from_ns < end)
        ]

    def longest(self) -> Span | None:
        """The caller's longest sleep of the call, None if it did not sleep."""
        return max(self.sleeps(), key=lambda each: each.to_ns - each.from_ns, default=None)


def read(number: int, params: Mapping[str, Any], entries: Sequence[Entry], exact_wakes: bool) -> Trial:
    """A trial from its entries, in any order of arrival: they are folded in order of their instants."""
    trial = Trial(number, str(params["style"]), exact_wakes)
    open_spans: dict[int, tuple[int, TaskState]] = {}
    ordered = sorted(entries, key=lambda each: each.t_ns)
    for entry in ordered:
        if isinstance(entry.fact, TaskState):
            _close(trial, open_spans, entry.t_ns, entry.fact)
            open_spans[entry.fact.task] = (entry.t_ns, entry.fact)
        else:
            _said(trial, entry.t_ns, entry.fact)
    for task in list(open_spans):
        _close(trial, open_spans, ordered[-1].t_ns, TaskState(task, "zombie", "exited"))
    for reply in trial.replies.values():
        sleeps = (span for span in trial.spans.get(reply.task, ()) if span.state == "blocked")
        reply.asked_ns = max((span.from_ns for span in sleeps if span.from_ns < reply.answers_ns), default=0)
    return trial


def _said(trial: Trial, t_ns: int, fact: Fact) -> None:
    match fact:
        case TaskBorn(task=task, role="caller", trial=trial.number):
            trial.caller = task
        case TaskBorn(task=task, role="peer", trial=trial.number):
            trial.replies[task] = Reply(task)
        case Step(task=task, label="answers") if task in trial.replies:
            trial.replies[task].answers_ns = t_ns
        case CallStarted(task=trial.caller) if not trial.from_ns:
            trial.from_ns = t_ns
        case CallReturned(task=trial.caller):
            trial.returned_ns = t_ns
        case CallNotified(task=trial.caller, count=count):
            trial.learned_ns, trial.count = t_ns, count


def _close(trial: Trial, open_spans: dict[int, tuple[int, TaskState]], t_ns: int, new: TaskState) -> None:
    if new.task in open_spans:
        since, fact = open_spans.pop(new.task)
        span = Span(since, t_ns, fact.state, fact.waits_for, new.by, new.error_ns or 0)
        trial.spans.setdefault(new.task, []).append(span)


class Reading:
    """A fold that hands each trial to its subclass once it is over; the subclass says what it settles."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self._exact_wakes = True
        self._now: tuple[int, Mapping[str, Any]] | None = None
        self._entries: list[Entry] = []

    def see(self, entry: Entry) -> Iterable[Verdict]:
        fact = entry.fact
        if fact.kind in ("run.started", "run.stepped_down"):
            self._exact_wakes = fact.tier == "exact+wake"
        match fact:
            case TrialStarted(trial=number, params=params):
                self._now = (number, params)  # what was heard before stays: a birth may be heard of before its trial
            case TrialEnded() if self._now is not None:
                trial = read(*self._now, self._entries, self._exact_wakes)
                self._now, self._entries = None, []
                if trial.whole:
                    return list(self.over(trial))
            case _:
                self._entries.append(entry)
        return ()

    def over(self, trial: Trial) -> Iterable[Verdict]:  # noqa: ARG002
        """A trial has ended, and everything of its call is known."""
        return ()

    def end(self) -> Iterable[Verdict]:
        """The run is over."""
        return ()
