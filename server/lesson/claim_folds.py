"""What lessons' folds need twice: a reading that keeps the run's timeline, a claim that settles once, counted shares.

Imported in the observed process tree: standard library only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, get_args

from ..events import ClaimBroken, ClaimHeld, Entry, Fact, State, TaskState, TrialEnded
from ..log.timeline import Task, Timeline, Trial
from .contract import ClaimResult


class TimelineFold:
    """A fold over the run's timeline; each hook is called after its entry has been added to the timeline.

    Folds of one run may be given one timeline: whichever sees an entry first adds it. A fold need not be shown an
    entry for which it has no hook (:meth:`concerns`), as long as the timeline is.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.timeline = Timeline()

    def watched_states(self) -> Collection[State]:
        """The states of which it wants to know that a task has entered them: all, or none if it has no hook."""
        return get_args(State) if type(self).on_state_change is not TimelineFold.on_state_change else ()

    def concerns(self, kind: type[Fact]) -> bool:
        """Whether it has a hook for facts of this kind, :class:`TaskState` apart."""
        mine, here = type(self), TimelineFold
        if mine.see is not here.see or mine.on_other_entry is not here.on_other_entry:
            return True
        return kind is TrialEnded and mine.on_trial_end is not here.on_trial_end

    def see(self, entry: Entry) -> Iterable[ClaimResult]:
        """Adds the entry and asks the hook that it concerns."""
        if self.timeline.newest is not entry:
            self.timeline.add(entry)
        fact = entry.fact
        if isinstance(fact, TaskState):
            return self.on_state_change(self.timeline.task(fact.task), entry.t_ns, fact)
        if isinstance(fact, TrialEnded) and (trial := self.timeline.trial(fact.trial)) is not None:
            return self.on_trial_end(trial)
        return self.on_other_entry(entry)

    def on_state_change(self, task: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A change of a task's state was heard."""
        return ()

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:  # noqa: ARG002
        """Every task of a trial has ended."""
        return ()

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:  # noqa: ARG002
        """Any other entry."""
        return ()

    def end(self) -> Iterable[ClaimResult]:
        """The run is over."""
        return ()


class SettlingClaim(TimelineFold):
    """A claim that is held once; broken once, also after it was held; and then says no more."""

    name: ClassVar[str]

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.settled: type[ClaimHeld | ClaimBroken] | None = None

    def state_held(self, task: int | None, at_ns: int | None, to_ns: int | None = None) -> Iterable[ClaimResult]:
        """Holds from here on, unless it was settled; where to look: an instant, or a stretch up to ``to_ns``."""
        if self.settled is None:
            self.settled = ClaimHeld
            yield ClaimHeld(self.name, task=task, at_ns=at_ns, to_ns=to_ns)

    def state_broken(
        self, reason: str, task: int | None = None, at_ns: int | None = None, to_ns: int | None = None
    ) -> Iterable[ClaimResult]:
        """Did not hold: the figures that break it, where to look."""
        if self.settled is not ClaimBroken:
            self.settled = ClaimBroken
            yield ClaimBroken(self.name, reason, task=task, at_ns=at_ns, to_ns=to_ns)

    def settle(
        self, wrong: str | None, task: int, at_ns: int, about: str, to_ns: int | None = None
    ) -> Iterable[ClaimResult]:
        """``wrong`` is None if it held, the figures that break it if not, "" if this one (``about``) cannot tell."""
        if wrong is None:
            return self.state_held(task, at_ns, to_ns)
        return self.state_broken(f"{about}: {wrong}", task, at_ns, to_ns) if wrong else ()


def counted_verdict(
    name: str,
    count: int,
    of: int,
    *,
    holds: bool,
    reason: str | None = None,
    task: int | None = None,
    at_ns: int | None = None,
    to_ns: int | None = None,
) -> Iterable[ClaimResult]:
    """A counted claim: ``count`` of ``of``; ``reason`` if that is too few to hold, where to look."""
    if holds:
        yield ClaimHeld(name, count, of, task, at_ns, to_ns)
    else:
        yield ClaimBroken(name, reason, count, of, task, at_ns, to_ns)


def n50_ns(lengths_ns: Iterable[int]) -> int:
    """The length such that half of the whole time lies in lengths at least so long; 0 for none (an N50)."""
    lengths = sorted(lengths_ns, reverse=True)
    reached, half = 0, sum(lengths) / 2
    for length in lengths:
        reached += length
        if reached >= half:
            return length
    return 0
