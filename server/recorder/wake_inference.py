"""When was a sleeper woken, if no record says so: solved from the time it has been ready in all; pure.

schedstat's second field (run_delay) grows by one ready interval at every dispatch, its third counts the dispatches
(docs/design.md). Ready intervals after a preemption are known from the records; what is left of run_delay
belongs to the dispatches that ended a sleep. One such dispatch between two readings: exact, but for the time between
the wake-up call and the enqueueing. Several: shared equally, and the error says how far off that may be.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from .transitions import PendingTransition

#: Wake-up call to enqueueing plus the clocks' difference; the tests compare with sched_waking.
ERROR_NS = 60_000
#: Further ready intervals subtracted add the difference of two clock readings each.
ERROR_EACH_NS = 20_000
#: Who seems to have been ready for longer may have slept a part of it: a sleeper that still waits for its dequeueing
#: (Linux 6.12, "delayed dequeue") counts as ready from the moment the load balancer moves it to another core.
DOUBTFUL_READY_NS = 100_000_000


@dataclass(slots=True)
class UntimedWakeup:
    """A dispatch that ended a ``sleep``: the ``transition`` to be timed lies between that and ``dispatched_ns``."""

    transition: PendingTransition
    sleep: PendingTransition
    dispatched_ns: int
    dispatch_number: int = 0  # its number among the task's dispatches

    def set_ready_time(self, ready_ns: int, error_ns: int) -> None:
        """The task was ready for ``ready_ns`` before its dispatch; no effect once the transition was handed on."""
        if self.transition.emitted:
            return
        self.transition.t_ns = self.sleep.ended_ns = max(self.sleep.t_ns, self.dispatched_ns - ready_ns)
        self.transition.error_ns = error_ns
        self.transition.time_unknown = False


@dataclass(slots=True)
class RunDelaySolver:
    """What is known of one task's ready time; dispatches are numbered from 1, as the kernel counts them."""

    dispatch_count: int = 0
    known_ns: int = 0  # sum of the ready intervals known from records
    untimed: deque[UntimedWakeup] = field(default_factory=deque)
    untimed_count: int = 0  # wake-ups handed on untimed since the last reading: part of the next one belongs to them
    _base: tuple[int, int] = (0, 0)  # run_delay and known_ns at the last reading used
    _base_ordinal: int = 0
    _marks: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=256))
    _later: tuple[int, int] | None = None  # a reading whose dispatches have not all been heard of yet

    def add_dispatch(self, ready_ns: int | None, wake: UntimedWakeup | None = None) -> None:
        """A dispatch after ``ready_ns`` of known readiness, or one that ends a sleep at an unknown instant."""
        self.dispatch_count += 1
        if ready_ns is not None:
            self.known_ns += ready_ns
        if wake is not None:
            wake.dispatch_number = self.dispatch_count
            self.untimed.append(wake)
        self._marks.append((self.dispatch_count, self.known_ns))
        if self._later and self._later[0] <= self.dispatch_count:
            later, self._later = self._later, None
            self.add_schedstat(*later)

    def add_schedstat(self, dispatches: int, delay_ns: int) -> None:
        """schedstat was read: solve the wake-ups among the dispatches it covers."""
        if dispatches > self.dispatch_count and self._base_ordinal < dispatches:
            self._later = (dispatches, delay_ns)
            return
        known = next((known for ordinal, known in reversed(self._marks) if ordinal == dispatches), None)
        if known is None or dispatches <= self._base_ordinal:
            return
        covered = []
        while self.untimed and self.untimed[0].dispatch_number <= dispatches:
            covered.append(self.untimed.popleft())
        error_ns = ERROR_NS + ERROR_EACH_NS * (dispatches - self._base_ordinal - 1)
        divide_ready_time(
            covered, max(0, delay_ns - self._base[0] - (known - self._base[1])), error_ns, self.untimed_count
        )
        self.untimed_count = 0
        self._base, self._base_ordinal = (delay_ns, known), dispatches

    def invalidate(self) -> None:
        """Records were lost: dispatches cannot be numbered any more, so no later reading can be used."""
        self._later, self._base_ordinal = None, 1 << 62

    def give_up(self, transition: PendingTransition) -> None:
        """No reading came in time: the wake-up is put at the dispatch, and may be as old as the sleep."""
        while self.untimed and transition.time_unknown:
            wake = self.untimed.popleft()
            wake.set_ready_time(0, wake.dispatched_ns - wake.sleep.t_ns)
            self.untimed_count += 1


def divide_ready_time(wakes: list[UntimedWakeup], total_ns: int, error_ns: int, missed: int = 0) -> None:
    """Divide ``total_ns`` of readiness among wake-ups and ``missed`` others; alone, one gets all of it.

    ``error_ns`` is the error of a lone one, unless it was ready for so long that it may have slept meanwhile.
    """
    count = len(wakes) + missed
    for wake in wakes:
        asleep = wake.dispatched_ns - wake.sleep.t_ns
        ready = min(total_ns // count, asleep)
        surely = count == 1 and ready < DOUBTFUL_READY_NS
        off = 0 if surely else max(ready, min(total_ns, asleep) - ready)
        wake.set_ready_time(ready, off + error_ns)
