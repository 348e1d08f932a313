"""The one shape every tier speaks: a raw record as a plain tuple; it knows neither rings nor facts.

``Raw = (t_ns, op, cpu, pid, tid, other, text)``, absolute CLOCK_MONOTONIC. Plain tuples, because a busy run makes
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
``cpu`` is -1 where no core is known (tier "sampled").
"""

from __future__ import annotations

from typing import Protocol

from server.events import Tier

Raw = tuple[int, int, int, int, int, int, str]

FORK, COMM, OUT, PREEMPT, WAKING, IN, EXIT, LOST = range(8)

#: Waker of a WAKING record that was no task.
INTERRUPT = -1


class TaskGone(Exception):
    """The task has left the process table (ENOENT, ESRCH, or EACCES of one that is leaving)."""


class Refused(Exception):
    """The kernel does not allow this way of listening; the message is one English sentence."""


class Busy(Exception):
    """Allowed, but the memory or descriptors for it are used up at the moment; try again later."""


class Recorder(Protocol):
    """A way to hear the kernel, opened on the calling single-threaded process before it forks."""

    tier: Tier
    period_ns: int | None  # tier "sampled": time between two looks; else None

    def drain(self) -> list[Raw]:
        """The records since the last call, unordered between CPUs."""

    def lost(self) -> int:
        """How many records the kernel could not deliver so far; 0 is the normal."""

    def forget(self) -> None:
        """In a forked child: drop the descriptors and never touch the rings, which belong to the parent."""

    def close(self) -> None:
        """Stop listening and give everything back; a second call does nothing."""
