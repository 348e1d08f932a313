"""When was a sleeper woken, if no record says so: solved from the time it has been ready in all; pure.

schedstat's second field (run_delay) grows by one ready interval at every dispatch, its third counts the dispatches
(docs/design.md). Ready intervals after a preemption are known from the records; what is left of run_delay
belongs to the dispatches that ended a sleep. One such dispatch between two readings: exact, but for the time between
the wake-up call and the enqueueing. Several: shared equally, and the error says how far off that may be.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from .edges import Edge

#: Wake-up call to enqueueing plus the clocks' difference; the tests compare with sched_waking.
ERROR_NS = 60_000
#: Further ready intervals subtracted add the difference of two clock readings each.
ERROR_EACH_NS = 20_000


@dataclass(slots=True)
class Wake:
    """A dispatch that ended a sleep: the ``edge`` to be timed lies between ``slept``'s beginning and ``in_ns``."""

    edge: Edge
    slept: Edge
    in_ns: int
    ordinal: int = 0  # its number among the task's dispatches

    def place(self, ready_ns: int, error_ns: int) -> None:
        """The task was ready for ``ready_ns`` before its dispatch; no effect once the edge was handed on."""
        if self.edge.given:
            return
        self.edge.t_ns = self.slept.ended_ns = max(self.slept.t_ns, self.in_ns - ready_ns)
        self.edge.error_ns = error_ns
        self.edge.open = False


@dataclass(slots=True)
class Delays:
    """What is known of one task's ready time; dispatches are numbered from 1, as the kernel counts them."""

    ordinal: int = 0
    known_ns: int = 0  # sum of the ready intervals known from records
    unsolved: deque[Wake] = field(default_factory=deque)
    missed: int = 0  # wake-ups handed on untimed since the last reading: part of the next one belongs to them
    _base: tuple[int, int] = (0, 0)  # run_delay and known_ns at the last reading used
    _base_ordinal: int = 0
    _marks: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=256))
    _later: tuple[int, int] | None = None  # a reading whose dispatches have not all been heard of yet

    def dispatched(self, ready_ns: int | None, wake: Wake | None = None) -> None:
        """A dispatch after ``ready_ns`` of known readiness, or one that ends a sleep at an unknown instant."""
        self.ordinal += 1
        if ready_ns is not None:
            self.known_ns += ready_ns
        if wake is not None:
            wake.ordinal = self.ordinal
            self.unsolved.append(wake)
        self._marks.append((self.ordinal, self.known_ns))
        if self._later and self._later[0] <= self.ordinal:
            later, self._later = self._later, None
            self.reading(*later)

    def reading(self, dispatches: int, delay_ns: int) -> None:
        """schedstat was read: solve the wake-ups among the dispatches it covers."""
        if dispatches > self.ordinal and self._base_ordinal < dispatches:
            self._later = (dispatches, delay_ns)
            return
        known = next((known for ordinal, known in reversed(self._marks) if ordinal == dispatches), None)
        if known is None or dispatches <= self._base_ordinal:
            return
        covered = []
        while self.unsolved and self.unsolved[0].ordinal <= dispatches:
            covered.append(self.unsolved.popleft())
        error_ns = ERROR_NS + ERROR_EACH_NS * (dispatches - self._base_ordinal - 1)
        share(covered, max(0, delay_ns - self._base[0] - (known - self._base[1])), error_ns, self.missed)
        self.missed = 0
        self._base, self._base_ordinal = (delay_ns, known), dispatches

    def torn(self) -> None:
        """Records were lost: dispatches cannot be numbered any more, so no later reading can be used."""
        self._later, self._base_ordinal = None, 1 << 62

    def give_up(self, edge: Edge) -> None:
        """No reading came in time: the wake-up is put at the dispatch, and may be as old as the sleep."""
        while self.unsolved and edge.open:
            wake = self.unsolved.popleft()
            wake.place(0, wake.in_ns - wake.slept.t_ns)
            self.missed += 1


def share(wakes: list[Wake], total_ns: int, error_ns: int, missed: int = 0) -> None:
    """Divide ``total_ns`` of readiness among wake-ups and ``missed`` others; alone, one gets all of it.

    ``error_ns`` is the error of a lone one.
    """
    count = len(wakes) + missed
    for wake in wakes:
        asleep = wake.in_ns - wake.slept.t_ns
        ready = min(total_ns // count, asleep)
        off = 0 if count == 1 else max(ready, min(total_ns, asleep) - ready)
        wake.place(ready, off + error_ns)
