"""The one shape every tier speaks: a raw record as a plain tuple; it knows neither rings nor facts.

``RawRecord = (t_ns, op, cpu, pid, tid, other, text)``, absolute CLOCK_MONOTONIC. Plain tuples, because a busy run makes
tens of thousands a second and the recorder shares the machine with what it watches. Sorting them gives the order in
which they happened; ops are numbered so that records of one instant sort sensibly.

=======  ============================  ==============  ==================================  =====================
op       meaning                       pid / tid       other                               text
=======  ============================  ==============  ==================================  =====================
FORK     a task was born               the child       tid of its creator                  ""
COMM     it got a name                 the task        1 if an exec set it, else 0         the name
OUT      gave up the core              the task        0                                   ""
PREEMPT  lost the core, stays ready    the task        0                                   ""
WAKING   is being woken                soft / sleeper  tid of the waker, -1: an interrupt  the waker's name
IN       got the core ``cpu``          the task        0                                   ""
EXIT     ended                         the task        tid of its parent                   ""
LOST     a gap in this ring            0 / 0           records lost                        ""
=======  ============================  ==============  ==================================  =====================

A WAKING record's pid is not a pid: non-zero says that a soft interrupt did it on top of ``other``. Its text is the
kernel's name of a waker that is no task of the run, else empty.
In tier "sampled" ``cpu`` is -1, for no core is known; no waker is known either, and ``other`` of OUT, PREEMPT, WAKING,
IN and EXIT is the error of t_ns, in ns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..events import Tier

RawRecord = tuple[int, int, int, int, int, int, str]

FORK, COMM, OUT, PREEMPT, WAKING, IN, EXIT, LOST = range(8)

#: Waker of a WAKING record that was no task.
INTERRUPT = -1
#: Waker of a wake-up that was not heard but inferred from samples.
UNKNOWN = -2


class SnapshotRequest(NamedTuple):
    """Which snapshot of a task is wanted, because it holds what the task's records do not."""

    pid: int
    tid: int
    syscall: bool  # in which system call it sleeps
    delay: bool  # how long it has been ready in all


class TaskSnapshot(NamedTuple):
    """What /proc said about a task between two instants; a field is None where it was not asked or not readable."""

    tid: int
    from_ns: int  # CLOCK_MONOTONIC before the first read …
    to_ns: int  # … and after the last
    state: str | None = None  # letter of /proc/PID/stat: S, D, T, R, Z …
    syscall: int | None = None  # number of the system call it sleeps in, -1 outside any
    args: tuple[int, ...] = ()  # its arguments
    target: str | None = None  # what its first argument is, if a descriptor: "pipe:[123]", "socket:[9]", a path
    dispatches: int | None = None  # schedstat field 3
    ready_ns: int | None = None  # schedstat field 2


class Counters(NamedTuple):
    """The kernel's own totals of one task at ``stamp_ns`` (CLOCK_MONOTONIC)."""

    stamp_ns: int
    voluntary: int  # voluntary_ctxt_switches
    involuntary: int  # nonvoluntary_ctxt_switches
    dispatches: int  # schedstat field 3: times it got a core
    running_ns: int  # schedstat field 1: time on a core
    ready_ns: int  # schedstat field 2: time on a run queue without a core


class TaskGone(Exception):
    """The task has left the process table (ENOENT, ESRCH, or EACCES of one that is leaving)."""


class RecorderUnavailable(Exception):
    """The kernel does not allow this way of listening; the message is one English sentence."""


class ResourcesExhausted(Exception):
    """Allowed, but the memory or descriptors for it are used up at the moment; try again later."""


class Recorder(Protocol):
    """A way to hear the kernel, opened on the calling single-threaded process before it forks."""

    @property
    def tier(self) -> Tier:
        """How the kernel is heard."""

    @property
    def period_ns(self) -> int | None:
        """Time between two drains that tier "sampled" needs; None in the exact tiers."""

    def collect(self) -> None:
        """Takes over what the kernel could no longer keep if the next :meth:`drain` were late."""

    def collect_switches(self) -> Sequence[RawRecord]:
        """As :meth:`collect`, for a glance: the switches, births and ends that it took over; :meth:`drain` gives them
        too."""

    def drain(self) -> list[RawRecord]:
        """The records since the last call, unordered between CPUs."""

    def lost_records(self) -> int:
        """How many records the kernel could not deliver so far; 0 is the normal."""

    def close_after_fork(self) -> None:
        """In a forked child: drop the descriptors and never touch the rings, which belong to the parent."""

    def close(self) -> None:
        """Stop listening and give everything back; a second call does nothing."""
